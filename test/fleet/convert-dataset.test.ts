import { appendFile, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type ConvertDatasetOptions,
  type ConvertReport,
  convertDataset,
  graphFromSafetensors,
  meshToGraph,
  readMesh,
  Shard,
  VascuDataset,
  type VascuDatasetOptions,
} from '../../src/index.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { caseFiles, leftOvers, makeCases, readResults } from './result-set.ts';

async function open(sourceUrl: string, options: VascuDatasetOptions = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

/** Converts a folder, which is listed anew each time. */
async function convert(
  source: string,
  directory: string,
  options: Partial<ConvertDatasetOptions> = {},
  datasetOptions: VascuDatasetOptions = {},
): Promise<ConvertReport> {
  await using dataset = await VascuDataset.open({ sourceUrl: source, ...datasetOptions });
  return await convertDataset(dataset, directory, { to: 'safetensors', jobs: 1, ...options });
}

interface Line {
  readonly id: string;
  readonly source: { readonly path: string; readonly size: number; readonly version: string };
  readonly options: object;
  readonly files?: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

async function manifestOf(directory: string): Promise<Line[]> {
  const text = await readFile(join(directory, 'vascusim-manifest.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** Times at which the files of a directory, and its folders, were changed. */
async function timesOf(directory: string): Promise<object> {
  const paths = [...Object.keys(await readResults(directory)), '', '.vascusim', '.vascusim/parts'];
  const times = await Promise.all(
    paths.map(async (path) => [path, (await stat(join(directory, path))).mtimeMs] as const),
  );
  return Object.fromEntries(times);
}

describe('results', () => {
  test('are called by the ids, with a line of the manifest and of the metadata each', async () => {
    const [source, directory] = [await makeCases(3), await makeFolder()];
    expect(await convert(source, directory)).toEqual({
      samples: 3,
      converted: 3,
      skipped: 0,
      failed: [],
      bytesFetched: 0,
    });
    expect(Object.keys(await readResults(directory))).toEqual([
      'case_0/m=0.000.safetensors',
      'case_1/m=0.001.safetensors',
      'case_2/m=0.002.safetensors',
      'metadata.jsonl',
      'vascusim-manifest.jsonl',
    ]);
    const [first] = await manifestOf(directory);
    const bytes = await readFile(join(directory, 'case_0/m=0.000.safetensors'));
    expect(first).toEqual({
      id: 'case_0/m=0.000',
      source: { path: 'case_0/m=0.000.vtu', size: expect.any(Number), version: expect.any(String) },
      options: { to: 'safetensors' },
      files: [
        {
          path: 'case_0/m=0.000.safetensors',
          size: bytes.length,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
    });
    const metadata = await readFile(join(directory, 'metadata.jsonl'), 'utf8');
    expect(JSON.parse(metadata.split('\n')[1] ?? '')).toEqual({
      file_name: 'case_1/m=0.001.safetensors',
      flow: 1,
      name: 'n1',
    });
    expect(await leftOvers(directory)).toEqual([]);
  });

  test('hold what readMesh and meshToGraph give', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory);
    const stored = graphFromSafetensors(
      new Uint8Array(await readFile(join(directory, 'case_1/m=0.001.safetensors'))),
    );
    const mesh = await readMesh(join(source, 'case_1/m=0.001.vtu'));
    expect(stored).toEqual(meshToGraph(mesh, { id: 'case_1/m=0.001', metadata: { flow: 1, name: 'n1' } }));
  });

  test.each(['vtu', 'vtp'] as const)('as .%s hold the mesh, or its surface', async (to) => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory, { to, encoding: 'base64' });
    const mesh = await readMesh(join(directory, `case_1/m=0.001.${to}`));
    expect(mesh.pointData.get('pressure')).toMatchObject({ data: expect.any(Float32Array) });
    expect(mesh.kind).toBe(to === 'vtu' ? 'UnstructuredGrid' : 'PolyData');
    const [line] = await manifestOf(directory);
    expect(line?.options).toEqual({ to, encoding: 'base64', compressor: 'zlib' });
  });

  test('are a dataset that says of its samples what the source says', async () => {
    const [source, directory] = [await makeCases(5), await makeFolder()];
    await convert(source, directory);
    const [from, to] = [await open(source), await open(directory)];
    const known = (dataset: VascuDataset): object[] =>
      dataset.samples.map(({ id, metadata }) => ({ id, metadata }));
    expect(known(to)).toEqual(known(from));
    expect(await to.get(3)).toEqual(await from.get(3));
    const filtered = await open(directory, { filterFn: ({ flow }) => Number(flow) > 2 });
    expect(filtered.length).toBe(2);
    const statistics = await from.measure();
    expect(await to.measure()).toEqual(statistics);
  });

  test('of stored graphs are picked by their arrays, and said to have none that they lack', async () => {
    const files = { 'a.vtu': smallVtu({ pointData: { pressure: 1, age: 2 } }) };
    const [source, directory] = [await makeFolder(files), await makeFolder()];
    await convert(source, directory);
    const picked = await open(directory, { includeAttributes: ['age'] });
    expect(Object.keys((await picked.get(0)).node)).toEqual(['age']);
    const lacking = await open(directory, { includeAttributes: ['speed'] });
    expect(await failureOf(lacking.get(0))).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('"pressure", "age"'),
    });
    const normalized = await open(directory, { normalize: true });
    expect(await failureOf(normalized.get(0))).toMatchObject({ code: 'UNSUPPORTED' });
  });

  test('beside meshes are no samples unless they are named', async () => {
    const [source, directory] = [await makeCases(1), await makeFolder()];
    await convert(source, directory);
    const graph = await readFile(join(directory, 'case_0/m=0.000.safetensors'));
    const mixed = await makeFolder({ 'a.vtu': smallVtu(), 'b.safetensors': graph });
    expect((await open(mixed)).samples.map(({ id }) => id)).toEqual(['a']);
    const named = await open(mixed, { include: '*.safetensors' });
    expect(named.samples.map(({ id }) => id)).toEqual(['b']);
    expect(await named.get(0)).toMatchObject({ id: 'b', metadata: { flow: 0 } });
  });
});

describe('a second run', () => {
  test('does nothing and touches nothing', async () => {
    const [source, directory] = [await makeCases(4), await makeFolder()];
    await convert(source, directory);
    const before = await timesOf(directory);
    for (const options of [{}, { verify: true }, { dryRun: true }, { prune: true }, { jobs: 3 }]) {
      expect(await convert(source, directory, options)).toMatchObject({ converted: 0, skipped: 4 });
    }
    expect(await timesOf(directory)).toEqual(before);
  });

  test('does again what was changed, deleted or cut, and nothing else', async () => {
    const [source, directory] = [await makeCases(4), await makeFolder()];
    await convert(source, directory);
    await writeFile(join(source, 'case_0/m=0.000.vtu'), smallVtu({ points: 9 }));
    await rm(join(directory, 'case_1/m=0.001.safetensors'));
    await writeFile(join(directory, 'case_2/m=0.002.safetensors'), 'cut');
    const done = await stat(join(directory, 'case_3/m=0.003.safetensors'));
    expect((await convert(source, directory, { dryRun: true })).left).toEqual([
      'case_0/m=0.000',
      'case_1/m=0.001',
      'case_2/m=0.002',
    ]);
    expect(await convert(source, directory)).toMatchObject({ converted: 3, skipped: 1 });
    expect((await stat(join(directory, 'case_3/m=0.003.safetensors'))).mtimeMs).toBe(done.mtimeMs);
    const whole = await makeFolder();
    await convert(source, whole);
    expect(await readResults(directory)).toEqual(await readResults(whole));
  });

  test('finds by verify what was changed and kept its size', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory);
    const path = join(directory, 'case_0/m=0.000.safetensors');
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(7, bytes.length - 4));
    expect(await convert(source, directory)).toMatchObject({ converted: 0 });
    expect(await convert(source, directory, { verify: true })).toMatchObject({ converted: 1, skipped: 1 });
  });

  test('with other options does everything again, and removes what was', async () => {
    const [source, directory] = [await makeCases(3), await makeFolder()];
    await convert(source, directory, { to: 'vtu' });
    expect(await convert(source, directory, { to: 'vtu', encoding: 'ascii' })).toMatchObject({
      converted: 3,
    });
    expect(await convert(source, directory, { graphOf: 'cells' })).toMatchObject({
      converted: 3,
      skipped: 0,
    });
    expect(Object.keys(await readResults(directory)).filter((name) => name.endsWith('.vtu'))).toEqual([]);
    expect((await manifestOf(directory))[0]?.options).toEqual({ to: 'safetensors', graphOf: 'cells' });
    expect(await convert(source, directory, { force: true, graphOf: 'cells' })).toMatchObject({
      converted: 3,
    });
  });

  test('does a graph again whose metadata were changed, which it holds', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory);
    await writeFile(join(source, 'case_0/m=0.000.json'), '{"flow": 99}');
    expect(await convert(source, directory)).toMatchObject({ converted: 1, skipped: 1 });
    expect(await readFile(join(directory, 'metadata.jsonl'), 'utf8')).toContain('"flow":99');
  });

  test('of meshes only writes the metadata anew', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory, { to: 'vtu' });
    await writeFile(join(source, 'case_0/m=0.000.json'), '{"flow": 99}');
    expect(await convert(source, directory, { to: 'vtu' })).toMatchObject({ converted: 0, skipped: 2 });
    expect(await readFile(join(directory, 'metadata.jsonl'), 'utf8')).toContain('"flow":99');
  });

  test('of some of the samples takes the others for neither vanished nor to be pruned', async () => {
    const [source, directory] = [await makeCases(4), await makeFolder()];
    await convert(source, directory);
    const before = await readResults(directory);
    const filterFn = (metadata: Readonly<Record<string, unknown>>): boolean => Number(metadata['flow']) > 1;
    const some = await convert(source, directory, { prune: true }, { filterFn });
    expect(some).toEqual({ samples: 2, converted: 0, skipped: 2, failed: [], bytesFetched: 0 });
    const dataset = await open(source);
    const first = await convertDataset(dataset.subset([0]), directory, { to: 'safetensors', prune: true });
    expect(first).not.toHaveProperty('vanished');
    expect(await readResults(directory)).toEqual(before);
  });

  test('names samples that have vanished, and removes them by prune', async () => {
    const [source, directory] = [await makeCases(3), await makeFolder()];
    await convert(source, directory);
    await rm(join(source, 'case_1'), { recursive: true });
    expect(await convert(source, directory)).toMatchObject({ samples: 2, vanished: ['case_1/m=0.001'] });
    expect(await manifestOf(directory)).toHaveLength(3);
    expect(await readFile(join(directory, 'metadata.jsonl'), 'utf8')).toContain('"n1"');
    await convert(source, directory, { prune: true });
    const whole = await makeFolder();
    await convert(source, whole);
    expect(await readResults(directory)).toEqual(await readResults(whole));
    expect(await failureOf(stat(join(directory, 'case_1')))).toMatchObject({ code: 'ENOENT' });
  });
});

