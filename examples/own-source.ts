import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';
import { TarSource } from './tar-source.ts';

// A source of your own gets cache, resume, checks, metadata and workers as every other; it is closed with the dataset.
await using dataset = await StreamingVascuDataset.open({
  source: new TarSource(process.env['ARCHIVE'] ?? 'cases.tar'),
  filterFn: (metadata) => Number(metadata['patient_age'] ?? 0) > 40,
  includeAttributes: ['pressure', 'velocity'],
});
await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 42, numWorkers: 2 });
for await (const { ids, numNodes, numEdges } of loader) {
  console.log(`${ids.join(' ')}: ${numNodes} nodes, ${numEdges} edges`);
}
