import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join as joinPaths, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Metadata } from '../../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { type Files, failureOf, makeFolder } from '../../temporary-folder.ts';
import { smallVtu } from '../small-mesh.ts';

type Options = Omit<VascuDatasetOptions, 'sourceUrl'>;

const MESH = smallVtu();
const CASES = { '1/m=0.5/a.vtu': MESH, '1/m=1e-3/a.vtu': MESH, '02/m=0.5/a.vtu': MESH };
const SAMPLES = '{case}/m={flow:number}/a.vtu';

/** Opens a folder of these cases and files, and says what is known of each sample. */
async function metadataOf(files: Files, options: Options): Promise<Record<string, Metadata>> {
  const sourceUrl = await makeFolder({ ...CASES, ...files });
  await using dataset = await VascuDataset.open({ sourceUrl, samples: SAMPLES, ...options });
  return Object.fromEntries(dataset.samples.map(({ id, metadata }) => [id, metadata]));
}

describe('a table serves all samples of its key', () => {
  const expected = {
    '02/0.5': { case: '02', flow: 0.5, name: '02', age: 61 },
    '1/0.5': { case: '1', flow: 0.5, name: 1, age: 47 },
    '1/1e-3': { case: '1', flow: 0.001, name: 1, age: 47 },
  };
  const join = { key: 'case', column: 'name' };
  const csv = 'name,age\n1,47\n3,5\n02,61\n';

  test.each([
    ['.csv', 't.csv', csv],
    [
      '.csv with blanks, semicolons and a column without a name',
      't.csv',
      '\ufeff;name; age ;\r\n0;1; 47;\r\n1;02 ;"61";\r\n',
    ],
    ['.tsv', 't.tsv', csv.replaceAll(',', '\t')],
    ['.jsonl', 't.jsonl', '{"name": 1, "age": 47}\n\n{"name": "02", "age": 61}\n'],
    ['.json of an array', 't.json', '[{"name": "02", "age": 61}, {"name": 1, "age": 47}]'],
    [
      '.json of an object, by a name in it',
      't.json',
      '{"x": {"name": "02", "age": 61}, "y": {"name": 1, "age": 47}}',
    ],
  ])('%s', async (_, file, content) => {
    expect(await metadataOf({ [file]: content }, { metadata: { file, ...join } })).toEqual(expected);
  });

  test('the root file named as a table, which is listed once', async () => {
    const files = { ...CASES, 'metadata.csv': csv };
    const metadata = { file: 'metadata.csv', ...join };
    const sourceUrl = await makeFolder(files);
    await using dataset = await VascuDataset.open({ sourceUrl, samples: SAMPLES, metadata });
    expect(Object.fromEntries(dataset.samples.map((sample) => [sample.id, sample.metadata]))).toEqual(
      expected,
    );
    expect(dataset.commonFiles.map(({ path }) => path)).toEqual(['metadata.csv']);
  });

  test('the root file named as a table, of a server that lists its files', async () => {
    const facts = { modified: '2026-01-01T00:00:00Z' };
    const files = [...Object.keys(CASES), 'metadata.csv'].map((path) => {
      const size = path.endsWith('.csv') ? csv.length : MESH.length;
      return `${JSON.stringify({ path, size, ...facts })}\n`;
    });
    const bodies = new Map([
      ['/files.jsonl', files.join('')],
      ['/metadata.csv', csv],
    ]);
    const server = createServer(({ url = '' }, response) => {
      const body = bodies.get(url);
      response.writeHead(body === undefined ? 404 : 200, {
        'last-modified': new Date(facts.modified).toUTCString(),
      });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const sourceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const metadata = { file: 'metadata.csv', ...join };
    const cacheDir = joinPaths(await makeFolder(), 'cache');
    await using dataset = await VascuDataset.open({ sourceUrl, cacheDir, samples: SAMPLES, metadata });
    expect(Object.fromEntries(dataset.samples.map((sample) => [sample.id, sample.metadata]))).toEqual(
      expected,
    );
    expect(dataset.commonFiles.map(({ path }) => path)).toEqual(['metadata.csv']);
  });

  test('.json of an object by the key itself', async () => {
    const metadata = { file: 't.json', key: 'case' };
    const samples = await metadataOf({ 't.json': '{"1": {"age": 47}, "4": {}}' }, { metadata });
    expect(samples['1/0.5']).toEqual({ case: '1', flow: 0.5, age: 47 });
    expect(samples['02/0.5']).toEqual({ case: '02', flow: 0.5 });
  });

  test('on this machine, as a path or an address', async () => {
    const elsewhere = `${await makeFolder({ 't.csv': csv })}/t.csv`;
    for (const file of [elsewhere, pathToFileURL(elsewhere), relative('.', elsewhere)]) {
      expect(await metadataOf({}, { metadata: { file, ...join } })).toEqual(expected);
    }
  });

  test('in the source before this machine, from sourceDir on or from its root', async () => {
    const sourceUrl = await makeFolder({ 'in/x/t.csv': csv, 'up.csv': csv, 'in/1/m=0.5/a.vtu': MESH });
    for (const file of ['x/t.csv', '../up.csv', 'up.csv', 'in/x/t.csv']) {
      const options = { sourceUrl, sourceDir: 'in', samples: SAMPLES, metadata: { file, ...join } };
      await using dataset = await VascuDataset.open(options);
      expect(dataset.samples[0]?.metadata).toEqual(expected['1/0.5']);
    }
  });
});

describe('a key', () => {
  const ages = async (metadata: Options['metadata'], files: Files, more: Options = {}) =>
    Object.values(await metadataOf(files, { metadata, ...more })).map(({ age }) => age);

  test('that is a number equals what reads as it', async () => {
    const samples = '{case:number}/m={flow}/a.vtu';
    const files = { 't.csv': 'case,age\n1.0,47\n2,61\n' };
    expect(await ages({ file: 't.csv', key: 'case' }, files, { samples })).toEqual([61, 47, 47]);
  });

  test('that is a text equals no other text', async () => {
    const files = { 't.csv': 'case,age\n1,47\n2,61\n' };
    expect(await ages({ file: 't.csv', key: 'case' }, files)).toEqual([undefined, 47, 47]);
  });

  test('may be of several names, in columns of their own', async () => {
    const files = { 't.csv': 'who,Q,age\n1,0.001,3\n1,.5,4\n02,0.5,5\n' };
    const metadata = { file: 't.csv', key: ['case', 'flow'], column: ['who', 'Q'] };
    expect(await ages(metadata, files)).toEqual([5, 4, 3]);
  });

  test('is looked for in captures before metadata', async () => {
    const files = { '1/m=0.5/a.json': '{"case": "02"}', 't.csv': 'case,age\n1,47\n02,61\n' };
    expect(await ages({ file: 't.csv', key: 'case' }, files)).toEqual([61, 47, 47]);
  });

  test('may be what a sidecar, the root file or an earlier table says', async () => {
    const files = {
      '1/m=0.5/a.json': '{"patient": "p1"}',
      'metadata.csv': 'file_name,patient\n02/m=0.5/a.vtu,p2\n',
      'patients.csv': 'patient,hospital\np1,h1\np2,h2\n',
      'hospitals.json': '{"h1": {"age": 1}, "h2": {"age": 2}}',
    };
    const metadata = [
      { file: 'patients.csv', key: 'patient' },
      { file: 'hospitals.json', key: 'hospital' },
    ];
    expect(await ages(metadata, files)).toEqual([2, 1, undefined]);
  });

  test('is the path from the table on where it has a file_name, which is no metadata', async () => {
    const files = { 'x/t.csv': 'file_name,age\n../1/m=0.5/a.vtu,47\n' };
    const samples = await metadataOf(files, { metadata: 'x/t.csv' });
    expect(samples['1/0.5']).toEqual({ case: '1', flow: 0.5, age: 47 });
  });

  test('is the path from sourceDir on in a table of this machine', async () => {
    const elsewhere = await makeFolder({ 't.csv': 'file_name,age\n1/m=0.5/a.vtu,47\n' });
    expect(await ages(`${elsewhere}/t.csv`, {})).toEqual([undefined, 47, undefined]);
  });

  test.each([
    ['a column', 't.csv', 'id,age\n1/0.5,47\n'],
    ['a name of an object', 't.json', '{"1/0.5": {"age": 47}}'],
    ['a path from sourceDir on', 't.json', '{"1/m=0.5/a.vtu": {"age": 47}}'],
  ])('is the id of the sample else, as %s', async (_, file, content) => {
    expect(await ages(file, { [file]: content })).toEqual([undefined, 47, undefined]);
  });

  test('is the id of the sample also where the template captures a name "id"', async () => {
    const samples = '{id}/m={flow:number}/a.vtu';
    const found = await metadataOf({ 't.csv': 'id,age\n1/0.5,47\n' }, { samples, metadata: 't.csv' });
    expect(Object.values(found).map(({ age }) => age)).toEqual([undefined, 47, undefined]);
  });

  test('is the id of the sample in a column that is called otherwise', async () => {
    const files = { 't.csv': 'run,age\n1/0.5,47\n' };
    expect(await ages({ file: 't.csv', column: 'run' }, files)).toEqual([undefined, 47, undefined]);
  });
});

test('a table that can only be of this machine is named once where it is not', async () => {
  const error = await failureOf(metadataOf({}, { metadata: '../../../../../../../none/t.csv' }));
  expect(error).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/t\.csv": not \/[^ ]*\. Its path/),
  });
});