describeWithNginx('a source on a web server', () => {
  test('is fetched once: a second run asks for no sample, also with an empty cache', async () => {
    const folder = await makeCases(3);
    await using nginx = await startNginx({ folder, directives: 'autoindex on; autoindex_format json;' });
    const directory = await makeFolder();
    const run = async (): Promise<ConvertReport> =>
      convert(nginx.url, directory, {}, { cacheDir: await makeFolder() });
    const first = await run();
    expect(first).toMatchObject({ converted: 3, failed: [] });
    expect(first.bytesFetched).toBeGreaterThan(1000);
    const before = (await nginx.requests()).length;
    expect(await run()).toMatchObject({ converted: 0, skipped: 3, bytesFetched: 0 });
    const asked = (await nginx.requests()).slice(before);
    expect(asked.filter((line) => /^GET.*\.vtu /.test(line))).toEqual([]);
    expect(asked.length).toBeGreaterThan(0);
  });
});

describe('a sample that fails', () => {
  test('does not stop the others, and is tried again', async () => {
    const [source, directory] = [await makeCases(3), await makeFolder()];
    await writeFile(join(source, 'case_1/m=0.001.vtu'), 'no mesh');
    const report = await convert(source, directory);
    expect(report).toMatchObject({ samples: 3, converted: 2 });
    expect(report.failed).toEqual([
      { id: 'case_1/m=0.001', code: 'FORMAT', message: expect.stringContaining('case_1/m=0.001.vtu') },
    ]);
    const [, line] = await manifestOf(directory);
    expect(line?.error).toEqual({ code: 'FORMAT', message: expect.any(String) });
    expect(line).not.toHaveProperty('files');
    expect(await readFile(join(directory, 'metadata.jsonl'), 'utf8')).not.toContain('"n1"');
    expect(await convert(source, directory)).toMatchObject({ skipped: 2, failed: [{ code: 'FORMAT' }] });
    await writeFile(join(source, 'case_1/m=0.001.vtu'), smallVtu());
    expect(await convert(source, directory)).toMatchObject({ converted: 1, skipped: 2, failed: [] });
    expect((await manifestOf(directory))[1]).not.toHaveProperty('error');
  });

  test('takes nothing away where all of a run fail, as by an array that is misspelt', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    await convert(source, directory, { to: 'vtu' });
    const before = await readResults(directory);
    const report = await convert(source, directory, { to: 'vtu', attributes: ['presure'] });
    expect(report.failed).toMatchObject([{ code: 'NOT_FOUND' }, { code: 'NOT_FOUND' }]);
    expect(report.failed[0]?.message).toContain('"pressure"');
    expect(await readResults(directory)).toEqual(before);
    expect(await convert(source, directory, { to: 'vtu' })).toMatchObject({ converted: 0, skipped: 2 });
  });

  test('may be one whose id cannot be a file', async () => {
    const files = { 'a..b/x.vtu': smallVtu(), 'a.q.b/x.vtu': smallVtu() };
    const [source, directory] = [await makeFolder(files), await makeFolder()];
    const report = await convert(source, directory, {}, { samples: 'a{part}b/{case}.vtu' });
    expect(report.failed).toEqual([
      { id: '../x', code: 'CONFIG', message: expect.stringContaining('cannot be a file') },
      { id: '.q./x', code: 'CONFIG', message: expect.stringContaining('cannot be a file') },
    ]);
  });
});

