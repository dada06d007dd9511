/* Work of a worker thread in workers.bench.ts: reads a mesh and hands its arrays over. */
import { readMesh } from '../dist/mesh.js';

export async function run(path) {
  const mesh = await readMesh(path);
  const { points, cells, pointData, cellData } = mesh;
  const tensors = [points, ...pointData.values(), ...cellData.values()];
  const arrays = [...tensors.map(({ data }) => data), cells.connectivity, cells.offsets, cells.types];
  return { value: mesh, transfer: [...new Set(arrays.map(({ buffer }) => buffer))] };
}