test('what is said later wins, key by key, and not in the depth', async () => {
  const files = {
    '1/m=0.5/a.json': '{"flow": 1, "b": 1, "deep": {"x": 1}, "c": 1, "d": 1, "e": 1}',
    'metadata.csv': 'file_name,c,d,e\n1/m=0.5/a.vtu,2,2,2\n',
    't.jsonl': '{"case": "1", "d": 3, "e": 3, "deep": {"y": 3}}\n',
    'u.csv': 'case,e\n1,4\n',
  };
  const key = 'case';
  const metadata = [
    { file: 't.jsonl', key },
    { file: 'u.csv', key },
  ];
  const samples = await metadataOf(files, { metadata });
  expect(samples['1/0.5']).toEqual({ case: 1, flow: 1, b: 1, c: 2, d: 3, e: 4, deep: { y: 3 } });
});

test('the root file is read as the table that it is named as', async () => {
  const files = { 'metadata.csv': 'case,age\n1,47\n' };
  const samples = await metadataOf(files, { metadata: { file: 'metadata.csv', key: 'case' } });
  expect(samples['1/0.5']).toMatchObject({ age: 47 });
});

test('a filter sees all that is known of a sample', async () => {
  const sourceUrl = await makeFolder({ ...CASES, 't.csv': 'case,age\n1,47\n02,61\n' });
  await using dataset = await VascuDataset.open({
    sourceUrl,
    samples: SAMPLES,
    metadata: { file: 't.csv', key: 'case' },
    filterFn: ({ age, flow }) => Number(age) < 50 && Number(flow) < 0.1,
  });
  expect(dataset.samples.map(({ id }) => id)).toEqual(['1/1e-3']);
  expect(dataset.commonFiles.map(({ path }) => path)).toEqual(['t.csv']);
});

