import { StreamingVascuDataset } from 'vascusim/data';
import { CacheManager } from 'vascusim/io';

// For a data set larger than the disk: each cached mesh goes as soon as it has been decoded.
await using cache = await CacheManager.open({ maxSize: 2 * 1024 ** 3 });
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES_URL'] ?? 'https://example.org/cases/',
  cache,
  deleteAfterUse: true,
});

for await (const data of dataset) console.log(`${data.id}: ${data.numNodes} nodes`);
const { fileCount, totalSize } = await cache.getCacheStats();
console.log(`${fileCount} files left in the cache, ${totalSize} bytes`); // metadata; no mesh
