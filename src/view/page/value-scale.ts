import type { ColorMapName } from '../../render/color.ts';
import type { Tick } from '../../render/ticks.ts';
import { ticksOf } from '../../render/ticks.ts';
import type { ShownValues } from './geometry.ts';

/** Scale of colours: values at its ends, the same where there is one value. */
export interface ColourScale {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** Values of what is known of some arrays: least, greatest, least positive. */
export interface KnownRange {
  readonly range: readonly [low: number, high: number] | undefined;
  readonly leastPositive: number | undefined;
}

/** Joins ranges. */
export function joinRanges(ranges: readonly KnownRange[]): KnownRange {
  const some = ranges.flatMap(({ range }) => (range === undefined ? [] : [range]));
  const positive = ranges.flatMap(({ leastPositive }) =>
    leastPositive === undefined ? [] : [leastPositive],
  );
  return {
    range:
      some.length === 0
        ? undefined
        : [Math.min(...some.map(([low]) => low)), Math.max(...some.map(([, high]) => high))],
    leastPositive: positive.length === 0 ? undefined : Math.min(...positive),
  };
}

/** Finds the scale of colours: as it is fixed, else of what is known; undefined where no value has a place on it. */
export function findColourScale(
  known: KnownRange,
  fixed: readonly [number, number] | undefined,
  log: boolean,
  isDifference: boolean,
): ColourScale | undefined {
  if (fixed !== undefined) return log && fixed[0] <= 0 ? undefined : { low: fixed[0], high: fixed[1], log };
  const { range, leastPositive } = known;
  if (range === undefined) return undefined;
  if (log) return leastPositive === undefined ? undefined : { low: leastPositive, high: range[1], log };
  if (!isDifference) return { low: range[0], high: range[1], log };
  const far = Math.max(Math.abs(range[0]), Math.abs(range[1]));
  return { low: -far, high: far, log };
}

/** Computes the numbers by which the shader finds a value's place on a scale: see its `scale`. */
export function scaleNumbers(
  { low, high, log }: ColourScale,
  { mid, scale }: Pick<ShownValues['facts'], 'mid' | 'scale'>,
): readonly [number, number, number, number] {
  // One value: in the middle of the map.
  if (low === high) return [0, 0.5, 0, 0];
  // In double precision before they become Float32: values may be narrow around a large number.
  if (log) return [scale / low, (mid - low) / low, 1 / Math.log(high / low), 1];
  return [scale / (high - low), (mid - low) / (high - low), 0, 0];
}

/** Lists the labels of a scale that a bar of so many pixels has room for. */
export function scaleTicks(scale: ColourScale, pixels: number): readonly Tick[] {
  return ticksOf(scale, Math.max(2, 1 + Math.floor(pixels / 72)));
}

/** Finds the map that is taken where the link names none. */
export function defaultMap(isDifference: boolean): ColorMapName {
  return isDifference ? 'cool-warm' : 'viridis';
}
