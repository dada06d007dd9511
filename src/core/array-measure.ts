import type { Tensor } from './mesh.ts';
import { runSteps } from './time-slice.ts';

/** Number of tuples measured between two yields. */
const TUPLES_PER_STEP = 2 ** 17;

/** Measure of the values of an array, or of the lengths of its vectors where it has several components. */
export interface ArrayMeasure {
  /** Values that are numbers. */
  readonly count: number;
  /** Values that are NaN; they are left out of the others. */
  readonly nan: number;
  /** Least value; null where no value is a number. */
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
}

/** Measures an array. */
export function measureArray(tensor: Tensor): ArrayMeasure {
  return runSteps(measureSteps(tensor));
}

/** Does what {@link measureArray} does in steps of a few milliseconds, for whoever shares the event loop. */
export function* measureSteps({ data, shape }: Tensor): Generator<void, ArrayMeasure> {
  const components = shape[1] ?? 1;
  const tuples = shape[0] ?? 0;
  let [min, max, sum, nan] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let begin = 0; begin < tuples; begin += TUPLES_PER_STEP) {
    const end = Math.min(begin + TUPLES_PER_STEP, tuples);
    for (let tuple = begin; tuple < end; tuple++) {
      let value = Number(data[tuple * components]);
      if (components > 1) {
        let squares = 0;
        for (let at = tuple * components; at < (tuple + 1) * components; at++)
          squares += Number(data[at]) ** 2;
        value = Math.sqrt(squares);
      }
      if (Number.isNaN(value)) nan++;
      else {
        if (value < min) min = value;
        if (value > max) max = value;
        sum += value;
      }
    }
    yield;
  }
  const count = tuples - nan;
  // A mean is never outside; that of equal values is their value.
  return count === 0
    ? { count, nan, min: null, mean: null, max: null }
    : { count, nan, min, mean: Math.min(max, Math.max(min, sum / count)), max };
}

/** Joins the measures of two arrays as if they were one. */
export function joinMeasures(a: ArrayMeasure, b: ArrayMeasure): ArrayMeasure {
  const nan = a.nan + b.nan;
  if (a.min === null || a.max === null || a.mean === null) return { ...b, nan };
  if (b.min === null || b.max === null || b.mean === null) return { ...a, nan };
  const count = a.count + b.count;
  return {
    count,
    nan,
    min: Math.min(a.min, b.min),
    mean: (a.mean * a.count + b.mean * b.count) / count,
    max: Math.max(a.max, b.max),
  };
}
