import { StreamingVascuDataset } from 'vascusim/data';

// A public dataset of the Hugging Face Hub: no account is needed.
await using dataset = await StreamingVascuDataset.open({
  sourceUrl: 'username/vascular-dataset',
  streamingType: 'hf',
  includeAttributes: ['pressure'],
});

console.log(`${dataset.length} samples`);
const data = await dataset.get(0);
console.log(`${data.id}: ${data.numNodes} nodes, patient ${data.metadata['patient_id']}`);
