import { StreamingVascuDataset } from 'vascusim/data';
import { DataStreamer, HttpSource } from 'vascusim/io';

// A folder of a web server that lists its files: by files.jsonl, files.txt or nginx's autoindex.
const url = process.env['CASES_URL'] ?? 'https://example.org/cases/';

await using dataset = await StreamingVascuDataset.open({ sourceUrl: url });
console.log(`${dataset.length} samples: ${dataset.place.why}`);
for await (const data of dataset) console.log(`${data.id}: ${data.numNodes} nodes`);

// Single files, without a dataset.
await using streamer = new DataStreamer(new HttpSource({ url }));
const path = dataset.samples[0]?.path ?? '';
console.log(`${path}: ${JSON.stringify(await streamer.getMetadata(path))}`);
