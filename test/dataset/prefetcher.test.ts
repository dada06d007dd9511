import { expect, onTestFinished, test } from 'vitest';
import { Demand } from '../../src/dataset/demand.ts';
import { Prefetcher } from '../../src/dataset/prefetcher.ts';
import { type SampleFiles, toHeldSample } from '../../src/dataset/sample-files.ts';
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
  const opened: number[] = [];
  const files: SampleFiles = {
    entries: (index) => [{ path: `${index}.vtu`, size: SIZE, version: '1' }],
    bytes: () => SIZE,
    hold: (index) => {
      opened.push(index);
      const release = (): void => undefined;
      const place = `${index}.vtu`;
      return Promise.resolve(
        toHeldSample([{ place, bytes: SIZE * share, release, [Symbol.dispose]: release }]),
      );
    },
    isCached: () => Promise.resolve(false),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const prefetcher = new Prefetcher(
    files,
    { order: Array.from({ length: 100 }, (_, index) => index), concurrency: 1, maxBytes },
    {
      streamer,
      decoded: undefined,
      demand: new Demand(),
      length: 100,
      maxSamples: 50,
      signal: new AbortController().signal,
    },
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