describe('sidecars', () => {
  const parts = { volume: '{case}/volume.vtu', wall: '{case}/wall.vtu', mesh: 'mesh.vtu' };
  const files = {
    'a/volume.vtu': MESH,
    'a/wall.vtu': MESH,
    'b/volume.vtu': MESH,
    'b/wall.vtu': MESH,
    'mesh.vtu': MESH,
    'a/volume.json': '{"age": 5, "wall": 1}',
    'a/wall.json': '{"stiff": true}',
    'mesh.json': '{"by": "x"}',
  };

  test('of parts stand under the names of these', async () => {
    await using dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files), samples: parts });
    expect(dataset.samples.map(({ metadata }) => metadata)).toEqual([
      { case: 'a', age: 5, wall: { stiff: true }, mesh: { by: 'x' } },
      { case: 'b', mesh: { by: 'x' } },
    ]);
    expect(dataset.metadataFilesOf(0).map(({ path }) => path)).toEqual([
      'a/volume.json',
      'a/wall.json',
      'mesh.json',
    ]);
    expect(dataset.sidecarOf(1)).toBeUndefined();
  });

  test('are not read where they are not wanted', async () => {
    const sourceUrl = await makeFolder({ ...files, 'mesh.json': 'no JSON' });
    await using dataset = await VascuDataset.open({ sourceUrl, samples: parts, sidecars: false });
    expect(dataset.samples.map(({ metadata }) => metadata)).toEqual([{ case: 'a' }, { case: 'b' }]);
  });

  test('are wanted or not', async () => {
    const sidecars = 'no' as unknown as boolean;
    const error = await failureOf(VascuDataset.open({ sourceUrl: '.', sidecars }));
    expect(error).toMatchObject({ code: 'CONFIG', option: 'sidecars' });
  });
});

