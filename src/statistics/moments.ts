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

/** Moments of one component while blocks of its values are passed. */
interface Running {
  count: number;
  min: number;
  max: number;
  /** Sum, and what rounding has left out of it. */
  sum: number;
  lost: number;
  /** Mean and sum of squared distances to it, as they were merged. */
  merged: Moments;
}

/** Sum of a block as the sum of two doubles, and its bounds. */
interface BlockSum {
  sum: number;
  lost: number;
  min: number;
  max: number;
}

/**
 * Measures each component of an array, block by block in the processor's first cache: the mean by compensated sums (Neumaier,
 * "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974), then the squared distances to that of
 * the block, which are merged. In steps of a few milliseconds.
 */
export function* momentSteps(data: TypedArray, components: number): Generator<void, readonly Moments[]> {
  const rows = Math.max(1, Math.floor(VALUES_PER_BLOCK / components));
  const block = new Float64Array(rows * components);
  const all: Running[] = Array.from({ length: components }, () => ({
    count: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    sum: 0,
    lost: 0,
    merged: NO_MOMENTS,
  }));
  let step = 0;
  for (let from = 0; from < data.length; from += block.length) {
    const length = fill(block, data, from);
    for (let component = 0; component < components; component++)
      addBlock(all[component] as Running, block, component, length, components);
    if (++step % BLOCKS_PER_STEP === 0) yield;
  }
  return all.map(({ count, min, max, sum, lost, merged: { squares } }) => {
    const nonFinite = data.length / components - count;
    return { count, nonFinite, min, max, ...meanOf(sum, lost, count), squares };
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

/** Adds every `stride`th value of a block. */
function addBlock(running: Running, block: Float64Array, from: number, length: number, stride: number): void {
  let values = block;
  let [first, end, step] = [from, length, stride];
  let count = Math.ceil((length - from) / stride);
  let found = sumBlock(values, first, end, step);
  // A value that is not finite makes the sum so.
  if (found.sum - found.sum !== 0) {
    values = block.subarray(0, length).filter((value, at) => at % stride === from && Number.isFinite(value));
    [first, end, step, count] = [0, values.length, 1, values.length];
    found = sumBlock(values, first, end, step);
  }
  if (count === 0) return;
  const { sum, lost, min, max } = found;
  const { mean, rest } = meanOf(sum, lost, count);
  // The distances are those to the mean as one double.
  const squares = Math.max(0, sumSquares(values, first, end, step, mean) - count * rest * rest);
  running.merged = mergeMoments(running.merged, { count, nonFinite: 0, min, max, mean, rest, squares });
  running.count += count;
  if (min < running.min) running.min = min;
  if (max > running.max) running.max = max;
  const next = running.sum + sum;
  const part = next - running.sum;
  running.lost += running.sum - (next - part) + (sum - part) + lost;
  running.sum = next;
}

/** Sums every `stride`th value in two lanes, so that one need not wait for the other. */
function sumBlock(block: Float64Array, from: number, end: number, stride: number): BlockSum {
  let sum = 0;
  let lost = 0;
  let other = 0;
  let otherLost = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let at = from;
  for (; at + stride < end; at += 2 * stride) {
    const a = block[at] as number;
    const b = block[at + stride] as number;
    const nextA = sum + a;
    const nextB = other + b;
    const partA = nextA - sum;
    const partB = nextB - other;
    lost += sum - (nextA - partA) + (a - partA);
    otherLost += other - (nextB - partB) + (b - partB);
    sum = nextA;
    other = nextB;
    // Bounds seldom change, so that these are foreseen.
    if (a < min) min = a;
    if (a > max) max = a;
    if (b < min) min = b;
    if (b > max) max = b;
  }
  if (at < end) {
    const last = block[at] as number;
    const next = sum + last;
    const part = next - sum;
    lost += sum - (next - part) + (last - part);
    sum = next;
    if (last < min) min = last;
    if (last > max) max = last;
  }
  const total = sum + other;
  const part = total - sum;
  return { sum: total, lost: lost + otherLost + (sum - (total - part) + (other - part)), min, max };
}

/** Divides a sum by its number, in two doubles. */
function meanOf(sum: number, lost: number, count: number): Pick<Moments, 'mean' | 'rest'> {
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

/** Sums the squared distances of every `stride`th value to a place: few in a block, so that plain sums lose little. */
function sumSquares(block: Float64Array, from: number, end: number, stride: number, mean: number): number {
  let even = 0;
  let odd = 0;
  let at = from;
  for (; at + stride < end; at += 2 * stride) {
    const one = (block[at] as number) - mean;
    const other = (block[at + stride] as number) - mean;
    even += one * one;
    odd += other * other;
  }
  if (at < end) even += ((block[at] as number) - mean) ** 2;
  return even + odd;
}
