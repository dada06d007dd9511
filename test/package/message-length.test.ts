import { describe, expect, test } from 'vitest';
import * as vascusim from '../../src/index.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeGraph } from '../loader/graphs.ts';
import { makeFolder } from '../temporary-folder.ts';

/** What somebody gives by mistake: a text of a megabyte, the bytes of a file, a large list. */
const VALUES: readonly (readonly [string, unknown])[] = [
  ['a long text', 'x'.repeat(1_000_000)],
  ['bytes', new Uint8Array(1_000_000).fill(7)],
  ['a long list', Array.from({ length: 100_000 }, (_, at) => at)],
];

/** Most characters of a message, whatever was given. */
const MAX_CHARACTERS = 500;
/** Calls whose messages list the names of all options, and what these may take. */
const MAX_CHARACTERS_WITH_NAMES: Readonly<Record<string, number>> = { 'dataset unknown option': 1000 };
/** Run of one of the values that is longer than what a message shows of a text, or of a path where one was given. */
const RUN_OF_VALUE = /x{81}|(?:\d+,){41}/;
const RUN_OF_PATH = /x{301}|(?:\d+,){151}/;
const PATHS = [
  'readMesh file',
  'readMeshHeader file',
  'openStreamer sourceUrl',
  'LocalStreamer sourceUrl',
  'LocalStreamer path',
];

const open = vascusim.StreamingVascuDataset.open;
const dataset = vascusim.arrayDataset([makeGraph('a')]);
const loader = (options: object): unknown => new vascusim.DataLoader(dataset, options);

/** Calls that refuse a value of some option, by door and option. */
const CALLS: Readonly<Record<string, (value: never, folder: string) => unknown>> = {
  'readMesh file': (value) => vascusim.readMesh(value),
  'readMeshHeader file': (value) => vascusim.readMeshHeader(value),
  compileFilter: (value) => vascusim.compileFilter(value),
  'compileFilter function': (value) => vascusim.compileFilter(`${String(value).slice(0, 7000)}(1)`),
  'dataset mode': (mode, sourceUrl) => open({ sourceUrl, mode }),
  'dataset streamingType': (streamingType, sourceUrl) => open({ sourceUrl, streamingType }),
  'dataset sharedMesh': (sharedMesh, sourceUrl) => open({ sourceUrl, sharedMesh }),
  'dataset sourceDir': (value, sourceUrl) => open({ sourceUrl, sourceDir: `../${String(value)}` }),
  'dataset prefetchSize': (prefetchSize, sourceUrl) => open({ sourceUrl, prefetchSize }),
  'dataset transform': (transform, sourceUrl) => open({ sourceUrl, transform }),
  'dataset unknown option': (value, sourceUrl) => open({ sourceUrl, [String(value)]: 1 } as never),
  'dataset includeAttributes': async (value, sourceUrl) => {
    await using opened = await open({ sourceUrl, includeAttributes: [String(value)] });
    return opened.get(0);
  },
  'loader batchSize': (batchSize) => loader({ batchSize }),
  'loader shuffle': (shuffle) => loader({ shuffle }),
  'loader arrays': (arrays) => loader({ arrays }),
  'loader onError': (onError) => loader({ onError }),
  'loader seed': (seed) => loader({ seed }),
  'loader sampler': (value) =>
    loader({ sampler: () => [value] as never }) &&
    (loader({ sampler: () => [value] }) as vascusim.DataLoader).length,
  'loader unknown option': (value) => loader({ [String(value)]: 1 }),
  'World size': (size) => new vascusim.World({ rank: 0, size }),
  'openStreamer sourceUrl': (sourceUrl) => vascusim.openStreamer({ sourceUrl }).streamer.listFiles(),
  'LocalStreamer sourceUrl': (sourceUrl) => new vascusim.LocalStreamer({ sourceUrl }).listFiles(),
  'LocalStreamer path': (path, sourceUrl) => new vascusim.LocalStreamer({ sourceUrl }).openFile(path),
  'NASStreamer accessMode': (accessMode) => new vascusim.NASStreamer({ host: 'nas', accessMode } as never),
  'HttpSource url': (value) => new vascusim.HttpSource({ url: `ftp://${String(value)}` }),
  'HuggingFaceSource repoId': (repoId) => new vascusim.HuggingFaceSource({ repoId }),
  'HuggingFaceSource endpoint': (endpoint) => new vascusim.HuggingFaceSource({ repoId: 'a/b', endpoint }),
  'SmbSource host': (host) => new vascusim.SmbSource({ host, share: 'data' }),
  'SmbSource share': (value) => new vascusim.SmbSource({ host: 'nas', share: `${String(value)}/x` }),
  'CacheManager maxSize': (maxSize) => vascusim.CacheManager.open({ maxSize } as never),
  'toFeeds inputs': (value) =>
    vascusim.Batch.fromDataList([makeGraph('a')]).toFeeds({ inputs: [String(value)] }),
  'meshToGraph attributes': async (value, folder) =>
    vascusim.meshToGraph(await vascusim.readMesh(`${folder}/a.vtu`), { attributes: [String(value)] }),
};

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  test.each(VALUES)('is refused in a short message: %s', async (_kind, value) => {
    const folder = await makeFolder({ 'a.vtu': smallVtu() });
    const error = await new Promise((resolve) => resolve(call(value as never, folder))).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Error);
    const { message } = error as Error;
    expect(message.length).toBeLessThanOrEqual(MAX_CHARACTERS_WITH_NAMES[name] ?? MAX_CHARACTERS);
    expect(message).not.toMatch(PATHS.includes(name) ? RUN_OF_PATH : RUN_OF_VALUE);
  });
});

test('a message that is too long keeps its beginning and its end', () => {
  const error = new vascusim.ConfigError('x', `The option x is ${'y'.repeat(10_000)}: give another one.`);
  expect(error.message).toMatch(/^The option x is y+…y+: give another one\.$/);
  expect(error.message).toHaveLength(2000);
});