describe('a file a sample', () => {
  const forces = 'run_{n}/force_mom_{n}.csv';
  const runs = {
    'run_1/b_1.vtu': MESH,
    'run_02/b_02.vtu': MESH,
    'run_5/b_5.vtu': MESH,
    'run_1/force_mom_1.csv': 'Cd, Cl\n0.26, 0.05\n',
    'run_02/force_mom_02.csv': 'name,value\nCd,0.3\nshape,oval\n',
  };
  const open = async (files: Files, metadata: Options['metadata'], more: Options = {}) =>
    VascuDataset.open({
      sourceUrl: await makeFolder(files),
      samples: 'run_{n:number}/b_{n}.vtu',
      metadata,
      ...more,
    });

  test('is found by the texts of captures; a sample may have none', async () => {
    await using dataset = await open(runs, forces);
    expect(dataset.samples.map(({ metadata }) => metadata)).toEqual([
      { n: 2, Cd: 0.3, shape: 'oval' },
      { n: 1, Cd: 0.26, Cl: 0.05 },
      { n: 5 },
    ]);
    expect(dataset.metadataFilesOf(0).map(({ path }) => path)).toEqual(['run_02/force_mom_02.csv']);
    expect(dataset.commonFiles).toEqual([]);
  });

  test('may lie on this machine, or above the folder of the dataset', async () => {
    const elsewhere = await makeFolder({ '1.json': '{"drag": 1}', '5.json': '{"drag": 5}' });
    await using dataset = await open(runs, `${elsewhere}/{n}.json`);
    expect(dataset.samples.map(({ metadata }) => metadata['drag'])).toEqual([undefined, 1, 5]);
    const files = { 'in/run_1/b_1.vtu': MESH, 'x/1.json': '{"drag": 1}' };
    await using other = await open(files, '../x/{n}.json', { sourceDir: 'in' });
    expect(other.samples[0]?.metadata).toEqual({ n: 1, drag: 1 });
  });

  test('serves the samples that agree in its captures, and is the key of the next table', async () => {
    const files = { 'case.csv': 'no,age\n7,50\n', '1/c.json': '{"no": 7}', '02/c.json': '{"no": 8}' };
    const metadata = ['{case}/c.json', { file: 'case.csv', key: 'no' }];
    expect(await metadataOf(files, { metadata })).toEqual({
      '02/0.5': { case: '02', flow: 0.5, no: 8 },
      '1/0.5': { case: '1', flow: 0.5, no: 7, age: 50 },
      '1/1e-3': { case: '1', flow: 0.001, no: 7, age: 50 },
    });
  });

  test.each([
    ['{m}/x.csv', 'CONFIG', /captures "m", which samples have not. They have "n"/],
    ['run_{n}/none_{n}.csv', 'NOT_FOUND', /No sample has a table.*of "02" it would be run_02\/none_02\.csv/],
  ])('%s that cannot be is an error', async (metadata, code, message) => {
    const error = await failureOf(open(runs, metadata));
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  });

  test('needs a template', async () => {
    const error = await failureOf(open(runs, forces, { samples: undefined }));
    expect(String(error)).toMatch(
      /captures "n", which samples have not. They have no captures: give a template/,
    );
  });
});

