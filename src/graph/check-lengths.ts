import { ARRAY_KINDS, KIND_NAMES } from '../core/array-kinds.ts';
import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import type { Tensor } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';
import { findPartFault } from './tensor-fault.ts';

/**
 * Checks the lengths of arrays: a wrong one would shift those of all graphs after it.
 *
 * @param label - names the graph in messages, such as `The sample case_1`
 * @param option - option that gave the graph
 * @throws ConfigError naming the array
 */
export function checkLengths(graphData: GraphData, label: string, option = 'graphs'): void {
  const { pos, edgeIndex, numNodes, numEdges } = graphData;
  const check = (name: string, { data, shape }: Tensor, dimension: number, length: number): void => {
    if (shape[dimension] === length && data.length === sizeOf(shape)) return;
    throw new ConfigError(
      option,
      `${label} has ${data.length} values of shape [${shape.join(', ')}] in ${name}, where dimension ` +
        `${dimension} must be ${length}. A transform that changes the nodes, edges or cells must change all arrays of them.`,
    );
  };
  check('pos', pos, 0, numNodes);
  check('edgeIndex', edgeIndex, 1, numEdges);
  for (const [part, fault] of [
    ['pos', findPartFault('pos', pos)],
    ['edgeIndex', findPartFault('edgeIndex', edgeIndex)],
  ] as const) {
    if (fault === undefined) continue;
    throw new ConfigError(
      option,
      `${shorten(label, 200)} has ${fault.found} as ${fault.part}${part}, which must be ${fault.wanted}.`,
    );
  }
  for (const kind of KIND_NAMES) {
    const { rows } = ARRAY_KINDS[kind];
    for (const [name, tensor] of Object.entries(graphData[kind] ?? {})) {
      if (rows !== undefined) check(`the ${kind} array "${name}"`, tensor, 0, graphData[rows]);
      else checkSize(tensor, `${label} has`, `the ${kind} array "${name}"`, option);
    }
  }
}

function checkSize({ data, shape }: Tensor, owner: string, name: string, option: string): void {
  if (data.length === sizeOf(shape)) return;
  throw new ConfigError(
    option,
    `${owner} ${data.length} values of shape [${shape.join(', ')}] in ${name}, whose shape says ${sizeOf(shape)}.`,
  );
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, factor) => product * factor, 1);
}
