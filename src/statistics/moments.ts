import type { TypedArray } from '../core/mesh.ts';

/** Moments of numbers, of which several can be merged as if they had been measured together. */
export interface Moments {
  /** Finite values. */
  readonly count: number;
  readonly nonFinite: number;
  /** Least and largest value; infinite where there is none. */
  readonly min: number;
  readonly max: number;
  /** Mean as the sum of two doubles, so that merging loses nothing; 0 where there is none. */
  readonly mean: number;
  readonly rest: number;
  /** Sum of squared distances to the mean. */
  readonly squares: number;
}

/** Moments of no numbers. */
export const NO_MOMENTS: Moments = {
  count: 0,
  nonFinite: 0,
  min: Number.POSITIVE_INFINITY,
  max: Number.NEGATIVE_INFINITY,
  mean: 0,
  rest: 0,
  squares: 0,
};

/** Values of all components that are converted to doubles together: few enough for the processor's first cache. */
const VALUES_PER_BLOCK = 2 ** 11;

/** Blocks between two yields. */
const BLOCKS_PER_STEP = 2 ** 9;

/** Sums of one component while its values are passed. */
interface Sums {
  count: number;
  min: number;
  max: number;
  /** Sum, and what rounding has left out of it. */
  sum: number;
  lost: number;
  squares: number;
  lostSquares: number;
}

/**
 * Measures each component of an array in two passes: the mean by a compensated sum (Neumaier, "Rundungsfehleranalyse einiger
 * Verfahren zur Summation endlicher Summen", 1974), then the squared distances to it. In steps of a few milliseconds.
 */
export function* momentSteps(data: TypedArray, components: number): Generator<void, readonly Moments[]> {
  const rows = Math.max(1, Math.floor(VALUES_PER_BLOCK / components));
  const block = new Float64Array(rows * components);
  const all: Sums[] = Array.from({ length: components }, () => ({
    count: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    sum: 0,
    lost: 0,
    squares: 0,
    lostSquares: 0,
  }));
  let step = 0;
  for (let from = 0; from < data.length; from += block.length) {
    const length = fill(block, data, from);
    for (const [component, sums] of all.entries()) addValues(sums, block, component, length, components);
    if (++step % BLOCKS_PER_STEP === 0) yield;
  }
  const means = all.map(meanOf);
  for (let from = 0; from < data.length; from += block.length) {
    const length = fill(block, data, from);
    for (const [component, sums] of all.entries())
      addSquares(sums, block, component, length, components, means[component]?.mean as number);
    if (++step % BLOCKS_PER_STEP === 0) yield;
  }
  return all.map(({ count, min, max, squares, lostSquares }, component) => {
    const { mean, rest } = means[component] as Pick<Moments, 'mean' | 'rest'>;
    const nonFinite = data.length / components - count;
    // The distances are those to the mean as one double.
    const own = Math.max(0, squares + (lostSquares - count * rest * rest));
    return { count, nonFinite, min, max, mean, rest, squares: own };
  });
}

/**
 * Merges moments (Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
 * 1979). The order matters for the last digit.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const nonFinite = a.nonFinite + b.nonFinite;
  if (a.count === 0) return { ...b, nonFinite };
  if (b.count === 0) return { ...a, nonFinite };
  const count = a.count + b.count;
  const distance = b.mean - a.mean + (b.rest - a.rest);
  const step = (distance * b.count) / count + a.rest;
  const mean = a.mean + step;
  return {
    count,
    nonFinite,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean,
    rest: step - (mean - a.mean),
    squares: a.squares + b.squares + distance * distance * a.count * (b.count / count),
  };
}

/** Converts as many values as the block takes to doubles, since loops over one type of array are fast. */
function fill(block: Float64Array, data: TypedArray, from: number): number {
  const part = data.subarray(from, from + block.length);
  if (part instanceof BigInt64Array || part instanceof BigUint64Array) {
    for (let at = 0; at < part.length; at++) block[at] = Number(part[at]);
  } else block.set(part);
  return part.length;
}

/** Adds every `stride`th value to the sums. */
function addValues(sums: Sums, block: Float64Array, from: number, length: number, stride: number): void {
  let { sum, lost, min, max } = sums;
  let count = 0;
  for (let at = from; at < length; at += stride) {
    const value = block[at] as number;
    const next = sum + value;
    const part = next - sum;
    lost += sum - (next - part) + (value - part);
    sum = next;
    if (value < min) min = value;
    if (value > max) max = value;
    count++;
  }
  // A value that is not finite makes the sum so.
  if (sum - sum !== 0 || lost - lost !== 0) addFinite(sums, block, from, length, stride);
  else Object.assign(sums, { sum, lost, min, max, count: sums.count + count });
}

/** Does the same with the values that are finite. */
function addFinite(sums: Sums, block: Float64Array, from: number, length: number, stride: number): void {
  for (let at = from; at < length; at += stride) {
    const value = block[at] as number;
    if (!Number.isFinite(value)) continue;
    const next = sums.sum + value;
    sums.lost += Math.abs(sums.sum) >= Math.abs(value) ? sums.sum - next + value : value - next + sums.sum;
    sums.sum = next;
    if (value < sums.min) sums.min = value;
    if (value > sums.max) sums.max = value;
    sums.count++;
  }
}

/** Divides a sum by its number, in two doubles. */
function meanOf({ sum, lost, count }: Sums): Pick<Moments, 'mean' | 'rest'> {
  if (count === 0) return { mean: 0, rest: 0 };
  const total = sum + lost;
  const left = sum - total + lost;
  const mean = total / count;
  return { mean, rest: (remainder(total, mean, count) + left) / count };
}

/** Computes `total − mean * count` exactly (Dekker, "A floating-point technique for extending the available precision"). */
function remainder(total: number, mean: number, count: number): number {
  const product = mean * count;
  const [high, low] = split(mean);
  const [countHigh, countLow] = split(count);
  const error = low * countLow - (product - high * countHigh - low * countHigh - high * countLow);
  const exact = total - product - error;
  // Splitting overflows at the end of the range, where one double has to do.
  return Number.isFinite(exact) ? exact : 0;
}

/** Splits a double into two of half as many digits. */
function split(value: number): readonly [high: number, low: number] {
  const scaled = value * 134217729;
  const high = scaled - (scaled - value);
  return [high, value - high];
}

/** Adds the squared distances to a place of every `stride`th value: few in a block, so that plain sums lose little. */
function addSquares(
  sums: Sums,
  block: Float64Array,
  from: number,
  length: number,
  stride: number,
  mean: number,
): void {
  let [even, odd, at] = [0, 0, from];
  for (; at + stride < length; at += 2 * stride) {
    const one = (block[at] as number) - mean;
    const other = (block[at + stride] as number) - mean;
    even += one * one;
    odd += other * other;
  }
  if (at < length) {
    const last = (block[at] as number) - mean;
    even += last * last;
  }
  let value = even + odd;
  if (value - value !== 0) {
    value = 0;
    for (let place = from; place < length; place += stride) {
      const distance = (block[place] as number) - mean;
      if (Number.isFinite(block[place] as number)) value += distance * distance;
    }
  }
  const next = sums.squares + value;
  sums.lostSquares += sums.squares >= value ? sums.squares - next + value : value - next + sums.squares;
  sums.squares = next;
}