describe('a table that cannot be joined is an error that says why', () => {
  const key = 'case';

  test.each([
    [{}, 'gone.csv', 'NOT_FOUND', /no table of metadata "gone\.csv": neither file:.*gone\.csv nor \//],
    [{ 'x/t.csv': '' }, 't.csv', 'NOT_FOUND', /There is "x\/t\.csv"/],
    [{}, '/no/where.csv', 'NOT_FOUND', /no table of metadata \/no\/where\.csv on this machine/],
    [{ 't.csv': '' }, 't.csv', 'FORMAT', /t\.csv: is empty/],
    [{ 't.csv': 'id,age\n' }, 't.csv', 'FORMAT', /t\.csv: has no row/],
    [{ 't.csv': new Uint8Array([137, 80, 78, 71, 0, 255]) }, 't.csv', 'FORMAT', /not UTF-8/],
    [{ 't.csv': 'id,age\n1,2,3\n' }, 't.csv', 'FORMAT', /line 2: has 3 fields, the header has 2/],
    [{ 't.csv': 'id,age\n1/0.5,"2\n' }, 't.csv', 'FORMAT', /line 2: a double quote/],
    [{ 't.csv': 'id,age,age\n1,2,3\n' }, 't.csv', 'FORMAT', /line 1: the column "age" is there twice/],
    [{ 't.jsonl': '' }, 't.jsonl', 'FORMAT', /is empty/],
    [{ 't.jsonl': '{"id": "1/0.5"}\n[1]\n' }, 't.jsonl', 'FORMAT', /line 2/],
    [{ 't.json': '5' }, 't.json', 'FORMAT', /is no table but 5/],
    [{ 't.json': '[]' }, 't.json', 'FORMAT', /is no table but empty/],
    [{ 't.json': '{"age": 5}' }, 't.json', 'FORMAT', /entry "age" is 5, not an object/],
    [{ 't.csv': 'a,b\n1,2\n' }, 't.csv', 'CONFIG', /neither a column "file_name" nor "id".*"a", "b"/],
    [
      { 't.csv': 'a,b\n1,2\n' },
      { file: 't.csv', key },
      'CONFIG',
      /has no column "case"; its columns are "a", "b"/,
    ],
    [
      { 't.json': '[{"a": 1}]' },
      { file: 't.json', key },
      'CONFIG',
      /has no column "case"; its columns are "a"/,
    ],
    [
      { 't.csv': 'case,b\n1,2\n4,5\n1,3\n' },
      { file: 't.csv', key },
      'FORMAT',
      /line 2 and line 4 have the same "case": "1"/,
    ],
    [
      { 't.csv': 'case,b\n,2\nx7,2\n' },
      { file: 't.csv', key },
      'CONFIG',
      /In line 3 "case" is "x7"; "case" of the sample "02\/0\.5" is "02"/,
    ],
    [
      { 't.csv': 'cas,b\n1,2\n' },
      { file: 't.csv', key: 'cas' },
      'CONFIG',
      /no sample has "cas".*did you mean "case"/,
    ],
  ] as const)('%j, %j', async (files, metadata, code, message) => {
    const error = await failureOf(metadataOf(files, { metadata }));
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  });
});
