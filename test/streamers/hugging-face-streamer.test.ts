import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import {
  HuggingFaceStreamer,
  type HuggingFaceStreamerOptions,
} from '../../src/streamers/hugging-face-streamer.ts';
import type { Hub } from '../servers/hub.ts';
import { startHub } from '../servers/start-hub.ts';
import { downloadAsPython } from '../sources/hugging-face/python-cache.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FILES = {
  'cases/a.vtu': 'one',
  'cases/a.json': '{"age": 60}',
  'cases/deep/b.vtu': 'two',
  'README.md': '#',
};

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
  return { hub, repository, open };
}

const requestsOf = (hub: Hub): number => hub.requests.length;

describe('HuggingFaceStreamer', () => {
  test('lists by pattern, gets files and metadata', async () => {
    const { open } = await stage();
    const hub = open();
    expect((await hub.listFiles({ pattern: '*.vtu' })).map(({ path }) => path)).toEqual([
      'cases/a.vtu',
      'cases/deep/b.vtu',
    ]);
    expect(readFileSync(await hub.getFile('cases/a.vtu'), 'utf8')).toBe('one');
    expect(await hub.getMetadata('cases/a.vtu')).toEqual({ age: 60 });
  });

  test('asks for two things a file at the most, and nothing for what is cached, whatever the revision', async () => {
    const { hub, repository, open } = await stage();
    const first = open();
    await first.listFiles();
    const before = requestsOf(hub);
    await first.getFile('cases/a.vtu');
    expect(requestsOf(hub) - before).toBeLessThanOrEqual(2);
    await first.close();
    repository.commit({ 'README.md': 'changed' });
    const second = open();
    await second.listFiles();
    const then = requestsOf(hub);
    await second.getFile('cases/a.vtu');
    expect(requestsOf(hub) - then).toBe(0);
  });

  test('reads the commit that the revision was at when it was first used', async () => {
    const { repository, open } = await stage();
    const hub = open();
    await hub.listFiles();
    repository.commit({ 'cases/a.vtu': 'changed' });
    expect(readFileSync(await hub.getFile('cases/a.vtu'), 'utf8')).toBe('one');
    expect(readFileSync(await open().getFile('cases/a.vtu'), 'utf8')).toBe('changed');
  });

  test('without a network gives what was listed and fetched before, and says so', async () => {
    const { hub, open } = await stage();
    const online = open();
    await online.listFiles();
    await online.getFile('cases/a.vtu');
    await online.close();
    await hub.close();
    const warnings: unknown[] = [];
    const collect = (warning: Error & { code?: string }): number => warnings.push(warning.code);
    process.on('warning', collect);
    onTestFinished(() => {
      process.off('warning', collect);
    });
    const offline = open();
    expect(await offline.listFiles()).toHaveLength(4);
    expect(readFileSync(await offline.getFile('cases/a.vtu'), 'utf8')).toBe('one');
    await new Promise(setImmediate);
    expect(warnings).toEqual(['VASCUSIM_HUB_OFFLINE']);
  }, 30_000);

  test('with HF_HUB_OFFLINE asks nobody, and says what is missing', async () => {
    const { hub, open } = await stage();
    const online = open();
    await online.listFiles();
    await online.getFile('cases/a.vtu');
    await online.close();
    const before = requestsOf(hub);
    const offline = open({ environment: { HF_HUB_OFFLINE: '1' } });
    await offline.getFile('cases/a.vtu');
    const error = await failureOf(offline.getFile('cases/deep/b.vtu'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toMatch(/HF_HUB_OFFLINE/);
    expect(requestsOf(hub)).toBe(before);
  });

  test('reads what Python downloaded where it lies, and leaves it there', async () => {
    const { hub, repository, open } = await stage();
    const hubCacheDir = await downloadAsPython(repository, ['cases/a.vtu']);
    const streamer = open({ hubCacheDir });
    const held = await streamer.openFile('cases/a.vtu');
    expect(held.path.startsWith(hubCacheDir)).toBe(true);
    expect(hub.count('resolve')).toBe(0);
    held.release({ remove: true });
    await streamer.cleanup('all');
    expect(readFileSync(held.path, 'utf8')).toBe('one');
    expect(streamer.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  test('an unknown option is a ConfigError', () => {
    expect(() => new HuggingFaceStreamer({ repoId: 'a/b', revison: 'main' } as never)).toThrow(/revison/);
  });
});
