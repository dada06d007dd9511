import { describe, expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError, NetworkError } from '../../src/core/errors.ts';
import type { OpenPartsOptions } from '../../src/core/held-file.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import type { ReadPlanner } from '../../src/core/read-plan.ts';
import { FileGroup } from '../../src/files/file-group.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer, type StreamerOptions } from '../../src/streamers/data-streamer.ts';
import { planRead, vtkXmlReader } from '../formats/vtk-xml-reader.ts';
import { memoryFile } from '../memory-file.ts';
import { fc } from '../property.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';
import { bitsOf, type ResultField, resultFile, resultMesh, TWELVE_FIELDS } from './result-file.ts';

const PATH = 'case.vtu';
const LONG = process.env['VASCUSIM_TORTURE'] === 'long';

/** Reads a mesh with some of its arrays through a streamer. */
async function read(
  streamer: DataStreamer,
  attributes: readonly string[],
  mode: OpenPartsOptions['mode'] = 'partial',
): Promise<Mesh> {
  const plan: ReadPlanner = (file, signal) => planRead(file, { path: PATH, attributes, signal });
  using held = await streamer.openParts(PATH, { plan, mode });
  const files = new FileGroup(PATH, () => undefined);
  try {
    return await vtkXmlReader.read(await files.open(held.place), { path: PATH, attributes });
  } finally {
    await files.close();
  }
}

const fromMemory = async (content: Uint8Array, attributes: readonly string[]): Promise<Map<string, Buffer>> =>
  bitsOf(await vtkXmlReader.read(memoryFile(content), { path: PATH, attributes }));

async function stage(content: Uint8Array, options: StreamerOptions = {}) {
  const source = new MemorySource();
  source.put(PATH, content);
  const cacheDir = options.cacheDir ?? (await makeFolder());
  const streamer = new DataStreamer(source, { cacheDir, maxCacheSize: 2 ** 30, retryDelayMs: 1, ...options });
  onTestFinished(() => streamer.close());
  return { source, streamer, cacheDir };
}

const twelve = resultMesh(20_000, TWELVE_FIELDS);
const raw = await resultFile(twelve);
const zlib = await resultFile(twelve, { compressor: 'zlib' });

describe('any file, any wishes, any state of the cache', () => {
  const anyField: fc.Arbitrary<Omit<ResultField, 'name'>> = fc.record({
    over: fc.constantFrom('points', 'cells'),
    components: fc.integer({ min: 1, max: 9 }),
    Type: fc.constantFrom(Float32Array, Float64Array, Int32Array, Uint8Array, Int16Array) as fc.Arbitrary<
      ResultField['Type']
    >,
  });
  const anyWish = fc.record({
    /** Which fields, by their bits. */
    fields: fc.nat(255),
    mode: fc.constantFrom('auto' as const, 'partial' as const),
    before: fc.constantFrom('nothing' as const, 'another' as const, 'empty' as const, 'trim' as const),
  });
  test(
    'gives what reading all of it gives, bit by bit',
    async () => {
      const property = fc.asyncProperty(
        fc.integer({ min: 1000, max: 4000 }),
        fc.array(anyField, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(
          'raw' as const,
          'raw' as const,
          'base64' as const,
          'inline' as const,
          'ascii' as const,
        ),
        fc.constantFrom('none' as const, 'zlib' as const),
        fc.constantFrom('UInt32' as const, 'UInt64' as const),
        fc.array(anyWish, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 12 }),
        async (points, kinds, encoding, compressor, headerType, wishes, room) => {
          const fields = kinds.map((kind, index) => ({ ...kind, name: `field ${index}` }));
          const content = await resultFile(resultMesh(points, fields), { encoding, compressor, headerType });
          const cacheDir = await makeFolder();
          // Small ones hold the file, and parts of it beside it, only in part.
          const maxCacheSize = Math.ceil(content.byteLength * (1 + room / 4));
          const source = new MemorySource();
          source.put(PATH, content);
          const open = (): DataStreamer => new DataStreamer(source, { cacheDir, maxCacheSize });
          let streamer = open();
          let isFull = false;
          try {
            for (const { fields: bits, mode, before } of wishes) {
              if (before === 'empty') await streamer.cleanup('all');
              if (before === 'trim') await streamer.cleanup('lru');
              if (before === 'another') {
                await streamer.close();
                streamer = open();
              }
              if (before === 'empty') source.bytes = 0;
              const wish = fields.filter((_, index) => (bits & (1 << index)) !== 0).map(({ name }) => name);
              expect(bitsOf(await read(streamer, wish, mode))).toEqual(await fromMemory(content, wish));
              isFull ||= streamer.stats().evictions > 0;
              if (!isFull) expect(source.bytes).toBeLessThanOrEqual(content.byteLength + 64 * 1024);
            }
          } finally {
            await streamer.close();
          }
        },
      );
      await fc.assert(property, { numRuns: LONG ? 400 : 25 });
    },
    LONG ? 600_000 : 60_000,
  );
});

