import { ConfigError } from '../core/errors.ts';
import { countValues, type Tensor } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import type { ValuesFacts } from './view-protocol.ts';

/** Values as Float32 about a middle in double precision: v = mid + scale · values. */
export interface NarrowedValues
  extends Pick<ValuesFacts, 'mid' | 'scale' | 'range' | 'leastPositive' | 'notFinite'> {
  readonly values: Float32Array<ArrayBuffer>;
}

/** Share of the largest value below which the extent of values is small, so that they are sent about their middle. */
const NARROW_SHARE = 0.5;

/**
 * Narrows values. Those that are nearly the same about a large one keep their differences; others are sent as they are,
 * so that small ones stay right on a logarithmic scale.
 */
export function narrowValues(values: Float64Array): NarrowedValues {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let leastPositive = Number.POSITIVE_INFINITY;
  let notFinite = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (value - value !== 0) {
      notFinite++;
      continue;
    }
    if (value < low) low = value;
    if (value > high) high = value;
    if (value > 0 && value < leastPositive) leastPositive = value;
  }
  const isEmpty = low > high;
  const largest = isEmpty ? 0 : Math.max(Math.abs(low), Math.abs(high));
  const mid = !isEmpty && high - low < NARROW_SHARE * largest ? low / 2 + high / 2 : 0;
  const scale = scaleOf(isEmpty ? 0 : Math.max(Math.abs(low - mid), Math.abs(high - mid)));
  const narrowed = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) narrowed[at] = ((values[at] as number) - mid) / scale;
  return {
    values: narrowed,
    mid,
    scale,
    range: isEmpty ? undefined : [low, high],
    leastPositive: leastPositive === Number.POSITIVE_INFINITY ? undefined : leastPositive,
    notFinite,
  };
}

/** Finds the power of two by which values of this size fit the range of Float32, 1 where they do as they are. */
function scaleOf(largest: number): number {
  if (largest === 0 || (largest > 1e-20 && largest < 1e30)) return 1;
  return 2 ** Math.floor(Math.log2(largest));
}

/** Component of an array that is shown: undefined for its only value, of vectors their length. */
export type ShownComponent = number | undefined;

/**
 * Reads the component of a request: `x`, `y`, `z` or a number from 0 on.
 *
 * @throws ConfigError for one that the array has not
 */
export function readComponent(given: string | undefined, tensor: Tensor, array: string): ShownComponent {
  if (given === undefined || given === '' || given === 'magnitude') return undefined;
  const components = countValues(tensor.shape.slice(1));
  const letter = ['x', 'y', 'z'].indexOf(given);
  const number = letter >= 0 ? letter : /^\d{1,9}$/.test(given) ? Number(given) : -1;
  if (number >= 0 && number < components) return number;
  throw new ConfigError(
    'component',
    `component is ${showValue(given)}; the array "${array}" has ${components === 1 ? 'one value a row' : `the components 0 … ${components - 1}`}.`,
  );
}

/** Computes the values of all rows that are shown: a component, or of several the root of the sum of squares. */
export function shownValues(tensor: Tensor, component: ShownComponent): Float64Array<ArrayBuffer> {
  const rows = tensor.shape[0] as number;
  const width = countValues(tensor.shape.slice(1));
  const values = new Float64Array(rows);
  const { data } = tensor;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let row = 0; row < rows; row++) values[row] = shownOf(data, row * width, width, component);
    return values;
  }
  fillValues(data as Float64Array<ArrayBuffer>, values, width, component);
  return values;
}

/** Computes the value of one row. */
export function shownOf(
  data: Tensor['data'],
  first: number,
  width: number,
  component: ShownComponent,
): number {
  if (width === 1 || component !== undefined) return Number(data[first + (component ?? 0)]);
  let sum = 0;
  for (let place = 0; place < width; place++) sum += Number(data[first + place]) ** 2;
  return Math.sqrt(sum);
}

function fillValues(
  data: Float64Array,
  values: Float64Array,
  width: number,
  component: ShownComponent,
): void {
  if (width === 1 || component !== undefined) {
    for (let row = 0, at = component ?? 0; row < values.length; row++, at += width)
      values[row] = data[at] as number;
    return;
  }
  for (let row = 0, at = 0; row < values.length; row++) {
    let sum = 0;
    for (let place = 0; place < width; place++, at++) sum += (data[at] as number) ** 2;
    values[row] = Math.sqrt(sum);
  }
}
