import { DataStreamer } from 'vascusim/io';
import { meshToGraph, readMesh } from 'vascusim/mesh';
import { TarSource } from './tar-source.ts';

// A source of your own gets cache, resume, checks and metadata from DataStreamer.
await using streamer = new DataStreamer(new TarSource(process.env['ARCHIVE'] ?? 'cases.tar'));
for (const { path } of await streamer.listFiles({ pattern: '*.vtu' })) {
  using file = await streamer.openFile(path);
  const data = meshToGraph(await readMesh(file.path), { metadata: await streamer.getMetadata(path) });
  console.log(`${path}: ${data.numNodes} nodes, age ${data.metadata['patient_age']}`);
}