describe.each([
  ['raw', raw],
  ['zlib', zlib],
])('of a result with twelve fields (%s)', (_, content) => {
  test('one field costs its bytes, those of the mesh, and a head', async () => {
    const { source, streamer } = await stage(content);
    const mesh = await read(streamer, ['pressure']);
    expect([...mesh.pointData.keys()]).toEqual(['pressure']);
    const plan = await planRead(memoryFile(content), { attributes: ['pressure'] });
    if (typeof plan === 'string') throw new Error(plan);
    const needed = plan.stretches
      .filter(({ wanted }) => wanted)
      .reduce((sum, { start, end }) => sum + end - start, 0);
    expect(source.bytes).toBeLessThanOrEqual(1.02 * (needed + 64 * 1024));
    expect(needed).toBeLessThan(0.6 * content.byteLength);
    // Two of them ask for a little a second time.
    expect(source.requests.length).toBeLessThanOrEqual(5);
    expect(streamer.stats()).toMatchObject({ hits: 0, misses: 1, partial: { files: 1 } });
  });

  test('a second wish fetches only what it lacks, the same again nothing', async () => {
    const { source, streamer } = await stage(content);
    await read(streamer, ['pressure']);
    const first = source.bytes;
    await read(streamer, ['pressure', 'wss']);
    const second = source.bytes - first;
    expect(second).toBeGreaterThan(0);
    expect(second).toBeLessThan(first / 4);
    const { requests } = source;
    const before = requests.length;
    await read(streamer, ['wss']);
    expect(requests.length).toBe(before);
    expect(streamer.stats()).toMatchObject({ hits: 1, misses: 2 });
  });

  test('many at once fetch each part once', async () => {
    const { source, streamer, cacheDir } = await stage(content);
    const other = new DataStreamer(source, { cacheDir, maxCacheSize: 2 ** 30 });
    onTestFinished(() => other.close());
    const wishes = [['pressure'], ['pressure', 'wss'], ['velocity', 'quality']];
    const meshes = await Promise.all(
      wishes.flatMap((wish) => [streamer, other].map(async (each) => bitsOf(await read(each, wish)))),
    );
    for (const [index, wish] of wishes.entries()) {
      const expected = await fromMemory(content, wish);
      expect(meshes[2 * index]).toEqual(expected);
      expect(meshes[2 * index + 1]).toEqual(expected);
    }
    expect(source.bytes).toBeLessThanOrEqual(content.byteLength + 64 * 1024);
  }, 30_000);

  test('wishes for nearly everything make it whole, out of the parts that are here', async () => {
    const { source, streamer, cacheDir } = await stage(content);
    await read(streamer, ['pressure', 'wss']);
    const names = TWELVE_FIELDS.map(({ name }) => name);
    expect(bitsOf(await read(streamer, names))).toEqual(await fromMemory(content, names));
    expect(streamer.stats().partial.whole.nearlyWhole).toBe(1);
    expect(source.bytes).toBeLessThanOrEqual(content.byteLength + 64 * 1024);
    await streamer.close();
    await using cache = await CacheManager.open({ cacheDir });
    expect(await cache.getCacheStats()).toMatchObject({ fileCount: 1, totalSize: content.byteLength });
    expect(await cache.verify()).toMatchObject({ ok: 1, damaged: [] });
  });
});

