/* Gets one file through several streamers at once: getters.ts URL CACHE_DIR PATH COUNT. Prints the digests. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';

const [url = '', cacheDir = '', path = '', count] = process.argv.slice(2);
const streamers = [0, 1].map(
  () => new DataStreamer(new HttpSource({ url }), { cacheDir, maxCacheSize: 1e9 }),
);
const digests = await Promise.all(
  Array.from({ length: Number(count) }, async (_, getter) => {
    using file = await (streamers[getter % 2] as DataStreamer).openFile(path);
    return createHash('sha256').update(readFileSync(file.path)).digest('hex');
  }),
);
await Promise.all(streamers.map((streamer) => streamer.close()));
process.stdout.write(JSON.stringify(digests));
