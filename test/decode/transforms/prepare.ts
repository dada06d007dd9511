import { isMainThread } from 'node:worker_threads';
import type { GraphData } from '../../../src/core/graph.ts';

const mark = (data: GraphData, name: string): GraphData => ({
  ...data,
  metadata: { ...data.metadata, [name]: isMainThread ? 'calling thread' : 'worker' },
});

export function preTransform(data: GraphData): GraphData {
  return mark(data, 'preTransform');
}

export async function transform(data: GraphData): Promise<GraphData> {
  await new Promise(setImmediate);
  return mark(data, 'transform');
}

/** Pressures in kilopascals. */
export function scaled(data: GraphData): GraphData {
  const { pressure } = data.node;
  if (pressure === undefined) return data;
  const values = Float32Array.from(pressure.data as Float32Array, (value) => value / 1000);
  return { ...data, node: { ...data.node, pressure: { data: values, shape: pressure.shape } } };
}

export function broken(): GraphData {
  throw new TypeError('no such layer');
}

export function forgetful(): void {}

/** Loses the positions. */
export function partial(data: GraphData): unknown {
  return { ...data, pos: undefined };
}

/** Adds numbers of the edges and values of the whole graph. */
export function described(data: GraphData): GraphData {
  const { numEdges } = data;
  return {
    ...data,
    edge: { weight: { data: Float32Array.from({ length: numEdges }, (_, at) => at), shape: [numEdges] } },
    graph: {
      target: { data: Float32Array.of(data.id.charCodeAt(0)), shape: [] },
      inflow: { data: Float64Array.of(1, 2, 3), shape: [3] },
    },
  };
}

/** Adds a key that graphs do not have. */
export function surplus(data: GraphData): GraphData & { readonly y: unknown } {
  return { ...data, y: { data: Float32Array.of(1), shape: [1] } };
}
