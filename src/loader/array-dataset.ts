import { KIND_NAMES } from '../core/array-kinds.ts';
import type { Dataset } from '../core/dataset.ts';
import type { GraphData } from '../core/graph.ts';
import { rejectUnknownOptions } from '../core/known-options.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';
import { applyEach } from '../graph/apply-transforms.ts';
import { partsOf } from '../graph/graph-keys.ts';
import { makeRecord } from '../graph/record.ts';
import { sortTransforms, type TransformOptions } from '../graph/transform.ts';

/**
 * Makes a dataset of graphs in memory for a `DataLoader`. They are handed out as they are, never copied; with transforms,
 * as those of a `VascuDataset`, each of these gets a copy, whatever it does to that.
 *
 * @throws ConfigError for transforms that cannot be used
 */
export function arrayDataset(graphs: readonly GraphData[], options: TransformOptions = {}): Dataset {
  rejectUnknownOptions('arrayDataset', options, ['preTransform', 'transform']);
  const { whereDecoded, here } = sortTransforms(options);
  const transforms = [...whereDecoded, ...here];
  return {
    length: graphs.length,
    samples: graphs,
    get: async (index, { signal, epoch = 0, seed = 0 } = {}) => {
      signal?.throwIfAborted();
      const graph = graphs[index];
      if (graph === undefined)
        throw new RangeError(`There is no sample ${index} in an array of ${graphs.length}.`);
      if (transforms.length === 0) return graph;
      const run = { id: graph.id, index, epoch, seed, isKept: false };
      return applyEach(copyOf(graph), transforms, { run, signal });
    },
  };
}

/** Copies the arrays of a graph. */
function copyOf(graph: GraphData): GraphData {
  const records = KIND_NAMES.flatMap((kind) => {
    const arrays = graph[kind];
    if (arrays === undefined) return [];
    const copies = Object.entries(arrays).map(([name, tensor]) => [name, copyTensor(tensor)] as const);
    return [[kind, makeRecord(copies)] as const];
  });
  const { pos, edgeIndex } = graph;
  const copies = partsOf(graph).map(([name, part]) => [name, copyOf(part)] as const);
  return {
    ...graph,
    ...Object.fromEntries(records),
    pos: copyTensor(pos),
    edgeIndex: copyTensor(edgeIndex),
    ...(copies.length === 0 ? undefined : { parts: makeRecord(copies) }),
  };
}

function copyTensor<Data extends TypedArray>(tensor: Tensor<Data>): Tensor<Data> {
  return { ...tensor, data: tensor.data.slice() as Data };
}
