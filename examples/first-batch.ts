import { writeFile } from 'node:fs/promises';
import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';

await using dataset = await StreamingVascuDataset.open({
  sourceUrl: process.env['CASES'] ?? 'demo', // or nas://…, smb://…, hf://datasets/…, https://…
  includeAttributes: ['pressure', 'velocity'],
  filterFn: (metadata) => metadata['is_healthy'] === true && Number(metadata['patient_age'] ?? 0) > 50,
});
await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 42, numWorkers: 2 });

for await (const batch of loader) {
  const { ids, pos, edgeIndex, node } = batch;
  console.log(ids.join(', '));
  for (const [name, { shape }] of Object.entries({ pos, edgeIndex, ...node })) {
    console.log(`  ${name} [${shape.join(', ')}]`);
  }
  await writeFile(process.env['OUTPUT'] ?? 'batch.safetensors', batch.toSafetensors()); // torch and others read it
  break;
}
