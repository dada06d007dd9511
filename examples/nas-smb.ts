import { StreamingVascuDataset } from 'vascusim/data';

// Samples of any server that speaks SMB 2 or 3: some of them, and of these two arrays.
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['NAS_HOST'] ?? '192.168.1.100',
  streamingType: 'nas',
  accessMode: 'smb',
  sourceDir: 'sims/aorta',
  username: process.env['NAS_USERNAME'] ?? 'alice',
  password: () => process.env['NAS_PASSWORD'] ?? '',
  port: Number(process.env['NAS_PORT'] ?? 445),
  maxCacheSize: 10 * 1024 ** 3,
  prefetchSize: 10,
  filterFn: (metadata) => Number(metadata['patient_age'] ?? 0) > 50,
  includeAttributes: ['pressure', 'velocity'],
  normalize: true,
});

for await (const data of dataset) {
  const { pressure, velocity } = data.node;
  console.log(`${data.id}: pressure [${pressure?.shape}], velocity [${velocity?.shape}]`);
}
const { hits, misses, bytesDownloaded } = dataset.stats();
console.log(`${hits} files from the cache, ${misses} fetched, ${bytesDownloaded} bytes`);
