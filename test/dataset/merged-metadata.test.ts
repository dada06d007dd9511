import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { Metadata } from '../../src/core/graph.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const MESHES = { 'x/a.vtu': smallVtu(), 'x/b.vtu': smallVtu() };

async function metadataOf(files: Files): Promise<Metadata[]> {
  await using dataset = await VascuDataset.open({ sourceUrl: await makeFolder({ ...MESHES, ...files }) });
  return dataset.samples.map(({ metadata }) => metadata);
}

describe.each([
  ['metadata.csv', 'file_name,age,flow\nx/a.vtu,61,\n'],
  ['metadata.jsonl', '{"file_name": "x/a.vtu", "age": 61}\n'],
])('a row of %s', (name, content) => {
  test('is merged with the sidecar of its sample, and wins key by key', async () => {
    const sidecars = { 'x/a.json': '{"age": 1, "flow": 2, "deep": {"p": 1}}', 'x/b.json': '{"age": 5}' };
    expect(await metadataOf({ ...sidecars, [name]: content })).toEqual([
      { age: 61, flow: 2, deep: { p: 1 } },
      { age: 5 },
    ]);
  });

  test('is seen by a filter together with the sidecar', async () => {
    const files = { ...MESHES, 'x/a.json': '{"flow": 2}', 'x/b.json': '{"flow": 3}', [name]: content };
    const seen: Metadata[] = [];
    await using _dataset = await VascuDataset.open({
      sourceUrl: await makeFolder(files),
      filterFn: (metadata) => seen.push(metadata) > 0,
    });
    expect(seen).toEqual([{ age: 61, flow: 2 }, { flow: 3 }]);
  });

  test('stands for a sidecar that cannot be read, which is said', async () => {
    const warning = once(process, 'warning');
    expect(await metadataOf({ [name]: content, 'x/a.json': '[1, 2]' })).toEqual([{ age: 61 }, {}]);
    const [{ code, message }] = (await warning) as [Error & { code: string }];
    expect([code, message]).toEqual([
      'VASCUSIM_SIDECAR',
      expect.stringMatching(/x\/a\.json: metadata must be a JSON object.*only what metadata\.\w+ says/),
    ]);
  });

  test('asks a server for no sidecar that is not listed', async () => {
    await using server = await FaultServer.start({ ...MESHES, [name]: content }, { index: 'size' });
    await using dataset = await VascuDataset.open({ sourceUrl: server.url, cacheDir: await makeFolder() });
    expect(dataset.samples[0]?.metadata).toEqual({ age: 61 });
    expect(server.requests.filter(({ path }) => path.endsWith('.json'))).toEqual([]);
  });
});

test('a sidecar that cannot be read is an error where nothing else describes its sample', async () => {
  const error = await failureOf(
    metadataOf({ 'metadata.csv': 'file_name,age\nx/a.vtu,61\n', 'x/b.json': '[1]' }),
  );
  expect(error).toMatchObject({ code: 'FORMAT', path: 'x/b.json' });
});

describe('a table is read whatever its separator', () => {
  const wanted = [{ age: 61, note: 'left, "ICA"; old', part: '1,5', id: '007' }, { age: 47 }];
  const rows = (separator: string, end: string): string =>
    [
      ['file_name', 'age', 'note', 'part', 'id'],
      ['x/a.vtu', '61', '"left, ""ICA""; old"', '"1,5"', '007'],
      ['x/b.vtu', '47', '', '', ''],
    ]
      .map((fields) => fields.join(separator) + end)
      .join('');

  test.each([
    ['a comma', rows(',', '\n')],
    ['a semicolon', rows(';', '\n')],
    ['a tab', rows('\t', '\n')],
    ['a semicolon, as Excel writes it', `\ufeff${rows(';', '\r\n')}`],
    ['a tab and old line ends', rows('\t', '\r')],
    ['one that its first line states', `\ufeffsep=;\r\n${rows(';', '\r\n')}`],
    ['a semicolon, its header quoted', rows(';', '\n').replace('file_name;age', '"file_name";"age"')],
    ['a semicolon, behind empty lines', `\n\n${rows(';', '\n')}`],
    ['a semicolon beside bare commas', rows(';', '\n').replace('"1,5"', '1,5')],
  ])('%s', async (_, content) => {
    expect(await metadataOf({ 'metadata.csv': content })).toEqual(wanted);
  });

  test('a comma in the header of a table with semicolons changes nothing', async () => {
    const content = 'file_name;"age, years";sex\nx/a.vtu;61;f\n';
    expect(await metadataOf({ 'metadata.csv': content })).toEqual([{ 'age, years': 61, sex: 'f' }, {}]);
  });

  test('a header without the column names those it has, by the separator that makes most of them', async () => {
    const error = await failureOf(metadataOf({ 'metadata.csv': 'file;age;sex\nx/a.vtu;61;f\n' }));
    expect(String(error)).toMatch(/has no column "file_name", its columns are "file", "age", "sex"/);
  });

  test('lines are counted from the first one of the file', async () => {
    const error = await failureOf(metadataOf({ 'metadata.csv': 'sep=;\nfile_name;age\nx/a.vtu;61;7\n' }));
    expect(String(error)).toContain('line 3: has 3 fields, the header has 2');
  });
});
