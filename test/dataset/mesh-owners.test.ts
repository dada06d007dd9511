import { expect, test } from 'vitest';
import type { Sample } from '../../src/core/dataset.ts';
import { findMeshOwners } from '../../src/dataset/mesh-owners.ts';

const PATHS = ['a/1.vtu', 'a/2.vtu', 'b.vtu', 'b/1.vtu', 'b/2.vtu', 'c.vtu'];
const { signal } = new AbortController();

/** Samples of these paths, and how many of them were made. */
function stage(paths: readonly string[], walls?: readonly boolean[]) {
  const made: number[] = [];
  const samples = {
    length: paths.length,
    pathAt: (index: number) => paths[index] as string,
    optionalParts: walls === undefined ? [] : ['wall'],
    partPathsAt: (index: number) => ({
      volume: paths[index] as string,
      ...(walls?.[index] && { wall: 'w' }),
    }),
    at: (index: number): Sample => {
      made.push(index);
      const path = paths[index] as string;
      return { id: path, path, size: 1, files: [], metadata: {} };
    },
  };
  return { samples, made };
}

test.each([
  ['undefined', undefined, [undefined, undefined, undefined, undefined, undefined, undefined]],
  ['true', true, [undefined, 0, 0, 0, 0, 0]],
  ['folder', 'folder', [undefined, 0, undefined, undefined, 3, 2]],
] as const)('sharedMesh %s is answered without a sample being made', async (_, sharedMesh, expected) => {
  const { samples, made } = stage(PATHS);
  const { ownerOf } = await findMeshOwners(samples, sharedMesh, signal);
  expect(PATHS.map((_path, index) => ownerOf(index, ''))).toEqual(expected);
  expect(made).toEqual([]);
});

test.each([
  [true, [undefined, undefined, 1, undefined, 1, 1]],
  ['folder', [undefined, undefined, undefined, undefined, undefined, 2]],
] as const)(
  'sharedMesh %s: a part has the mesh of the first sample that has such a part',
  async (sharedMesh, expected) => {
    const { samples, made } = stage(PATHS, [false, true, true, false, true, true]);
    const { ownerOf } = await findMeshOwners(samples, sharedMesh, signal);
    expect(PATHS.map((_path, index) => ownerOf(index, 'wall'))).toEqual(expected);
    expect([ownerOf(1, 'volume'), made]).toEqual([0, []]);
  },
);

test('a function is asked once a sample, in order', async () => {
  const { samples, made } = stage(PATHS);
  const { ownerOf } = await findMeshOwners(samples, ({ path }) => /\d/.exec(path)?.[0], signal);
  expect(PATHS.map((_, index) => ownerOf(index, ''))).toEqual([
    undefined,
    undefined,
    undefined,
    0,
    1,
    undefined,
  ]);
  expect(made).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each(['folder', () => 'all'] as const)('very many samples let others run (%s)', async (sharedMesh) => {
  const { samples } = stage(Array.from({ length: 300_000 }, (_, index) => `${index}/a.vtu`));
  const controller = new AbortController();
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await expect(findMeshOwners(samples, sharedMesh, controller.signal)).rejects.toBe(reason);
});
