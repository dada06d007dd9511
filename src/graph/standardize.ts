import { ConfigError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { countValues, type Tensor, type TypedArray } from '../core/mesh.ts';
import { shorten, showValue } from '../core/show-value.ts';
import type { FieldScale } from '../core/statistics.ts';
import { makeRecord } from './record.ts';

/** Number of values that are standardized between two yields. */
const VALUES_PER_STEP = 2 ** 18;

/** Numbers by which arrays are standardized, by their names as statistics have them; survives structured cloning. */
export type Scales = Readonly<Record<string, FieldScale & { readonly shape: readonly number[] }>>;

/**
 * Takes from statistics what standardizing needs.
 *
 * @throws ConfigError (option `standardize`) for anything that `measure` did not make
 */
export function readScales(statistics: unknown): Scales | undefined {
  if (statistics === undefined) return undefined;
  const fields = isObject(statistics) ? statistics['fields'] : undefined;
  if (!isObject(fields)) {
    throw wrong(
      `standardize must be statistics as dataset.measure() gives them, with their fields, not ${showValue(statistics)}.`,
    );
  }
  const scales = Object.entries(fields).map(([name, field]) => [name, readScale(name, field)] as const);
  return Object.fromEntries(scales);
}

function readScale(name: string, field: unknown): Scales[string] {
  const { mean, std, shape } = isObject(field) ? field : {};
  const width = Array.isArray(mean) ? mean.length : -1;
  const isWhole = (value: unknown): value is number[] =>
    Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each > 0);
  const isNumbers = (value: unknown, least: number): value is (number | null)[] =>
    Array.isArray(value) &&
    value.length === width &&
    value.every((each) => each === null || (Number.isFinite(each) && (each as number) >= least));
  const row = shape === undefined ? (width === 1 ? [] : [width]) : shape;
  if (!isNumbers(mean, -Infinity) || !isNumbers(std, 0) || !isWhole(row) || countValues(row) !== width) {
    throw wrong(
      `The statistics of "${shorten(name)}" are none: mean and std must be lists of as many numbers as a row of the array has (shape), as dataset.measure() gives them.`,
    );
  }
  // An array without a finite value stays as it is.
  const isKnown = mean.map((each, at) => each !== null && std[at] !== null);
  return {
    mean: mean.map((each, at) => (isKnown[at] === true ? (each as number) : 0)),
    std: std.map((each, at) => (isKnown[at] === true ? (each as number) : 1)),
    shape: row,
  };
}

/** Makes a text by which scales can be told apart. */
export function describeScales(scales: Scales): string {
  return JSON.stringify(Object.entries(scales).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Standardizes the arrays of a graph, and of its parts, that the scales name: `(x − mean) / std`, 0 where `std` is 0.
 * Floats are changed where they are, integers become Float32. In steps of a few milliseconds.
 *
 * @param isStacked - whether arrays may be those of several steps, along their second dimension
 * @throws ConfigError (option `standardize`) for an array whose rows have another shape
 */
export function* standardizeSteps(
  graph: GraphData,
  scales: Scales,
  isStacked = false,
): Generator<void, GraphData> {
  const own = yield* standardizeArrays('', graph, scales, isStacked);
  const used = [...own.used];
  const parts: (readonly [string, GraphData])[] = [];
  for (const [name, part] of Object.entries(graph.parts ?? {})) {
    const prefix = `parts.${name}.`;
    const done = yield* standardizeArrays(prefix, part, scales, isStacked);
    used.push(...done.used);
    const names = done.used.map(([key, scale]) => [key.slice(prefix.length), scale] as const);
    const standardization = names.length === 0 ? {} : { standardization: Object.fromEntries(names) };
    parts.push([name, { ...done.graph, ...standardization }]);
  }
  if (used.length === 0) return graph;
  return {
    ...own.graph,
    ...(parts.length === 0 ? {} : { parts: makeRecord(parts) }),
    standardization: Object.fromEntries(used),
  };
}

/** Array that was standardized: its name in statistics, and by what. */
type Used = readonly [name: string, scale: FieldScale];

function* standardizeArrays(
  prefix: string,
  graph: GraphData,
  scales: Scales,
  isStacked: boolean,
): Generator<void, { readonly graph: GraphData; readonly used: readonly Used[] }> {
  const used: Used[] = [];
  const records: { node?: GraphData['node']; cell?: GraphData['cell'] } = {};
  for (const kind of ['node', 'cell'] as const) {
    const arrays: [string, Tensor][] = [];
    for (const [name, tensor] of Object.entries(graph[kind])) {
      const key = `${prefix}${kind}.${name}`;
      const scale = Object.hasOwn(scales, key) ? scales[key] : undefined;
      if (scale === undefined) arrays.push([name, tensor]);
      else {
        checkShape(key, graph.id, tensor, scale, isStacked);
        arrays.push([name, yield* standardizeTensor(tensor, scale)]);
        used.push([key, { mean: scale.mean, std: scale.std }]);
      }
    }
    records[kind] = makeRecord(arrays);
  }
  return { graph: used.length === 0 ? graph : { ...graph, ...records }, used };
}

function* standardizeTensor({ data, shape, storedAs }: Tensor, scale: FieldScale): Generator<void, Tensor> {
  const isFloat = storedAs === undefined && (data instanceof Float32Array || data instanceof Float64Array);
  const target = isFloat ? data : new Float32Array(data.length);
  const width = scale.mean.length;
  const rows = Math.max(1, Math.floor(VALUES_PER_STEP / width)) * width;
  for (let from = 0; from < data.length; from += rows) {
    const end = Math.min(from + rows, data.length);
    for (let component = 0; component < width; component++) {
      const [mean, std] = [scale.mean[component] as number, scale.std[component] as number];
      standardizeValues(target, data, from + component, end, width, mean, std);
    }
    yield;
  }
  return { data: target, shape };
}

function standardizeValues(
  target: Float32Array | Float64Array,
  data: TypedArray,
  from: number,
  end: number,
  stride: number,
  mean: number,
  std: number,
): void {
  for (let at = from; at < end; at += stride) {
    const distance = Number(data[at]) - mean;
    // What is not finite stays so.
    target[at] = std === 0 ? (distance - distance === 0 ? 0 : distance) : distance / std;
  }
}

function checkShape(
  name: string,
  id: string,
  { shape }: Tensor,
  scale: Scales[string],
  isStacked: boolean,
): void {
  const row = shape.slice(1);
  if (row.join() === scale.shape.join()) return;
  if (isStacked && shape.slice(2).join() === scale.shape.join()) return;
  const show = (given: readonly number[]): string => `[${given.join(', ')}]`;
  throw wrong(
    `Rows of the array ${shorten(name)} have the shape ${show(row)} in the sample ${shorten(id)}, and ${show(scale.shape)} in the statistics: measure these samples, or leave the array out of the statistics.`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(message: string): ConfigError {
  return new ConfigError('standardize', message);
}