describe('whole files', () => {
  test.each(['inline', 'ascii'] as const)('are what is fetched of %s data', async (encoding) => {
    const content = await resultFile(resultMesh(3000, TWELVE_FIELDS), { encoding });
    const { source, streamer } = await stage(content);
    expect(bitsOf(await read(streamer, ['wss']))).toEqual(await fromMemory(content, ['wss']));
    expect(streamer.stats().partial).toMatchObject({ files: 0, whole: { inline: 1 } });
    expect(source.bytes).toBe(content.byteLength);
  });

  test('are used where they are here', async () => {
    const { source, streamer } = await stage(raw);
    await streamer.getFile(PATH);
    await read(streamer, ['wss']);
    expect(source.requests).toHaveLength(1);
  });

  test('come as they did where they are small', async () => {
    const content = await resultFile(resultMesh(300, TWELVE_FIELDS));
    const { source, streamer } = await stage(content);
    await read(streamer, ['wss'], 'auto');
    expect(source.requests).toEqual([{ path: PATH, start: 0, end: content.byteLength }]);
  });
});

describe('a source', () => {
  test('that gives no parts is asked for whole files from then on', async () => {
    const { source, streamer } = await stage(raw);
    source.ranges = false;
    expect(bitsOf(await read(streamer, ['wss']))).toEqual(await fromMemory(raw, ['wss']));
    expect(streamer.stats().partial.whole.noRanges).toBe(1);
    await streamer.cleanup('all');
    await read(streamer, ['wss']);
    expect(source.requests.slice(-1)).toEqual([{ path: PATH, start: 0, end: raw.byteLength }]);
  });

  test('that stops giving parts in the middle is read whole', async () => {
    const { source, streamer } = await stage(raw);
    source.onOpen = ({ start }) => {
      if (start > 0) source.ranges = false;
    };
    expect(bitsOf(await read(streamer, ['wss']))).toEqual(await fromMemory(raw, ['wss']));
    expect(streamer.stats().partial.whole.noRanges).toBe(1);
  });

  test('that changes the file in the middle gives the new one', async () => {
    const { source, streamer } = await stage(raw);
    const changed = await resultFile(resultMesh(20_000, TWELVE_FIELDS, 7));
    source.onOpen = ({ start }) => {
      if (start > 0) source.put(PATH, changed, '2');
    };
    expect(bitsOf(await read(streamer, ['wss']))).toEqual(await fromMemory(changed, ['wss']));
  });

  test('that breaks again and again ends in its error, and what came is kept', async () => {
    const { source, streamer } = await stage(raw);
    source.onOpen = ({ start }) => {
      if (start > 64 * 1024) throw new NetworkError('no route');
    };
    expect(isVascuError(await failureOf(read(streamer, ['wss'])), 'NETWORK')).toBe(true);
    source.onOpen = undefined;
    const before = source.bytes;
    await read(streamer, ['wss']);
    expect(source.requests.filter(({ start }) => start === 0)).toHaveLength(1);
    expect(before).toBeLessThanOrEqual(65 * 1024);
  });

  const lies: readonly (readonly [string, MemorySource['forge']])[] = [
    ['those of the beginning', (bytes) => raw.slice(0, bytes.byteLength)],
    ['those a little before', (_, { start, end }) => raw.slice(start && start - 8, start ? end - 8 : end)],
    [
      'those at a multiple of 2¹⁸ before',
      (_, { start, end }) => raw.slice(start % 2 ** 18, (start % 2 ** 18) + end - start),
    ],
    ['by chance', (bytes) => Uint8Array.from(bytes, (byte) => (Math.random() < 0.01 ? byte ^ 1 : byte))],
  ];
  test.each(lies)('that sends other bytes than asked for is read whole: %s', async (_, forge) => {
    const { source, streamer } = await stage(raw);
    source.forge = forge;
    const outcome = await read(streamer, ['wss']).catch((error: unknown) => error);
    if (isVascuError(outcome)) expect(outcome.code).toBe('FORMAT');
    else {
      expect(bitsOf(outcome as Mesh)).toEqual(await fromMemory(raw, ['wss']));
      expect(streamer.stats().partial.whole.noRanges).toBe(1);
    }
  });

  test('that sends a byte more than asked for is read whole', async () => {
    const { source, streamer } = await stage(raw, { tries: 2 });
    source.forge = (bytes) => Uint8Array.from({ length: bytes.byteLength + 1 }, (_, at) => bytes[at] ?? 0);
    expect(bitsOf(await read(streamer, ['wss']))).toEqual(await fromMemory(raw, ['wss']));
  });

  test('that sends a byte less than asked for ends in a typed error', async () => {
    const { source, streamer } = await stage(raw, { tries: 2 });
    source.forge = (bytes) => bytes.slice(0, -1);
    expect(isVascuError(await failureOf(read(streamer, ['wss'])), 'NETWORK')).toBe(true);
  });
});

