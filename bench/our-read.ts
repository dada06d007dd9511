import { BufferPool } from '../src/core/buffer-pool.ts';
import type { Mesh } from '../src/core/mesh.ts';
import { vtkXmlReader } from '../src/formats/readers.ts';
import { meshToGraph } from '../src/graph/mesh-to-graph.ts';
import { openFileAccess } from '../src/streamers/file-access.ts';

/*
 * Times our reader in a process of its own: node our-read.ts FILE REPEATS [graph]. Prints one JSON object, times
 * in ms: the first read of the process, then reads that use the buffers of the one before again.
 */
const [path = '', repeats = '3', graph] = process.argv.slice(2);

const buffers = new BufferPool();

function giveBack(mesh: Mesh): void {
  const { points, cells, pointData, cellData } = mesh;
  const tensors = [points, ...pointData.values(), ...cellData.values()];
  for (const { buffer } of [...tensors.map(({ data }) => data), cells.connectivity, cells.types]) {
    buffers.give(buffer);
  }
}

const times: number[] = [];
let points = 0;
for (let run = 0; run < Number(repeats); run++) {
  const start = performance.now();
  await using file = await openFileAccess(path);
  const mesh = await vtkXmlReader.read(file, { path, buffers });
  if (graph !== undefined) points = meshToGraph(mesh).numNodes;
  else points = mesh.points.shape[0] as number;
  times.push(performance.now() - start);
  giveBack(mesh);
}
const peakMiB = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ times, peakMiB, points })}\n`);
