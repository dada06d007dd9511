import { expect, onTestFinished, test, vi } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { CacheAccess } from '../../src/download/cache-access.ts';
import { Fetcher } from '../../src/download/fetcher.ts';
import type * as fileAccess from '../../src/files/file-access.ts';
import { RangeStore } from '../../src/partial/range-store.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

/** Files that are open at the moment. */
const open = new Set<object>();

vi.mock('../../src/files/file-access.ts', async (original) => {
  const { openFileAccess } = await original<typeof fileAccess>();
  return {
    openFileAccess: async (path: string) => {
      const file = await openFileAccess(path);
      open.add(file);
      const close = vi.spyOn(file, 'close');
      close.mockImplementation(() => {
        open.delete(file);
        close.mockRestore();
        return file.close();
      });
      return file;
    },
  };
});

test('ranges of a file that are opened for somebody who has left are closed', async () => {
  const cache = await CacheManager.open({ cacheDir: await makeFolder(), maxSize: 2 ** 20 });
  onTestFinished(() => cache.close());
  const source = new MemorySource();
  source.put('a.vtu', new Uint8Array(2 ** 18));
  const entry = await source.stat('a.vtu');
  const store = new RangeStore(new Fetcher(source, new CacheAccess({ cache }), {}));
  for (const start of [0, 2 ** 17]) {
    const range = { start, end: start + 1000 };
    (await cache.put(store.keyOf(entry, range), new Uint8Array(1000))).release();
  }
  const assembled = await store.open(entry, new AbortController().signal);
  expect(open.size).toBe(2);
  await assembled?.[Symbol.asyncDispose]();
  expect(open.size).toBe(0);
  const left = new Error('not needed any more');
  expect(await failureOf(store.open(entry, AbortSignal.abort(left)))).toBe(left);
  expect(open.size).toBe(0);
});
