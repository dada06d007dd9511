import { ARRAY_KINDS, type ArrayKind, KIND_NAMES } from '../core/array-kinds.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { countValues, type Tensor } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';
import { findPartFault } from './tensor-fault.ts';

/**
 * Checks the lengths of arrays: a wrong one would shift those of all graphs after it.
 *
 * @param label - names the graph for a message, such as `The sample case_1`
 * @param option - option that gave the graph
 * @throws ConfigError naming the array
 */
export function checkLengths(graphData: GraphData, label: () => string, option = 'graphs'): void {
  const { pos, edgeIndex, numNodes, numEdges } = graphData;
  const check = (kind: ArrayKind | undefined, name: string, tensor: Tensor, length: number): void => {
    const { data, shape } = tensor;
    const dimension = tensor === edgeIndex ? 1 : 0;
    if (shape[dimension] === length && data.length === countValues(shape)) return;
    throw new ConfigError(
      option,
      `${label()} has ${data.length} values of shape [${shape.join(', ')}] in ${kind === undefined ? name : `the ${kind} array "${name}"`}, where dimension ` +
        `${dimension} must be ${length}. A transform that changes the nodes, edges or cells must change all arrays of them.`,
    );
  };
  check(undefined, 'pos', pos, numNodes);
  check(undefined, 'edgeIndex', edgeIndex, numEdges);
  for (const [part, fault] of [
    ['pos', findPartFault('pos', pos)],
    ['edgeIndex', findPartFault('edgeIndex', edgeIndex)],
  ] as const) {
    if (fault === undefined) continue;
    throw new ConfigError(
      option,
      `${shorten(label(), 200)} has ${fault.found} as ${fault.part}${part}, which must be ${fault.wanted}.`,
    );
  }
  for (const kind of KIND_NAMES) {
    const { rows } = ARRAY_KINDS[kind];
    const arrays = graphData[kind];
    for (const name in arrays) {
      const tensor = arrays[name] as Tensor;
      if (rows !== undefined) check(kind, name, tensor, graphData[rows]);
      else checkSize(tensor, { label, kind, name, option });
    }
  }
}

function checkSize(
  { data, shape }: Tensor,
  { label, kind, name, option }: { label: () => string; kind: ArrayKind; name: string; option: string },
): void {
  if (data.length === countValues(shape)) return;
  throw new ConfigError(
    option,
    `${label()} has ${data.length} values of shape [${shape.join(', ')}] in the ${kind} array "${name}", whose shape says ${countValues(shape)}.`,
  );
}
