import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { CacheAccess } from '../../src/download/cache-access.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { contentOf, keyOf } from '../cache/cached-files.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Full cache whose only file is held, and how often room was asked for. */
async function openFull(): Promise<{ readonly cache: CacheManager; readonly asked: () => number }> {
  const cache = await CacheManager.open({
    cacheDir: await makeFolder(),
    maxSize: 100,
    roomTimeoutMs: 3_600_000,
  });
  onTestFinished(() => cache.close());
  await cache.put(keyOf('a.bin'), contentOf('a.bin', 90));
  let asked = 0;
  cache.advise({
    order: () => [],
    distance: () => undefined,
    gone: () => undefined,
    waiting: () => void asked++,
  });
  return { cache, asked: () => asked };
}

test('what need not be kept waits for no room, and asks nobody for it', async () => {
  const { cache, asked } = await openFull();
  const keeper = await new CacheAccess({ cache }).keeper('http://x');
  await keeper.keep('a.zip#directory', '1', new Uint8Array(50));
  expect(await keeper.recall('a.zip#directory', '1')).toBeUndefined();
  const streamer = new DataStreamer(new MemorySource(), { cache });
  onTestFinished(() => streamer.close());
  await streamer.keep('a.vtu#decoded', '1', new Uint8Array(50));
  expect(await streamer.openKept('a.vtu#decoded', '1')).toBeUndefined();
  expect(asked()).toBe(0);
});

test('what need not be kept takes the room of what nobody holds', async () => {
  const { cache } = await openFull();
  (await cache.hold(keyOf('a.bin')))?.release();
  await cache.close();
  const again = await CacheManager.open({ cacheDir: cache.cacheDir, maxSize: 100 });
  onTestFinished(() => again.close());
  const keeper = await new CacheAccess({ cache: again }).keeper('http://x');
  await keeper.keep('a.zip#directory', '1', new Uint8Array(50));
  expect(await keeper.recall('a.zip#directory', '1')).toEqual(new Uint8Array(50));
});
