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
