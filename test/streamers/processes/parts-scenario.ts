/* Everything that is done with parts of files in a cache, once: parts-scenario.ts CACHE_DIR MAX_SIZE. */
import type { FileEntry } from '../../../src/core/source.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { planRead } from '../../formats/vtk-xml-reader.ts';
import { MemorySource } from '../memory-source.ts';
import { partsContent, TWELVE_FIELDS } from '../result-file.ts';

const [cacheDir = '', maxSize] = process.argv.slice(2);
const source = new MemorySource();
for (const path of ['a.vtu', 'b.vtu', 'c.vtu']) source.put(path, await partsContent(path));
const streamer = new DataStreamer(source, { cacheDir, maxCacheSize: Number(maxSize), retryDelayMs: 1 });

async function wish(
  path: string,
  attributes: readonly string[],
  remove = false,
  signal?: AbortSignal,
  sameMeshAs?: FileEntry,
): Promise<void> {
  const plan = (file: Parameters<typeof planRead>[0]) => planRead(file, { path, attributes });
  const wishes = { plan, mode: 'partial', wish: JSON.stringify(attributes), sameMeshAs, signal } as const;
  (await streamer.openParts(path, wishes)).release({ remove });
}

await wish('a.vtu', ['pressure']);
await wish('a.vtu', ['pressure', 'wss', 'quality']);
// Given up in the middle, gone on from.
const stop = new AbortController();
source.onOpen = ({ start }) => {
  if (start > 64 * 1024) stop.abort(new Error('not needed any more'));
};
await wish('a.vtu', ['vorticity', 'region'], false, stop.signal).catch(() => undefined);
source.onOpen = undefined;
// Made whole, out of parts that make room for it.
await wish(
  'a.vtu',
  TWELVE_FIELDS.map(({ name }) => name),
);
// Parts that take its place, and go after use.
await wish('b.vtu', ['pressure']);
await wish('b.vtu', ['osi'], true);
await wish('b.vtu', ['wss']);
// The mesh of one is that of another.
const owner = await source.stat('a.vtu');
await wish('c.vtu', ['pressure'], false, undefined, owner);
await wish('c.vtu', ['osi'], true, undefined, owner);
await streamer.cleanup('lru');
await streamer.close();
