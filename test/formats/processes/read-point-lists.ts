import { VascuDataset } from '../../../src/data.ts';
import { DataStreamer, HttpSource } from '../../../src/io.ts';
import { DataLoader } from '../../../src/loader.ts';
import { readMesh, readMeshFrom, readMeshHeader } from '../../../src/mesh.ts';

/* Reads files of a format of the tests in every way that the package has; prints what it saw. */
const [, , file = '', sourceUrl = '', cacheDir = ''] = process.argv;

const mesh = await readMesh(file);
const { format, pointArrays } = await readMeshHeader(file);
await using streamer = new DataStreamer(new HttpSource({ url: sourceUrl }), { cacheDir: `${cacheDir}/a` });
const part = await readMeshFrom(streamer, 'b.points', { attributes: ['p'], mode: 'partial' });
const partBytes = streamer.stats().bytesDownloaded;
await using dataset = await VascuDataset.open({
  sourceUrl,
  cacheDir: `${cacheDir}/b`,
  includeAttributes: ['p'],
  mode: 'partial',
});
await using loader = new DataLoader(dataset, { batchSize: 2, numWorkers: 1 });
const nodes: number[] = [];
for await (const batch of loader) nodes.push(batch.numNodes);
console.log(
  JSON.stringify({
    whole: [...mesh.pointData.keys()],
    header: { format, pointArrays },
    part: [...part.pointData.keys()],
    partBytes,
    samples: dataset.samples.map(({ path }) => path),
    nodes,
    partial: dataset.stats().partial.files,
    edges: (await dataset.get(0)).numEdges,
    missing: await readMesh(new TextEncoder().encode('0 1 2')).catch(String),
  }),
);