describe('shares', () => {
  test.each(['safetensors', 'vtu', 'webdataset'] as const)('of .%s make what one run makes', async (to) => {
    const [source, whole, directory] = [await makeCases(11), await makeFolder(), await makeFolder()];
    const options = to === 'webdataset' ? { to, shardSize: 5000, shuffle: true, seed: 3 } : { to };
    await convert(source, whole, options);
    const reports = [];
    for (const index of [2, 0, 1]) {
      reports.push(await convert(source, directory, { ...options, shard: new Shard({ index, count: 3 }) }));
    }
    expect(reports.reduce((sum, { samples }) => sum + samples, 0)).toBe(11);
    expect(await readResults(directory)).toEqual(await readResults(whole));
    expect(await leftOvers(directory)).toEqual([]);
  });

  test('of a dataset are converted as the option says it', async () => {
    const [source, whole, directory] = [await makeCases(6), await makeFolder(), await makeFolder()];
    await convert(source, whole);
    const dataset = await open(source);
    for (const index of [0, 1]) {
      const share = dataset.shard(new Shard({ index, count: 2 }));
      const report = await convertDataset(share, directory, { to: 'safetensors' });
      expect(report).toMatchObject({ samples: share.length, converted: share.length });
      expect(report).not.toHaveProperty('vanished');
    }
    expect(await readResults(directory)).toEqual(await readResults(whole));
  });

  test('are merged by the last, until when the parts count', async () => {
    const [source, directory] = [await makeCases(6), await makeFolder()];
    const shard = new Shard({ index: 0, count: 2 });
    const { converted } = await convert(source, directory, { shard });
    expect(converted).toBeGreaterThan(0);
    expect(Object.keys(await readResults(directory))).not.toContain('vascusim-manifest.jsonl');
    expect(await convert(source, directory, { shard })).toMatchObject({ converted: 0, skipped: converted });
    expect(await convert(source, directory)).toMatchObject({ converted: 6 - converted, skipped: converted });
    expect(await manifestOf(directory)).toHaveLength(6);
  });

  test('of which there are more than samples end, too', async () => {
    const [source, directory] = [await makeCases(2), await makeFolder()];
    for (let index = 0; index < 4; index++) {
      await convert(source, directory, { shard: new Shard({ index, count: 4 }) });
    }
    expect(await manifestOf(directory)).toHaveLength(2);
    expect(await leftOvers(directory)).toEqual([]);
  });

  test('between which the source grew leave samples out, which the last one names', async () => {
    const [source, directory] = [await makeCases(8), await makeFolder()];
    await convert(source, directory, { shard: new Shard({ index: 0, count: 2 }) });
    const more = caseFiles(20);
    for (const [path, content] of Object.entries(more)) {
      await mkdir(join(source, path, '..'), { recursive: true });
      await writeFile(join(source, path), content);
    }
    const last = await convert(source, directory, { shard: new Shard({ index: 1, count: 2 }) });
    expect(last.missing?.length).toBeGreaterThan(0);
    const rest = await convert(source, directory);
    expect(rest).not.toHaveProperty('missing');
    expect(await manifestOf(directory)).toHaveLength(20);
  });
});

