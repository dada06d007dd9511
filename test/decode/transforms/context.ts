import { isMainThread } from 'node:worker_threads';
import type { GraphData } from '../../../src/core/graph.ts';
import type { TransformContext } from '../../../src/graph/transform-context.ts';

/** Value of the whole graph. */
const row = (...values: readonly number[]) => ({ data: Float64Array.from(values), shape: [values.length] });

function noted(data: GraphData, name: string, { index, epoch, random }: TransformContext): GraphData {
  return { ...data, graph: { ...data.graph, [name]: row(index, epoch, random(), random()) } };
}

/** Notes index, epoch and two random numbers as `graph.transform`. */
export function transform(data: GraphData, context: TransformContext): GraphData {
  return noted(data, 'transform', context);
}

/** Notes the same as `graph.preTransform`. */
export function preTransform(data: GraphData, context: TransformContext): GraphData {
  return noted(data, 'preTransform', context);
}

/** Adds up the factors of its options, to which it then adds one more. */
export function scaled(data: GraphData, context: TransformContext): GraphData {
  const { factors, by } = context.options as {
    factors: number[];
    readonly by: ReadonlyMap<string, Float32Array>;
  };
  const sum = factors.reduce((total, factor) => total + factor, 0) + (by.get('more')?.[0] ?? 0);
  factors.push(1);
  return { ...data, graph: { sum: row(sum) } };
}

/** Notes the id that it is told, and whether it runs on the calling thread. */
export function named(data: GraphData, { id, signal, options }: TransformContext): GraphData {
  const about = { id, isAborted: signal.aborted, options: options === undefined ? 'none' : options };
  return { ...data, metadata: { ...data.metadata, about: { ...about, isMainThread } } };
}

/** Adds an array over edges that is too short. */
export function shortEdge(data: GraphData): GraphData {
  return { ...data, edge: { weight: row(1, 2, 3) } };
}

/** Adds a part: the graph itself once more, with an array of its own. */
export function parted(data: GraphData): GraphData {
  const { metadata: _, ...graph } = data;
  const coarse = { ...graph, metadata: { of: data.id }, node: {}, graph: { level: row(1) } };
  return { ...data, parts: { coarse } };
}

/** Adds a part with a key that graphs do not have. */
export function oddPart(data: GraphData): GraphData {
  return { ...data, parts: { coarse: { ...data, y: 1 } as GraphData } };
}

/** Adds parts that are none. */
export function partList(data: GraphData): object {
  return { ...data, parts: [data] };
}
