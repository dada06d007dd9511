/* Everything that changes a cache, once: scenario.ts CACHE_DIR MAX_SIZE. */
import { CacheManager } from '../../../src/cache/cache-manager.ts';
import { contentOf, keyOf, obtain } from '../cached-files.ts';

const [cacheDir = '', maxSize] = process.argv.slice(2);
const cache = await CacheManager.open({ cacheDir, maxSize: Number(maxSize) });

// So many at a time that they share changes of the index.
const many = ['m.vtu', 'n.vtu', 'o.vtu', 'p.vtu', 'q.vtu'];
for (const { entry } of await Promise.all(many.map((path) => obtain(cache, path, 200)))) entry.release();

// One after the other, until something has to go.
for (const path of ['a.vtu', 'b.vtu', 'c.vtu', 'd.vtu'])
  (await obtain(cache, path, 30_000, { chunk: 10_000 })).entry.release();

// A beginning that is made safe on the way, kept, and gone on from; it takes the place of what is there.
const size = 17 * 1024 ** 2;
const content = contentOf('large.vtu', size);
for (const end of [16 * 1024 ** 2 + 5, size]) {
  const room = await cache.acquire(keyOf('large.vtu'), { size });
  if (!('write' in room)) break;
  for (let at = room.received; at < end; at += 4 * 1024 ** 2) {
    await room.write(content.slice(at, Math.min(end, at + 4 * 1024 ** 2)));
  }
  if (end === size) (await room.publish()).release();
  else await room.abandon({ keep: true });
}

// Begun anew after wrong bytes had been made safe.
const anew = await cache.acquire(keyOf('anew.vtu'), { size });
if ('write' in anew) {
  for (let at = 0; at < size; at += 4 * 1024 ** 2)
    await anew.write(new Uint8Array(Math.min(4 * 1024 ** 2, size - at)));
  await anew.restart();
  await anew.write(contentOf('anew.vtu', size));
  (await anew.publish()).release();
}

// Removed after use, also where somebody else still held it.
const first = (await obtain(cache, 'e.vtu', 100)).entry;
const second = (await obtain(cache, 'e.vtu', 100)).entry;
first.release({ remove: true });
second.release();
await cache.getCacheStats();

// Given up, cleared while one is held.
const room = await cache.acquire(keyOf('f.vtu'), { size: 50 });
if ('write' in room) await room.abandon({ keep: false });
const held = (await obtain(cache, 'g.vtu', 100)).entry;
await cache.clearAll();
held.release();
(await obtain(cache, 'h.vtu', 100)).entry.release();
await cache.close();
