import { isGhostArray } from '../core/ghosts.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { openPlace } from '../files/ranged-file.ts';
import { graphFromSafetensors } from '../graph/graph-safetensors.ts';
import type { MeasuredField, MeasuredMesh, MeasuredSample } from './measured-sample.ts';
import { momentSteps } from './moments.ts';

/** Measures the node and cell arrays of a graph as it is stored. */
export async function measureStoredGraph(
  { prefix, path, file }: Pick<MeasuredMesh, 'prefix' | 'path' | 'file'>,
  attributes: readonly string[] | undefined,
  signal: AbortSignal | undefined,
): Promise<MeasuredSample> {
  await using access = await openPlace(file);
  const bytes = new Uint8Array(access.size);
  await access.readInto(0, bytes, signal);
  const { numNodes, numCells, node, cell, parts = {} } = graphFromSafetensors(bytes, { path });
  const slice = new TimeSlice(signal);
  const fields: MeasuredField[] = [];
  const names: string[] = [];
  const graphs = [
    { prefix, node, cell },
    ...Object.entries(parts).map(([name, part]) => ({ ...part, prefix: `parts.${name}.` })),
  ];
  for (const graph of graphs) {
    for (const on of ['node', 'cell'] as const) {
      for (const [name, { data, shape }] of Object.entries(graph[on])) {
        names.push(name);
        if (!(attributes?.includes(name) ?? !isGhostArray(name))) continue;
        const [rows = 0, ...row] = shape;
        const components = row.reduce((product, factor) => product * factor, 1);
        const moments = await slice.run(momentSteps(data, components));
        fields.push({ name: `${graph.prefix}${on}.${name}`, rows, shape: row, moments });
      }
    }
  }
  const isThere = (name: string): boolean => names.includes(name);
  const known = attributes?.every(isThere) === false ? { known: names } : undefined;
  return { nodes: numNodes, cells: numCells, fields, ...known };
}
