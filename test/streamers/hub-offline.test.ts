import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import {
  HuggingFaceStreamer,
  type HuggingFaceStreamerOptions,
} from '../../src/streamers/hugging-face-streamer.ts';
import { startHub } from '../servers/start-hub.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FILES = {
  'cases/a.vtu': 'one',
  'cases/a.json': '{"age": 60}',
  'cases/b.vtu': 'two',
  'cases/deep/c.vtu': 'three',
  'other/d.vtu': 'four',
  'README.md': '#',
};

type Use = (streamer: HuggingFaceStreamer) => Promise<unknown>;

/** A Hub that is used once online; what a later run without it gives. */
async function stage() {
  const hub = await startHub();
  const repository = hub.add('user/cases', FILES);
  const cacheDir = await makeFolder();
  const open = (options: Partial<HuggingFaceStreamerOptions> = {}): HuggingFaceStreamer => {
    const place = { repoId: 'user/cases', endpoint: hub.url, environment: {}, hubCacheDir: false } as const;
    const streamer = new HuggingFaceStreamer({ ...place, cacheDir, maxCacheSize: 1_000_000, ...options });
    onTestFinished(() => streamer.close());
    return streamer;
  };
  const online = async (...uses: readonly Use[]): Promise<void> => {
    const streamer = open();
    for (const use of uses) await use(streamer);
    await streamer.close();
  };
  return { hub, repository, cacheDir, open, online };
}

const get =
  (path: string): Use =>
  async (streamer) =>
    readFileSync(await streamer.getFile(path), 'utf8');

const USES: readonly (readonly [what: string, use: Use, result: unknown])[] = [
  ['getFile', get('cases/a.vtu'), 'one'],
  ['getMetadata with a sidecar', (hub) => hub.getMetadata('cases/a.vtu'), { age: 60 }],
  ['getMetadata without one', (hub) => hub.getMetadata('cases/b.vtu'), {}],
  ['readWhole', async (hub) => Buffer.from(await hub.readWhole('README.md')).toString(), '#'],
  [
    'openFile',
    async (hub) => {
      using held = await hub.openFile('cases/deep/c.vtu');
      return readFileSync(held.path, 'utf8');
    },
    'three',
  ],
  [
    'listFiles of a folder',
    async (hub) => (await hub.listFiles({ prefix: 'cases/' })).map(({ path }) => path),
    ['cases/a.json', 'cases/a.vtu', 'cases/b.vtu', 'cases/deep/c.vtu'],
  ],
  ['listFiles of all', async (hub) => (await hub.listFiles()).length, 6],
  ['stat', async (hub) => (await hub.source.stat('other/d.vtu')).size, 4],
];

