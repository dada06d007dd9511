import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { JsonLines } from '../../src/dataset/json-lines.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const FILES: Files = {
  'a/case_10.vtu': smallVtu({ points: 10 }),
  'a/case_2.vtu': smallVtu({ points: 5, pointData: { pressure: 2, flow: 3 }, cellData: { region: 7 } }),
  'a/case_2.json': '{"age": 60, "is_healthy": true}',
  'b.VTU': smallVtu({ points: 6 }),
  'b.json': '{"age": 40, "is_healthy": true}',
  'notes.txt': 'no mesh',
};

async function open(files: Files = FILES, options: Partial<VascuDatasetOptions> = {}) {
  const folder = await makeFolder(files);
  return VascuDataset.open({ sourceUrl: folder, ...options });
}

describe('VascuDataset.open', () => {
  test('lists the samples in path order with size and metadata', async () => {
    await using dataset = await open();
    expect(dataset.length).toBe(3);
    expect(dataset.samples).toEqual([
      {
        id: 'a/case_10',
        path: 'a/case_10.vtu',
        size: (FILES['a/case_10.vtu'] as string).length,
        files: [expect.objectContaining({ path: 'a/case_10.vtu' })],
        metadata: {},
      },
      {
        id: 'a/case_2',
        path: 'a/case_2.vtu',
        size: (FILES['a/case_2.vtu'] as string).length,
        files: [expect.objectContaining({ path: 'a/case_2.vtu' })],
        metadata: { age: 60, is_healthy: true },
      },
      {
        id: 'b',
        path: 'b.VTU',
        size: (FILES['b.VTU'] as string).length,
        files: [expect.objectContaining({ path: 'b.VTU' })],
        metadata: { age: 40, is_healthy: true },
      },
    ]);
  });

  test('names the files of a sample: its mesh, then the pieces that are there', async () => {
    const piece = smallVtu({ points: 5 });
    await using dataset = await open({
      'a.pvtu': smallPvtu(['a_1.vtu', 'a_0.vtu', 'gone.vtu']),
      'a_0.vtu': piece,
      'a_1.vtu': piece,
      'b.vtu': piece,
    });
    const files = dataset.samples.map((sample) => sample.files.map(({ path }) => path));
    expect(files).toEqual([['a.pvtu', 'a_1.vtu', 'a_0.vtu'], ['b.vtu']]);
    expect(dataset.filesOf(0)).toEqual(dataset.samples[0]?.files);
  });

  test('reads no mesh', async () => {
    await using dataset = await open({ 'a.vtu': 'not a mesh at all' });
    expect(dataset.length).toBe(1);
    expect(isVascuError(await failureOf(dataset.get(0)), 'FORMAT')).toBe(true);
  });

  test.each([
    ['at once', (metadata: Readonly<Record<string, unknown>>) => Number(metadata['age']) > 50],
    ['later', async (metadata: Readonly<Record<string, unknown>>) => Number(metadata['age']) > 50],
  ])('keeps the samples for which filterFn says true %s', async (_, filterFn) => {
    await using dataset = await open(FILES, { filterFn });
    expect(dataset.samples.map(({ id }) => id)).toEqual(['a/case_2']);
    expect((await dataset.get(0)).id).toBe('a/case_2');
  });

  test('a filter that keeps nothing leaves an empty dataset', async () => {
    await using dataset = await open(FILES, { filterFn: () => false });
    expect(dataset.length).toBe(0);
    expect(await failureOf(dataset.get(0))).toBeInstanceOf(RangeError);
  });

  test('what filterFn throws is what open rejects with', async () => {
    const reason = new Error('my bug');
    const filterFn = (): boolean => {
      throw reason;
    };
    expect(await failureOf(open(FILES, { filterFn }))).toBe(reason);
  });

  test.each(['a', '/a/', './a', 'x/../a'])('looks only into sourceDir %s', async (sourceDir) => {
    await using dataset = await open(FILES, { sourceDir });
    expect(dataset.samples.map(({ path }) => path)).toEqual(['a/case_10.vtu', 'a/case_2.vtu']);
  });

  test('samples that differ only in their extension have their paths as ids', async () => {
    await using dataset = await open({ 'a.vtu': '', 'a.vtp': '', 'b.vtu': '' });
    expect(dataset.samples.map(({ id }) => id)).toEqual(['a.vtp', 'a.vtu', 'b']);
  });

  test('the pieces of a .pvtu are no samples of their own', async () => {
    await using dataset = await open({
      'a.pvtu': smallPvtu(['a/a_0.vtu', 'a/a_1.vtu']),
      'a.json': '{"age": 1}',
      'a/a_0.vtu': smallVtu({ points: 4 }),
      'a/a_1.vtu': smallVtu({ points: 5 }),
      'b.vtu': smallVtu(),
    });
    expect(dataset.samples.map(({ path, metadata }) => [path, metadata])).toEqual([
      ['a.pvtu', { age: 1 }],
      ['b.vtu', {}],
    ]);
    expect((await dataset.get(0)).numNodes).toBe(9);
  });

  test('a .pvtu whose piece is missing fails when it is read, and the message names the piece', async () => {
    await using dataset = await open({ 'a.pvtu': smallPvtu(['a_0.vtu']), 'b.vtu': smallVtu() });
    expect(dataset.length).toBe(2);
    const error = await failureOf(dataset.get(0));
    expect(isVascuError(error, 'FORMAT', 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('a_0.vtu');
  });

  test.each([
    ['a folder without meshes', { 'x.txt': '' }, {}, 'NOT_FOUND', '.vtu'],
    ['a sourceDir that is not there', FILES, { sourceDir: 'nope' }, 'NOT_FOUND', 'nope'],
    ['a sourceDir that leads out', FILES, { sourceDir: '../x' }, 'CONFIG', 'sourceDir'],
    ['a broken sidecar', { ...FILES, 'b.json': '{' }, {}, 'FORMAT', 'b.json'],
    ['an unknown option', FILES, { incudeAttributes: [] }, 'CONFIG', 'includeAttributes'],
    ['an option of the streaming dataset', FILES, { prefetchSize: 2 }, 'CONFIG', 'prefetchSize'],
    ['a NAS without a password', FILES, { streamingType: 'nas', username: 'x' }, 'CONFIG', 'password'],
    ['a token for a folder', FILES, { token: 'x' }, 'CONFIG', 'token'],
    ['no sourceUrl', FILES, { sourceUrl: undefined }, 'CONFIG', 'sourceUrl'],
  ])('%s is an error that says so', async (_, files, options, code, part) => {
    const error = await failureOf(open(files as Files, options as Partial<VascuDatasetOptions>));
    expect(error).toMatchObject({ code });
    expect(String(error)).toContain(part);
  });

  test('a missing folder is NOT_FOUND', async () => {
    const sourceUrl = join(await makeFolder(), 'nope');
    expect(isVascuError(await failureOf(VascuDataset.open({ sourceUrl })), 'NOT_FOUND')).toBe(true);
  });

  test('takes a file: URL, and leaves the files alone whatever the cache options say', async () => {
    const folder = await makeFolder(FILES);
    const cacheDir = join(folder, 'cache');
    const dataset = await VascuDataset.open({ sourceUrl: pathToFileURL(folder), cacheDir, maxCacheSize: 1 });
    await dataset.get(0);
    await dataset.close();
    await access(join(folder, 'a/case_10.vtu'));
    await expect(access(cacheDir)).rejects.toThrow('ENOENT');
  });

  test('an aborted signal rejects with its reason', async () => {
    const reason = new Error('stop');
    expect(await failureOf(open(FILES, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  test('an abort in the middle rejects with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const filterFn = (): boolean => {
      controller.abort(reason);
      return true;
    };
    expect(await failureOf(open(FILES, { filterFn, signal: controller.signal }))).toBe(reason);
  });
});

describe('VascuDataset.get', () => {
  test('gives the graph with its arrays and metadata', async () => {
    await using dataset = await open();
    const data = await dataset.get(1);
    expect(data).toMatchObject({ id: 'a/case_2', numNodes: 5, numCells: 2 });
    expect(data.metadata).toEqual({ age: 60, is_healthy: true });
    expect(Object.keys(data.node).toSorted()).toEqual(['flow', 'pressure']);
    expect([...(data.node['flow']?.data ?? [])]).toEqual([3, 3, 3, 3, 3]);
    expect([...(data.cell['region']?.data ?? [])]).toEqual([7, 7]);
    expect([...data.pos.data.subarray(0, 6)]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(data.normalization).toBeUndefined();
  });

  test.each([-1, 3, 0.5, Number.NaN])('index %d rejects with a RangeError', async (index) => {
    await using dataset = await open();
    expect(await failureOf(dataset.get(index))).toBeInstanceOf(RangeError);
  });

  test('includeAttributes leaves the other arrays out', async () => {
    await using dataset = await open(
      { 'a.vtu': FILES['a/case_2.vtu'] ?? '' },
      { includeAttributes: ['region', 'flow'] },
    );
    const { node, cell } = await dataset.get(0);
    expect([Object.keys(node), Object.keys(cell)]).toEqual([['flow'], ['region']]);
  });

  test('a sample without an array of includeAttributes is NOT_FOUND; the others are read', async () => {
    await using dataset = await open(FILES, { includeAttributes: ['flow'] });
    const error = await failureOf(dataset.get(0));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toMatch(/a\/case_10\.vtu.*"flow".*"pressure"/);
    expect((await dataset.get(1)).numNodes).toBe(5);
  });

  test('normalize is passed on', async () => {
    await using dataset = await open(FILES, { normalize: true });
    expect((await dataset.get(0)).normalization).toBeDefined();
  });

  test('preTransform comes before transform; both may be async', async () => {
    const mark =
      (name: string) =>
      async (data: GraphData): Promise<GraphData> => ({ ...data, id: `${data.id}-${name}` });
    await using dataset = await open(FILES, { preTransform: mark('first'), transform: mark('second') });
    expect((await dataset.get(2)).id).toBe('b-first-second');
  });

  test('records have no prototype, and an array may be called "__proto__"', async () => {
    await using dataset = await open({ 'a.vtu': smallVtu({ pointData: { ['__proto__']: 5, toString: 6 } }) });
    const { node } = await dataset.get(0);
    expect(Object.getPrototypeOf(node)).toBeNull();
    expect(node['__proto__']?.data[0]).toBe(5);
    expect(node['constructor']).toBeUndefined();
  });

  test('a file that went away is NOT_FOUND', async () => {
    const folder = await makeFolder(FILES);
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    await rm(join(folder, 'b.VTU'));
    expect(isVascuError(await failureOf(dataset.get(2)), 'NOT_FOUND')).toBe(true);
  });

  test('a broken file names the sample', async () => {
    const folder = await makeFolder(FILES);
    await using dataset = await VascuDataset.open({ sourceUrl: folder });
    await writeFile(join(folder, 'a/case_2.vtu'), (FILES['a/case_2.vtu'] as string).slice(0, 300));
    expect(await failureOf(dataset.get(1))).toMatchObject({ code: 'FORMAT', path: 'a/case_2.vtu' });
  });

  test('its own signal and the dataset’s end it, with their reasons', async () => {
    const controller = new AbortController();
    await using dataset = await open(FILES, { signal: controller.signal });
    const mine = new Error('mine');
    expect(await failureOf(dataset.get(0, { signal: AbortSignal.abort(mine) }))).toBe(mine);
    await dataset.get(0);
    const reading = dataset.get(0);
    const its = new Error('its');
    controller.abort(its);
    expect(await failureOf(reading)).toBe(its);
    expect(await failureOf(dataset.get(0))).toBe(its);
  });
});

describe('metadata from a table of JSON lines', () => {
  const files: Files = {
    'a.vtu': smallVtu({ points: 3 }),
    'metadata.jsonl': '{"file_name": "a.vtu", "age": 1, "list": [1]}\n',
  };

  test.each([
    ['without a transform', {}],
    ['with a function', { transform: (data: GraphData) => data }],
    ['kept decoded', { cacheDecoded: true }],
  ])('are parsed when the table is read, and no more for a sample %s', async (_, options) => {
    const cacheDir = await makeFolder({});
    await using dataset = await open(files, { ...options, cacheDir });
    const parse = vi.spyOn(JsonLines.prototype, 'parse');
    try {
      expect((await dataset.get(0)).metadata).toEqual({ age: 1, list: [1] });
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  test('that a function changed in place are kept as it left them', async () => {
    const preTransform = vi.fn((data: GraphData): GraphData => {
      (data.metadata['list'] as number[]).push(2);
      return data;
    });
    const cacheDir = await makeFolder({});
    await using dataset = await open(files, { preTransform, cacheDecoded: 'v1', cacheDir });
    await vi.waitFor(async () => {
      const { length } = preTransform.mock.calls;
      expect((await dataset.get(0)).metadata).toEqual({ age: 1, list: [1, 2] });
      // Kept while the program goes on.
      expect(preTransform).toHaveBeenCalledTimes(length);
    });
  });
});

describe('VascuDataset as a whole', () => {
  test('iterates in order, one sample at a time', async () => {
    const read: string[] = [];
    const transform = (data: GraphData): GraphData => {
      read.push(data.id);
      return data;
    };
    await using dataset = await open(FILES, { transform });
    for await (const { id } of dataset) expect(read.at(-1)).toBe(id);
    expect(read).toEqual(['a/case_10', 'a/case_2', 'b']);
  });

  test('counts what it did', async () => {
    await using dataset = await open();
    await dataset.get(0);
    await dataset.get(0);
    const stats = dataset.stats();
    expect(stats).toMatchObject({ samplesRead: 2, misses: 0, bytesDownloaded: 0, evictions: 0 });
    expect(stats.bytesRead).toBeGreaterThanOrEqual(2 * (FILES['a/case_10.vtu'] as string).length);
    expect(stats.decodeMs).toBeGreaterThan(0);
  });

  test('close ends what is under way and what comes after with a DisposedError', async () => {
    const dataset = await open();
    const reading = failureOf(dataset.get(0));
    await dataset.close();
    await dataset.close();
    expect(isVascuError(await reading, 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(dataset.get(0)), 'DISPOSED')).toBe(true);
    expect(isVascuError(await failureOf(dataset.work(0)), 'DISPOSED')).toBe(true);
  });

  test('leaves no file open', async () => {
    const { readdir } = await import('node:fs/promises');
    const before = await readdir('/proc/self/fd').catch(() => []);
    const dataset = await open({ ...FILES, 'x.vtu': 'broken', 'y.pvtu': smallPvtu(['b.VTU', 'x.vtu']) });
    await Promise.allSettled(dataset.samples.map((_, index) => dataset.get(index)));
    await dataset.close();
    expect(await readdir('/proc/self/fd').catch(() => [])).toHaveLength(before.length);
  });
});
