import { expect, onTestFinished, test } from 'vitest';
import type { HeldParts } from '../../src/core/held-file.ts';
import type { FileEntry } from '../../src/core/source.ts';
import { Demand } from '../../src/dataset/demand.ts';
import { Prefetcher } from '../../src/dataset/prefetcher.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { makeFolder } from '../temporary-folder.ts';

const SIZE = 1_000_000;

async function openedAhead(share: number, maxBytes: number): Promise<number> {
  const streamer = new DataStreamer(new MemorySource(), {
    cacheDir: await makeFolder(),
    maxCacheSize: 2 ** 30,
  });
  onTestFinished(() => streamer.close());
  const opened: string[] = [];
  const open = ({ path, size }: FileEntry): Promise<HeldParts> => {
    opened.push(path);
    const release = (): void => undefined;
    return Promise.resolve({ place: path, bytes: size * share, release, [Symbol.dispose]: release });
  };
  const prefetcher = new Prefetcher(
    {
      streamer,
      filesOf: (index) => [{ path: `${index}.vtu`, size: SIZE, version: '1' }],
      open,
      gather: (_entries, _signal, action) => action(),
      isHere: () => Promise.resolve(false),
      isDecoded: () => Promise.resolve(false),
      demand: new Demand(),
      length: 100,
      maxSamples: 50,
      signal: new AbortController().signal,
    },
    { order: Array.from({ length: 100 }, (_, index) => index), concurrency: 1, maxBytes },
  );
  onTestFinished(() => prefetcher.close());
  for (let quiet = 0, before = -1; quiet < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    quiet = opened.length === before ? quiet + 1 : 0;
    before = opened.length;
  }
  return opened.length;
}

test('as many bytes are fetched ahead as prefetchBytes says, of files that come whole', async () => {
  expect(await openedAhead(1, 5 * SIZE)).toBe(5);
});

test('of files that come in parts the bytes of the parts count', async () => {
  expect(await openedAhead(0.2, 5 * SIZE)).toBe(25);
});
