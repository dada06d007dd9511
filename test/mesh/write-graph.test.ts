import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeVessel } from '../../src/cli/demo/vessel.ts';
import { graphToSafetensors } from '../../src/graph/graph-safetensors.ts';
import { meshToGraph, meshToGraphAsync } from '../../src/graph/mesh-to-graph.ts';
import { writeGraph } from '../../src/mesh/write-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const vessel = makeVessel({ radius: 1, stenosis: 0.3, meanVelocity: 9, time: 0, resolution: 16 });
const numPoints = vessel.points.shape[0] as number;
// More 64-bit integers than are converted at once.
const ids = Float64Array.from({ length: 100_000 }, (_, index) => index - 7);
const graph = meshToGraph(
  { ...vessel, cellData: new Map([['ids', { data: ids, shape: [100_000], storedAs: 'Int64' as const }]]) },
  { id: 'a', metadata: { age: Number.NaN } },
);

test('writes byte by byte what graphToSafetensors makes', async () => {
  const path = join(await makeFolder(), 'a.safetensors');
  await writeGraph(path, graph);
  expect((await readFile(path)).equals(graphToSafetensors(graph))).toBe(true);
  expect(graph.numNodes).toBe(numPoints);
});

test('an abort rejects with its reason and leaves nothing', async () => {
  const folder = await makeFolder();
  const controller = new AbortController();
  const reason = new Error('enough');
  const writing = failureOf(writeGraph(join(folder, 'a.safetensors'), graph, { signal: controller.signal }));
  controller.abort(reason);
  expect([await writing, await readdir(folder)]).toEqual([reason, []]);
});

test('a graph is the same whether it is made at once or in steps', async () => {
  expect(await meshToGraphAsync(vessel, { normalize: true })).toEqual(
    meshToGraph(vessel, { normalize: true }),
  );
});
