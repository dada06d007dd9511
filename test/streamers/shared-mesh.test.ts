import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { FileGroup } from '../../src/files/file-group.ts';
import type { WriteOptions } from '../../src/formats/vtk-xml/writer.ts';
import { partsRequest } from '../../src/mesh/read-mesh.ts';
import { DataStreamer, type StreamerOptions } from '../../src/streamers/data-streamer.ts';
import { vtkXmlReader } from '../formats/vtk-xml-reader.ts';
import { memoryFile } from '../memory-file.ts';
import { fc } from '../property.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';
import { bitsOf, nextStep, resultFile, resultMesh, TWELVE_FIELDS } from './result-file.ts';

const FIRST = 't_0.vtu';
const LONG = process.env['VASCUSIM_TORTURE'] === 'long';

/** The steps of a simulation, by their paths. */
async function stepsOf(count: number, options: WriteOptions): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const first = resultMesh(8000, TWELVE_FIELDS);
  const steps = new Map<string, Uint8Array<ArrayBuffer>>();
  for (let step = 0; step < count; step++) {
    const mesh = step === 0 ? first : nextStep(first, TWELVE_FIELDS, 100 + step);
    steps.set(`t_${step}.vtu`, await resultFile(mesh, options));
  }
  return steps;
}

async function stage(files: ReadonlyMap<string, Uint8Array>, options: StreamerOptions = {}) {
  const source = new MemorySource();
  for (const [path, content] of files) source.put(path, content);
  const cacheDir = options.cacheDir ?? (await makeFolder());
  const open = (): DataStreamer => {
    const streamer = new DataStreamer(source, {
      cacheDir,
      maxCacheSize: 2 ** 30,
      retryDelayMs: 1,
      ...options,
    });
    onTestFinished(() => streamer.close());
    return streamer;
  };
  return { source, open, streamer: open(), cacheDir };
}

/** Reads a file with some of its arrays, its mesh from the first. */
async function read(
  { source, streamer }: { readonly source: MemorySource; readonly streamer: DataStreamer },
  path: string,
  attributes: readonly string[] = ['pressure'],
  remove = false,
): Promise<Map<string, Buffer>> {
  const sameMeshAs = await source.stat(FIRST);
  const request = partsRequest(path, { attributes, mode: 'partial', sameMeshAs });
  if (request === undefined) throw new Error('all of it is wanted');
  const held = await streamer.openParts(path, request);
  const files = new FileGroup(path, () => undefined);
  try {
    return bitsOf(await vtkXmlReader.read(await files.open(held.place), { path, attributes }));
  } finally {
    await files.close();
    held.release({ remove });
  }
}

const fromMemory = async (
  content: Uint8Array | undefined,
  attributes: readonly string[] = ['pressure'],
): Promise<Map<string, Buffer>> =>
  bitsOf(await vtkXmlReader.read(memoryFile(content as Uint8Array), { attributes }));

const ENCODINGS: readonly (readonly [string, WriteOptions])[] = [
  ['raw', { compressor: 'none' }],
  ['zlib', { compressor: 'zlib' }],
  ['base64', { encoding: 'base64', compressor: 'none' }],
  ['base64, zlib', { encoding: 'base64', compressor: 'zlib' }],
];

describe.each(ENCODINGS)('a series of files with one mesh (%s)', (_, options) => {
  test('fetches it once, and every step is as it is when it is read whole', async () => {
    const files = await stepsOf(6, options);
    const alone = await stage(files);
    for (const path of files.keys()) {
      const request = partsRequest(path, { attributes: ['pressure'], mode: 'partial' });
      if (request !== undefined) (await alone.streamer.openParts(path, request)).release();
    }
    const staged = await stage(files);
    for (const [path, content] of files) expect(await read(staged, path)).toEqual(await fromMemory(content));
    const { source, streamer } = staged;
    const mesh = (alone.source.bytes - source.bytes) / 5;
    expect(source.bytes).toBeLessThan(0.5 * alone.source.bytes);
    expect(mesh).toBeGreaterThan(0.5 * (alone.source.bytes / 6));
    expect(streamer.stats().partial.sharedBytes).toBeGreaterThan(mesh * 5);
    const { bytes } = source;
    for (const path of files.keys()) await read(staged, path, ['wss']);
    expect(source.bytes - bytes).toBeLessThan(0.3 * bytes);
  });

  test('needs nothing but the cache the second time, whoever opens it', async () => {
    const files = await stepsOf(3, options);
    const staged = await stage(files);
    for (const path of files.keys()) await read(staged, path);
    await staged.streamer.close();
    staged.source.onOpen = () => {
      throw new Error('nothing is to be fetched');
    };
    const again = { ...staged, streamer: staged.open() };
    for (const [path, content] of files) expect(await read(again, path)).toEqual(await fromMemory(content));
  });
});