test('a header longer than the first request is fetched in steps', async () => {
  const fields = Array.from({ length: 600 }, (_, index) => ({
    name: `field number ${index} with a long name`,
    over: 'points' as const,
    components: 1,
    Type: Float32Array,
  }));
  const content = await resultFile(resultMesh(1000, fields));
  const { source, streamer } = await stage(content);
  const wish = ['field number 599 with a long name'];
  expect(bitsOf(await read(streamer, wish))).toEqual(await fromMemory(content, wish));
  expect(source.requests.slice(0, 2).map(({ start, end }) => [start, end])).toEqual([
    [0, 64 * 1024],
    [64 * 1024, 256 * 1024],
  ]);
  expect(source.bytes).toBeLessThan(content.byteLength / 3);
});

test('pieces of a parallel file are read in parts, each of them', async () => {
  const { source, streamer } = await stage(raw);
  const index =
    '<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid><PPointData><PDataArray type="Float32" Name="wss"/></PPointData><PPoints><PDataArray type="Float32" NumberOfComponents="3"/></PPoints><Piece Source="case.vtu"/><Piece Source="case.vtu"/></PUnstructuredGrid></VTKFile>';
  source.put('all.pvtu', new TextEncoder().encode(index));
  const mesh = await readMeshFrom(streamer, 'all.pvtu', { attributes: ['wss'], mode: 'partial' });
  expect(mesh.points.shape).toEqual([40_000, 3]);
  expect([...mesh.pointData.keys()]).toEqual(['wss']);
  expect(source.bytes).toBeLessThan(0.7 * raw.byteLength);
});

test('a mesh is read from a streamer as it is from a file, in every mode', async () => {
  for (const mode of ['auto', 'whole', 'partial'] as const) {
    const { streamer } = await stage(zlib);
    const mesh = await readMeshFrom(streamer, PATH, { attributes: ['wss'], mode });
    expect(bitsOf(mesh)).toEqual(await fromMemory(zlib, ['wss']));
    const all = await readMeshFrom(streamer, PATH, { mode });
    expect(all.pointData.size + all.cellData.size).toBe(12);
  }
});

test('what was not fetched is an error, never zeros', async () => {
  const { streamer } = await stage(raw);
  const plan: ReadPlanner = (file, signal) => planRead(file, { attributes: ['wss'], signal });
  using held = await streamer.openParts(PATH, { plan, mode: 'partial' });
  const files = new FileGroup(PATH, () => undefined);
  onTestFinished(() => files.close());
  const file = await files.open(held.place);
  const error = await failureOf(vtkXmlReader.read(file, { path: PATH, attributes: ['pressure'] }));
  expect(isVascuError(error, 'CACHE')).toBe(true);
  expect(String(error)).toContain('case.vtu');
});

test('parts are let go and removed as files are', async () => {
  const { streamer, cacheDir } = await stage(raw);
  const plan: ReadPlanner = (file, signal) => planRead(file, { attributes: ['wss'], signal });
  const held = await streamer.openParts(PATH, { plan, mode: 'partial' });
  held.release({ remove: true });
  await streamer.close();
  await using cache = await CacheManager.open({ cacheDir });
  expect(await cache.getCacheStats()).toMatchObject({ totalSize: 0, fileCount: 0 });
});

test('a mesh whose parts cannot be read has them fetched once more, and none left where that is in vain', async () => {
  const { source, streamer, cacheDir } = await stage(zlib);
  let lies = 1;
  source.forge = (bytes) => {
    // The data, not the head, and not what is asked for to compare.
    if (bytes.byteLength <= 64 * 1024 || lies-- <= 0) return bytes;
    return bytes.map((byte, at) => (at > 4096 && at < bytes.byteLength - 4096 ? 0xa5 : byte));
  };
  const probing = Math.random;
  onTestFinished(() => {
    Math.random = probing;
  });
  Math.random = () => 0;
  const mesh = await readMeshFrom(streamer, PATH, { attributes: ['wss'], mode: 'partial' });
  expect(bitsOf(mesh)).toEqual(await fromMemory(zlib, ['wss']));
  await streamer.cleanup('all');
  lies = Number.POSITIVE_INFINITY;
  const error = await failureOf(readMeshFrom(streamer, PATH, { attributes: ['wss'], mode: 'partial' }));
  expect(isVascuError(error, 'FORMAT')).toBe(true);
  await streamer.close();
  await using cache = await CacheManager.open({ cacheDir });
  expect((await cache.getCacheStats()).fileCount).toBe(0);
});