describe('what a run had is there without a network', () => {
  test.each(USES.filter(([what]) => what !== 'stat'))('%s with HF_HUB_OFFLINE', async (_, use, result) => {
    const { hub, open, online } = await stage();
    await online(use);
    const before = hub.requests.length;
    expect(await use(open({ environment: { HF_HUB_OFFLINE: '1' } }))).toEqual(result);
    expect(hub.requests.length).toBe(before);
  });

  test('all of it together, when the server is gone', async () => {
    const { hub, open, online } = await stage();
    await online(...USES.map(([, use]) => use));
    await hub.close();
    const streamer = open();
    const found: unknown[] = [];
    for (const [, use] of USES) found.push(await use(streamer));
    expect(found).toEqual(USES.map(([, , result]) => result));
  }, 30_000);

  test('with a commit for the revision, when the server is gone', async () => {
    const { hub, repository, open } = await stage();
    const revision = repository.commit({ 'cases/e.vtu': 'five' });
    const first = open({ revision });
    await get('cases/a.vtu')(first);
    await first.close();
    await hub.close();
    expect(await get('cases/a.vtu')(open({ revision }))).toBe('one');
  }, 30_000);

  test('of several runs, each of which had something else', async () => {
    const { open, online } = await stage();
    for (const path of ['cases/a.vtu', 'other/d.vtu', 'README.md']) await online(get(path));
    const offline = open({ offline: true });
    expect(await get('cases/a.vtu')(offline)).toBe('one');
    expect(await get('other/d.vtu')(offline)).toBe('four');
    expect((await offline.listFiles()).map(({ path }) => path)).toEqual([
      'README.md',
      'cases/a.vtu',
      'other/d.vtu',
    ]);
  });

  test('of a run that was not closed', async () => {
    const { open } = await stage();
    await get('cases/a.vtu')(open());
    expect(await get('cases/a.vtu')(open({ offline: true }))).toBe('one');
  });

  test('of a run that had many files', async () => {
    const { hub, repository, open, online } = await stage();
    const many = Array.from({ length: 40 }, (_, at) => `many/${at}/x.vtu`);
    repository.commit(Object.fromEntries(many.map((path) => [path, path])));
    await online(...many.map(get));
    const before = hub.requests.length;
    const offline = open({ offline: true });
    for (const path of many) expect(await get(path)(offline)).toBe(path);
    expect(hub.requests.length).toBe(before);
  });

  test('and a listing that was damaged is kept anew, in its place', async () => {
    const { hub, online, cacheDir } = await stage();
    const list: Use = (streamer) => streamer.listFiles();
    await online(list);
    const kept = readdirSync(join(cacheDir, 'objects'), { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name));
    expect(kept).toHaveLength(1);
    const [path = ''] = kept;
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('other/d.vtu', 'other/e.vtu'));
    const files: unknown[] = [];
    await online(async (streamer) => files.push(...(await streamer.listFiles()).map((file) => file.path)));
    expect(files).toEqual(Object.keys(FILES).sort());
    expect(readFileSync(path, 'utf8')).toBe(text);
    const before = hub.requests.length;
    await online(list);
    expect(hub.requests.length - before).toBe(1);
  });

  test('also the dataset of a folder', async () => {
    const { hub, open } = await stage();
    const cacheDir = await makeFolder();
    const options = {
      sourceUrl: 'hf://datasets/user/cases/cases',
      endpoint: hub.url,
      hubCacheDir: false,
      cacheDir,
      environment: {},
    } as const;
    const online = await StreamingVascuDataset.open(options);
    const ids = online.samples.map(({ id }) => id);
    await online.close();
    const offline = await StreamingVascuDataset.open({ ...options, offline: true });
    onTestFinished(() => offline.close());
    expect(offline.samples.map(({ id }) => id)).toEqual(ids);
    await open().close();
  });
});

describe('what no run had', () => {
  test('is an error that names it', async () => {
    const { open, online } = await stage();
    await online(get('cases/a.vtu'));
    const error = await failureOf(open({ offline: true }).getFile('other/d.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.message).toMatch(/"other\/d\.vtu".*not downloaded before/);
  });

  test('of which it is known that there is none is NOT_FOUND', async () => {
    const { open, online } = await stage();
    await online((hub) => hub.getMetadata('cases/b.vtu'));
    const error = await failureOf(open({ offline: true }).getFile('cases/b.json'));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
  });

  test('a revision is not read as another one', async () => {
    const { repository, open, online } = await stage();
    repository.commit({ 'cases/a.vtu': 'of v1' }, 'v1');
    await online(get('cases/a.vtu'));
    const error = await failureOf(open({ offline: true, revision: 'v1' }).getFile('cases/a.vtu'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
  });
});

describe('a branch that has moved', () => {
  test('a file of the new commit does not cost the listing of the dataset', async () => {
    const { repository, open, online } = await stage();
    await online((hub) => hub.listFiles());
    repository.commit({ 'cases/a.vtu': 'changed' });
    await online(get('cases/a.vtu'));
    const offline = open({ offline: true });
    expect(await offline.listFiles()).toHaveLength(6);
    expect(await get('cases/a.vtu')(offline)).toBe('changed');
  });
});

describe('online', () => {
  test('what was learnt before is not asked for again', async () => {
    const { hub, open, online } = await stage();
    await online(get('cases/a.vtu'));
    const before = hub.count('api');
    await get('cases/a.vtu')(open());
    // The revision alone.
    expect(hub.count('api') - before).toBe(1);
  });
});
