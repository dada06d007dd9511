import { CacheManager, DataStreamer, HttpSource } from 'vascusim/io';

// Several streamers and datasets may share one cache; so may several processes.
await using cache = await CacheManager.open({
  cacheDir: process.env['CACHE'] ?? '/path/to/cache',
  maxSize: 5 * 1024 ** 3,
});
await using streamer = new DataStreamer(
  new HttpSource({ url: process.env['CASES_URL'] ?? 'https://example.org/cases/' }),
  { cache },
);
const files = await streamer.listFiles({ pattern: '*.vtu' });
for (const { path } of files) await streamer.getFile(path);

const stats = await cache.getCacheStats();
console.log(`${stats.fileCount} files, ${stats.totalSize} bytes`);
console.log(`${stats.usagePercent.toFixed(2)} % of ${stats.maxSize} bytes`);
for (const { source, files: count } of await cache.listSources()) {
  console.log(`${source}: ${count} files`);
}

// Reads every file again and compares its SHA-256.
const report = await cache.verify({ repair: true });
console.log(`${report.ok} files as they were, ${report.damaged.length} damaged and removed`);

await cache.cleanup(); // least recently used first, down to the limit
await cache.clearAll();
console.log(`${(await cache.getCacheStats()).fileCount} files after clearAll`);
