import { expect, onTestFinished, test, vi } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import type { HeldEntry } from '../../src/cache/held-entry.ts';
import { CacheAccess } from '../../src/download/cache-access.ts';
import { Fetcher } from '../../src/download/fetcher.ts';
import { WholeFiles } from '../../src/download/whole-files.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

test('a file that comes when nobody waits for it any more is let go of before the end', async () => {
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 2 ** 20 });
  onTestFinished(() => cache.close());
  const source = new MemorySource();
  source.put('a.vtu', new Uint8Array(8));
  const files = new WholeFiles(new Fetcher(source, new CacheAccess({ cache }), {}), {
    open: async () => undefined,
    replace: async () => undefined,
  });
  const held = await cache.put({ source: 'elsewhere', path: 'a.vtu', version: '1' }, new Uint8Array(8));
  const release = vi.spyOn(held, 'release');
  const left = new Error('not needed any more');
  const stop = new AbortController();
  // As a file that another process has brought at the moment when the only one who waits leaves.
  vi.spyOn(cache, 'acquire').mockImplementation(async (): Promise<HeldEntry> => {
    stop.abort(left);
    return held;
  });
  expect(await failureOf(files.fetch(await source.stat('a.vtu'), {}, stop.signal))).toBe(left);
  await files.ended();
  expect(release).toHaveBeenCalledTimes(1);
});
