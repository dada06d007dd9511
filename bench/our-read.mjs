/*
 * Times our reader, as built, in a process of its own: node our-read.mjs FILE REPEATS [graph]. Prints one JSON object,
 * times in ms: the first read of the process, then reads that use the buffers of the one before again.
 */
import { BufferPool } from '../dist/core/buffer-pool.js';
import { openFileAccess } from '../dist/files/file-access.js';
import { openMesh } from '../dist/formats/registry.js';
// Loaded when the first file is met: before the clock runs, as VTK is.
import '../dist/formats/vtk-xml/vtk-xml-file.js';
import { meshToGraph } from '../dist/graph/mesh-to-graph.js';

const [path, repeats = '3', graph] = process.argv.slice(2);
const buffers = new BufferPool();

function giveBack({ points, cells, pointData, cellData }) {
  const tensors = [points, ...pointData.values(), ...cellData.values()];
  const arrays = [...tensors.map(({ data }) => data), cells.connectivity, cells.offsets, cells.types];
  for (const { buffer } of arrays) buffers.give(buffer);
}

const times = [];
let points = 0;
let firstPeak = 0;
for (let run = 0; run < Number(repeats); run++) {
  const start = performance.now();
  const file = await openFileAccess(path);
  const mesh = await (await openMesh(file, { path })).read({ buffers });
  points = graph === undefined ? mesh.points.shape[0] : meshToGraph(mesh).numNodes;
  times.push(performance.now() - start);
  await file.close();
  giveBack(mesh);
  if (run === 0) firstPeak = process.resourceUsage().maxRSS / 1024;
}
process.stdout.write(`${JSON.stringify({ times, peakMiB: firstPeak, points })}\n`);