describe('the manifest', () => {
  test('of a part whose last line is torn loses that line alone', async () => {
    const [source, directory] = [await makeCases(4), await makeFolder()];
    await convert(source, directory);
    const text = await readFile(join(directory, 'vascusim-manifest.jsonl'), 'utf8');
    const other = await makeFolder();
    await convert(source, other, { shard: new Shard({ index: 0, count: 9 }) });
    await mkdir(join(other, '.vascusim/parts'), { recursive: true });
    const lines = text.split('\n');
    // By a process that is gone, in the middle of its last line.
    const torn = `${lines.slice(0, 2).join('\n')}\n${lines[2]?.slice(0, 40)}`;
    await writeFile(join(other, '.vascusim/parts/elsewhere~1~t1~0.jsonl'), torn);
    const old = new Date(Date.now() - 3_600_000);
    await utimes(join(other, '.vascusim/parts/elsewhere~1~t1~0.jsonl'), old, old);
    for (const name of ['case_0/m=0.000', 'case_1/m=0.001']) {
      await mkdir(join(other, name, '..'), { recursive: true });
      await writeFile(
        join(other, `${name}.safetensors`),
        await readFile(join(directory, `${name}.safetensors`)),
      );
    }
    const { skipped } = await convert(source, other);
    expect(skipped).toBeGreaterThanOrEqual(2);
    expect(await readResults(other)).toEqual(await readResults(directory));
  });

  test('that was damaged by hand costs the lines that are lost', async () => {
    const [source, directory] = [await makeCases(3), await makeFolder()];
    await convert(source, directory);
    const before = await readResults(directory);
    const path = join(directory, 'vascusim-manifest.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).split('\n').slice(1).join('\n'));
    await appendFile(path, 'no line\n');
    expect(await convert(source, directory)).toMatchObject({ converted: 1, skipped: 2 });
    expect(await readResults(directory)).toEqual(before);
  });
});

describe('refuses', () => {
  test.each<[string, Partial<ConvertDatasetOptions> & object, VascuDatasetOptions, string]>([
    ['an unknown form', { to: 'obj' as 'vtu' }, {}, 'to'],
    ['an unknown option', { job: 1 } as object, {}, 'job'],
    ['no number of jobs', { jobs: 0 }, {}, 'jobs'],
    ['an encoding of graphs', { encoding: 'raw' }, {}, 'encoding'],
    ['a size of tars for files', { shardSize: 5 }, {}, 'shardSize'],
    ['compressed text', { to: 'vtu', encoding: 'ascii', compressor: 'zlib' }, {}, 'compressor'],
    ['graph options for meshes', { to: 'vtp' }, { normalize: true }, 'normalize'],
    ['a transform that is a function', {}, { transform: (data) => data }, 'transform'],
    ['parts for one mesh', { to: 'vtu' }, { samples: { a: '{c}/m={x}.vtu' } }, 'samples'],
    ['what is no share', { shard: { index: 0, count: 1 } as Shard }, {}, 'shard'],
  ])('%s', async (_, options, datasetOptions, option) => {
    const source = await makeCases(2);
    const directory = await makeFolder();
    expect(await failureOf(convert(source, directory, options, datasetOptions))).toMatchObject({
      code: 'CONFIG',
      option,
    });
  });

  test('a directory among the samples', async () => {
    const source = await makeCases(2);
    for (const [directory, to] of [
      [source, 'safetensors'],
      [join(source, 'out'), 'vtu'],
    ] as const) {
      expect(await failureOf(convert(source, directory, { to }))).toMatchObject({ option: 'directory' });
    }
    expect(await convert(source, join(source, 'out'))).toMatchObject({ converted: 2 });
    expect(await convert(source, join(source, 'out'))).toMatchObject({ samples: 2, skipped: 2 });
  });

  test('a folder in it that leads out', async () => {
    const [source, directory, elsewhere] = [await makeCases(2), await makeFolder(), await makeFolder()];
    await symlink(elsewhere, join(directory, 'case_0'));
    expect(await failureOf(convert(source, directory))).toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('outside of'),
    });
  });

  test('a file in its place', async () => {
    const [source, folder] = [await makeCases(1), await makeFolder({ file: '' })];
    expect(await failureOf(convert(source, join(folder, 'file')))).toMatchObject({ option: 'directory' });
  });
});
