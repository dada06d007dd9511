import { expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { Mesh } from '../../../src/core/mesh.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { oneStep, valuesAt } from './made-series.ts';
import { filesSeries, samplesOf, WindowDataset } from './open-windows.ts';

const STEPS = [1, 2, 3];

async function open(
  meshes: readonly Mesh[],
  windowed = true,
  attributes?: readonly string[],
  sharesMesh = false,
) {
  const files = await Promise.all(
    meshes.map(async (mesh, at) => [`r_${at + 1}.vtu`, await resultFile(mesh)] as const),
  );
  return WindowDataset.openWindows(
    { sourceUrl: await makeFolder(Object.fromEntries(files)), includeAttributes: attributes },
    (entries) => samplesOf([filesSeries('r', entries, STEPS)], windowed ? { length: 2 } : undefined),
    { sharesMesh },
  );
}

const meshes = (): [Mesh, Mesh, Mesh] => [oneStep(60, 1), oneStep(60, 2), oneStep(60, 3)];

test.each([
  ['other counts', (): Mesh => oneStep(61, 3), /r_3\.vtu.*r_2\.vtu|r_2\.vtu.*r_3\.vtu/s, false],
  ['other counts, of which the header tells', (): Mesh => oneStep(61, 3), /r_3\.vtu.*61 points/s, true],
  [
    'moved points',
    (): Mesh => {
      const mesh = oneStep(60, 3);
      mesh.points.data[5] = 99;
      return mesh;
    },
    /r_3\.vtu.*r_2\.vtu.*moving points in a window are not supported yet/s,
    false,
  ],
  [
    'other cells',
    (): Mesh => {
      const mesh = oneStep(60, 3);
      mesh.cells.connectivity[7] = 1 + ((mesh.cells.connectivity[7] ?? 0) % 50);
      return mesh;
    },
    /r_3\.vtu.*r_2\.vtu.*connectivity/s,
    false,
  ],
] as const)(
  'a window with %s is refused with both files; those before it are fine',
  async (_, make, message, shares) => {
    const [one, two] = meshes();
    const dataset = await open([one, two, make()], true, undefined, shares);
    expect((await dataset.get(0)).node['pressure']?.shape).toEqual([60, 2]);
    const error = await failureOf(dataset.get(1));
    expect(isVascuError(error, 'FORMAT')).toBe(true);
    expect(String(error)).toMatch(message);
    expect((await dataset.get(0)).node['pressure']?.shape).toEqual([60, 2]);
  },
);

test('other meshes are fine where each step is a sample', async () => {
  const dataset = await open([oneStep(60, 1), oneStep(61, 2), oneStep(60, 3)], false);
  const nodes: number[] = [];
  for await (const data of dataset) nodes.push(data.numNodes);
  expect(nodes).toEqual([60, 61, 60]);
});

test('a window whose steps have other arrays is refused with both files, unless those that all have are named', async () => {
  const [one, two, three] = meshes();
  const pointData = new Map(one.pointData).set('DOMAIN_ID', valuesAt('pressure', 0, 60));
  const files = [{ ...one, pointData }, two, three];
  const error = await failureOf((await open(files)).get(0));
  expect(isVascuError(error, 'FORMAT')).toBe(true);
  expect(String(error)).toMatch(/r_2\.vtu.*DOMAIN_ID.*step 2.*r_1\.vtu.*step 1/s);
  const named = await open(files, true, ['pressure']);
  expect(Object.keys((await named.get(0)).node)).toEqual(['pressure']);
  const asked = await failureOf((await open(files, true, ['DOMAIN_ID'])).get(0));
  expect(isVascuError(asked, 'NOT_FOUND')).toBe(true);
  expect(String(asked)).toContain('r_2.vtu');
});

test.each([
  ['type', { data: new Float64Array(60), shape: [60] }, /Float64.*Float32/s],
  ['number of components', { data: new Float32Array(120), shape: [60, 2] }, /2 components.*Float32/s],
])('a window with an array of another %s is refused with both steps', async (_, pressure, message) => {
  const [one, two, three] = meshes();
  const dataset = await open([
    one,
    two,
    { ...three, pointData: new Map(three.pointData).set('pressure', pressure) },
  ]);
  const error = await failureOf(dataset.get(1));
  expect(isVascuError(error, 'FORMAT')).toBe(true);
  expect(String(error)).toMatch(message);
  expect(String(error)).toMatch(/r_2\.vtu.*|r_3\.vtu/s);
});
