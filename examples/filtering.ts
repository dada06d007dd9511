import { StreamingVascuDataset } from 'vascusim/data';

// The filter sees the metadata only: a sample that it leaves out is never fetched.
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES'] ?? '/data/cases',
  filterFn: (metadata) => metadata['is_healthy'] === true && Number(metadata['patient_age'] ?? 0) > 50,
});

for (const { id, metadata } of dataset.samples) console.log(`${id}: age ${metadata['patient_age']}`);
const data = await dataset.get(0);
console.log(`first: ${data.id}, ${data.numNodes} nodes`);
