import { StreamingVascuDataset } from 'vascusim/data';

// Samples of a Synology NAS, by its web API (File Station).
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['NAS_HOST'] ?? '192.168.1.100',
  streamingType: 'nas',
  accessMode: 'api',
  sourceDir: 'simulations/aorta', // share and folder
  username: process.env['NAS_USERNAME'] ?? 'alice',
  password: () => process.env['NAS_PASSWORD'] ?? '',
  port: Number(process.env['NAS_PORT'] ?? 5001),
  secure: true,
  maxCacheSize: 5 * 1024 ** 3,
});

console.log(`${dataset.length} samples in ${dataset.place.source}`);
for await (const data of dataset) {
  console.log(`${data.id}: ${data.numNodes} nodes, ${data.numEdges} edges`);
}
