import type { Dataset } from '../core/dataset.ts';
import type { GraphData } from '../core/graph.ts';

/** Makes a dataset of graphs in memory for a `DataLoader`. They are handed out as they are, never copied. */
export function arrayDataset(graphs: readonly GraphData[]): Dataset {
  return {
    length: graphs.length,
    samples: graphs,
    get: (index, { signal } = {}) => {
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      const graph = graphs[index];
      if (graph !== undefined) return Promise.resolve(graph);
      return Promise.reject(new RangeError(`There is no sample ${index} in an array of ${graphs.length}.`));
    },
  };
}