describe('files of the same size', () => {
  const wish = (...attributes: readonly string[]) =>
    ({
      plan: (file: Parameters<ReadPlanner>[0]) => planRead(file, { attributes }),
      mode: 'partial',
      wish: attributes.join(),
    }) as const;

  test('are fetched in one round trip after the first, and are what they are', async () => {
    const { source, streamer } = await stage(raw);
    const next = await resultFile(resultMesh(20_000, TWELVE_FIELDS, 3));
    source.put('next.vtu', next);
    (await streamer.openParts(PATH, wish('wss'))).release();
    source.requests.length = 0;
    let open = 0;
    let most = 0;
    source.onOpen = async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open--;
    };
    using held = await streamer.openParts('next.vtu', wish('wss'));
    expect(most).toBeGreaterThanOrEqual(3);
    const files = new FileGroup(PATH, () => undefined);
    onTestFinished(() => files.close());
    const mesh = await vtkXmlReader.read(await files.open(held.place), { attributes: ['wss'] });
    expect(bitsOf(mesh)).toEqual(await fromMemory(next, ['wss']));
  });

  test('that lie otherwise are read right, and what was fetched for nothing is removed', async () => {
    const turned = await resultFile(resultMesh(20_000, TWELVE_FIELDS.toReversed(), 3));
    const padded = new Uint8Array(turned.byteLength).fill(0x0a);
    padded.set(raw);
    const { source, streamer, cacheDir } = await stage(padded);
    source.put('next.vtu', turned);
    (await streamer.openParts(PATH, wish('density', 'quality'))).release({ remove: true });
    using held = await streamer.openParts('next.vtu', wish('density', 'quality'));
    const files = new FileGroup(PATH, () => undefined);
    onTestFinished(() => files.close());
    const mesh = await vtkXmlReader.read(await files.open(held.place), {
      attributes: ['density', 'quality'],
    });
    expect(bitsOf(mesh)).toEqual(await fromMemory(turned, ['density', 'quality']));
    await using cache = await CacheManager.open({ cacheDir });
    const { totalSize } = await cache.getCacheStats();
    expect(totalSize).toBe(held.bytes);
  });
});

describe('what is here of a file', () => {
  test('is all of it where the wanted parts are', async () => {
    const { source, streamer } = await stage(raw);
    const entry = await source.stat(PATH);
    const request = (attributes: readonly string[]) => ({
      plan: (file: Parameters<ReadPlanner>[0]) => planRead(file, { attributes }),
    });
    expect(await streamer.isHere(entry, request(['wss']))).toBe(false);
    await read(streamer, ['wss', 'osi']);
    const { length } = source.requests;
    expect(await streamer.isHere(entry, request(['wss']))).toBe(true);
    expect(await streamer.isHere(entry, request(['wss', 'pressure']))).toBe(false);
    expect(await streamer.isHere(entry)).toBe(false);
    expect(await streamer.isHere({ ...entry, version: '2' }, request(['wss']))).toBe(false);
    expect(source.requests).toHaveLength(length);
  });

  test('goes in the order in which it is not needed', async () => {
    const { source, streamer } = await stage(raw, { maxCacheSize: Math.ceil(1.3 * raw.byteLength) });
    for (const path of ['b.vtu', 'c.vtu']) source.put(path, raw);
    const request = {
      plan: (file: Parameters<ReadPlanner>[0]) => planRead(file, { attributes: ['wss'] }),
      mode: 'partial',
    } as const;
    const open = async (path: string): Promise<void> => (await streamer.openParts(path, request)).release();
    const isHere = async (path: string): Promise<boolean> =>
      streamer.isHere(await source.stat(path), request);
    await open(PATH);
    await open('b.vtu');
    const victim = await source.stat('b.vtu');
    using _advising = streamer.advise({
      order: () => [victim],
      distance: () => 1,
      gone: () => undefined,
      waiting: () => undefined,
    });
    await open('c.vtu');
    expect(await isHere(PATH)).toBe(true);
    expect(await isHere('b.vtu')).toBe(false);
    expect(await isHere('c.vtu')).toBe(true);
  });
});
