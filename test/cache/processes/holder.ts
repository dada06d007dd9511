/*
 * Fetches a file very slowly: holder.ts CACHE_DIR MAX_SIZE PATH SIZE. It writes half of it, says so, and writes the rest on
 * `finish` on its standard input, or gives up on `abandon`.
 */
import { CacheManager } from '../../../src/cache/cache-manager.ts';
import { contentOf, keyOf } from '../cached-files.ts';

const [cacheDir = '', maxSize, path = '', size] = process.argv.slice(2);
const cache = await CacheManager.open({ cacheDir, maxSize: Number(maxSize) });
const room = await cache.acquire(keyOf(path), { size: Number(size) });
if (!('write' in room)) throw new Error('it was there');
const content = contentOf(path, Number(size));
const half = content.byteLength >> 1;
await room.write(content.slice(0, half));
process.stdout.write('half\n');
for await (const order of process.stdin) {
  if (String(order).trim() === 'abandon') await room.abandon({ keep: true });
  else {
    await room.write(content.slice(half));
    (await room.publish()).release();
  }
  break;
}
await cache.close();
process.exit(0);