describe('where the meshes differ', () => {
  const otherMesh = async (change: (mesh: Mesh) => Mesh, options: WriteOptions): Promise<unknown> => {
    const first = resultMesh(8000, TWELVE_FIELDS);
    const files = new Map([
      [FIRST, await resultFile(first, options)],
      ['t_1.vtu', await resultFile(change(nextStep(first, TWELVE_FIELDS, 9)), options)],
    ]);
    const staged = await stage(files);
    const error = await failureOf(read(staged, 't_1.vtu'));
    // Nothing of the error stays: without the option it is read as it is.
    const request = partsRequest('t_1.vtu', { attributes: ['pressure'], mode: 'partial' });
    if (request === undefined) throw new Error('all of it is wanted');
    using held = await staged.streamer.openParts('t_1.vtu', request);
    const group = new FileGroup('t_1.vtu', () => undefined);
    onTestFinished(() => group.close());
    const mesh = await vtkXmlReader.read(await group.open(held.place), { attributes: ['pressure'] });
    expect(bitsOf(mesh)).toEqual(await fromMemory(files.get('t_1.vtu')));
    return error;
  };
  const changes: readonly (readonly [string, (mesh: Mesh) => Mesh])[] = [
    ['another count', () => resultMesh(8001, TWELVE_FIELDS)],
    ['the points moved', (mesh) => moved(mesh, 1.5)],
    ['other cells', ({ ...mesh }) => ({ ...mesh, cells: resultMesh(8000, TWELVE_FIELDS, 5).cells })],
    ['other numbers', (mesh) => ({ ...mesh, points: toDouble(mesh.points) })],
  ];

  test.each(
    ENCODINGS.flatMap(([name, options]) => changes.map((change) => [name, ...change, options] as const)),
  )('a file says so (%s, %s)', async (_, __, change, options) => {
    const error = await otherMesh(change, options);
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('sharedMesh');
    expect(String(error)).toContain('t_1.vtu');
    expect(String(error)).toContain(FIRST);
  });

  test('a file is read as it is when the first one is no longer there', async () => {
    const files = await stepsOf(2, {});
    const staged = await stage(files);
    const gone = await staged.source.stat(FIRST);
    staged.source.put(FIRST, files.get('t_1.vtu') as Uint8Array, '2');
    const request = partsRequest('t_1.vtu', { attributes: ['pressure'], mode: 'partial', sameMeshAs: gone });
    if (request === undefined) throw new Error('all of it is wanted');
    (await staged.streamer.openParts('t_1.vtu', request)).release();
    expect(await read(staged, 't_1.vtu')).toEqual(await fromMemory(files.get('t_1.vtu')));
  });
});

function moved(mesh: Mesh, by: number): Mesh {
  const data = (mesh.points.data as Float32Array).map((value) => value * by);
  return { ...mesh, points: { ...mesh.points, data } };
}

function toDouble({ shape, data }: Mesh['points']): Mesh['points'] {
  return { shape, data: Float64Array.from(data as Float32Array) };
}

test('a cache that does not hold both files does without', async () => {
  const files = await stepsOf(2, {});
  const size = files.get(FIRST)?.byteLength ?? 0;
  const staged = await stage(files, { maxCacheSize: Math.ceil(1.25 * size) });
  (await staged.streamer.openFile(FIRST)).release();
  expect(await read(staged, 't_1.vtu')).toEqual(await fromMemory(files.get('t_1.vtu')));
  expect(staged.streamer.stats().partial.sharedBytes).toBe(0);
});

test('the mesh stays for the other files when one is removed after use', async () => {
  const files = await stepsOf(3, {});
  const staged = await stage(files);
  for (const path of files.keys()) await read(staged, path, ['pressure'], path !== FIRST);
  await staged.streamer.close();
  await using cache = await CacheManager.open({ cacheDir: staged.cacheDir });
  expect((await cache.getCacheStats()).totalSize).toBeLessThan(0.7 * (files.get(FIRST)?.byteLength ?? 0));
  expect(await cache.verify()).toMatchObject({ damaged: [] });
});

test(
  'any files, wishes and caches, many at once, give what reading whole files gives',
  async () => {
    const pools = await Promise.all(ENCODINGS.map(([, options]) => stepsOf(4, options)));
    const names = TWELVE_FIELDS.map(({ name }) => name);
    const anyRead = fc.record({
      step: fc.nat(3),
      fields: fc.subarray(names, { minLength: 1, maxLength: 4 }),
      remove: fc.boolean(),
      whole: fc.boolean(),
    });
    const property = fc.asyncProperty(
      fc.nat(pools.length - 1),
      fc.array(fc.array(anyRead, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 5, max: 40 }),
      async (pool, rounds, room) => {
        const files = pools[pool] as ReadonlyMap<string, Uint8Array>;
        const largest = Math.max(...[...files.values()].map(({ byteLength }) => byteLength));
        const staged = await stage(files, { maxCacheSize: Math.ceil((largest * room) / 4) });
        for (const round of rounds) {
          await Promise.all(
            round.map(async ({ step, fields, remove, whole }) => {
              const path = `t_${step}.vtu`;
              if (whole) (await staged.streamer.openFile(path)).release({ remove });
              const expected = await fromMemory(files.get(path), fields);
              expect(await read(staged, path, fields, remove)).toEqual(expected);
            }),
          );
        }
        await staged.streamer.close();
      },
    );
    await fc.assert(property, { numRuns: LONG ? 300 : 15 });
  },
  LONG ? 900_000 : 90_000,
);
