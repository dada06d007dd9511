import { describe, expect, test } from 'vitest';
import type { Metadata } from '../../src/core/graph.ts';
import { type VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const MESHES = { 'x/a.vtu': smallVtu(), 'x/b.vtu': smallVtu(), 'x/c.vtu': smallVtu(), 'x/d.vtu': smallVtu() };
const row = (name: string, age: number): string => `${JSON.stringify({ file_name: `x/${name}.vtu`, age })}\n`;

async function open(files: Files, options: Partial<VascuDatasetOptions> = {}): Promise<VascuDataset> {
  return VascuDataset.open({ sourceUrl: await makeFolder({ ...MESHES, ...files }), ...options });
}

describe('the samples of a dataset', () => {
  test('are made when they are looked at, and are then the same', async () => {
    await using dataset = await open({ 'metadata.jsonl': row('a', 1) });
    const [first] = dataset.samples;
    expect(dataset.samples[0]).toBe(first);
    expect(dataset.samples[0]?.metadata).toBe(first?.metadata);
    expect(first && dataset.samples.indexOf(first)).toBe(0);
  });

  test('have the ids that the dataset names them by', async () => {
    await using dataset = await open({ 'x/a.vtp': smallVtu() });
    expect(dataset.samples.map((_, index) => dataset.idOf(index))).toEqual([
      'x/a.vtp',
      'x/a.vtu',
      'x/b',
      'x/c',
      'x/d',
    ]);
    expect(dataset.samples.map(({ id }) => id)).toEqual(['x/a.vtp', 'x/a.vtu', 'x/b', 'x/c', 'x/d']);
    expect(() => dataset.idOf(5)).toThrow(RangeError);
  });

  test('that a filter keeps have their own files, sidecars and metadata', async () => {
    const files = {
      'metadata.jsonl': row('d', 4) + row('b', 2),
      'x/b.json': '{"sex": "f"}',
      'x/d.json': '{}',
    };
    await using dataset = await open(files, { filterFn: ({ age }) => age === 2 || age === 4 });
    expect(dataset.samples.map(({ path, metadata }) => [path, metadata])).toEqual([
      ['x/b.vtu', { sex: 'f', age: 2 }],
      ['x/d.vtu', { age: 4 }],
    ]);
    expect([0, 1].map((index) => dataset.sidecarOf(index)?.path)).toEqual(['x/b.json', 'x/d.json']);
    expect([0, 1].map((index) => dataset.filesOf(index)[0]?.path)).toEqual(['x/b.vtu', 'x/d.vtu']);
    expect((await dataset.get(1)).metadata).toMatchObject({ age: 4 });
  });
});

describe.each([
  ['in the order of the samples', row('a', 1) + row('b', 2) + row('c', 3) + row('d', 4), [1, 2, 3, 4]],
  ['in another one', row('c', 3) + row('a', 1) + row('d', 4) + row('b', 2), [1, 2, 3, 4]],
  ['that lack some samples', row('b', 2) + row('d', 4), [undefined, 2, undefined, 4]],
  [
    'that name other files too',
    row('0', 0) + row('a', 1) + row('bb', 0) + row('b', 2),
    [1, 2, undefined, undefined],
  ],
])('rows %s', (_, jsonl, ages) => {
  const csv = `file_name,age\n${jsonl.replaceAll(/\{"file_name":"([^"]+)","age":(\d+)\}/g, '$1,$2')}`;

  test.each([
    ['metadata.jsonl', jsonl],
    ['metadata.csv', csv],
  ])('of %s are asked of the filter once a sample, in the order of the samples', async (name, table) => {
    const seen: unknown[] = [];
    const filterFn = (metadata: Metadata): boolean => {
      seen.push(metadata['age']);
      return metadata['age'] !== 2;
    };
    await using dataset = await open({ [name]: table }, { filterFn });
    expect(seen).toEqual(ages);
    expect(dataset.samples.map(({ metadata }) => metadata['age'])).toEqual(ages.filter((age) => age !== 2));
  });

  test('serve a filter that answers later', async () => {
    const filterFn = ({ age }: Metadata): Promise<boolean> => Promise.resolve(age !== 2);
    await using dataset = await open({ 'metadata.jsonl': jsonl }, { filterFn });
    expect(dataset.samples.map(({ metadata }) => metadata['age'])).toEqual(ages.filter((age) => age !== 2));
  });
});

test('a table of another encoding, or with a line that is none, is named with its line', async () => {
  const latin1 = Buffer.from('{"file_name": "x/a.vtu", "name": "Größe"}\n', 'latin1');
  expect(await failureOf(open({ 'metadata.jsonl': latin1 }))).toMatchObject({
    code: 'FORMAT',
    path: 'metadata.jsonl',
  });
  const error = await failureOf(
    open({ 'metadata.jsonl': `\ufeff${row('a', 1)}\n${row('b', NaN)}{"ü": x}\n` }),
  );
  expect(error).toMatchObject({ code: 'FORMAT', offset: 75 });
  expect(String(error)).toContain('(line 4)');
});

test('names and values beyond ASCII are those of the table', async () => {
  const jsonl = '{"file_name": "ü/𝒳.vtu", "name": "Größe 𝒳"}\n';
  await using dataset = await open({ 'ü/𝒳.vtu': smallVtu(), 'metadata.jsonl': `\ufeff${jsonl}` });
  expect(dataset.samples.find(({ id }) => id === 'ü/𝒳')?.metadata).toEqual({ name: 'Größe 𝒳' });
});

test('a list in any order gives the same catalogue', async () => {
  const content = { ...MESHES, 'metadata.jsonl': row('b', 2) };
  const paths = Object.keys(content);
  for (const list of [paths, paths.toReversed(), [...paths, ...paths]]) {
    const lines = list.map((path) =>
      JSON.stringify({
        path,
        size: Buffer.byteLength(content[path as keyof typeof content]),
        modified: '2026-01-01T00:00:00Z',
      }),
    );
    await using server = await FaultServer.start({ ...content, 'files.jsonl': lines.join('\n') });
    await using dataset = await VascuDataset.open({ sourceUrl: server.url, cacheDir: await makeFolder() });
    expect(dataset.samples.map(({ path, metadata }) => [path, metadata['age']])).toEqual([
      ['x/a.vtu', undefined],
      ['x/b.vtu', 2],
      ['x/c.vtu', undefined],
      ['x/d.vtu', undefined],
    ]);
  }
});
