import { describeLeftOutArrays } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';

/** Messages that are remembered. */
const MAX_TOLD = 1000;

/** What was said of files that were read by themselves. */
const told = new Set<string>();

/** Warns of values that a file has and its mesh or graph has not. */
export function warnOfLeftOut(path: string, leftOut: readonly LeftOutArray[]): void {
  const text = describe(path, leftOut);
  if (text !== undefined) process.emitWarning(text, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
}

/**
 * Warns once for each file.
 *
 * @param place - where `path` leads from
 */
export function warnOnceOfLeftOut(place: string, path: string, leftOut: readonly LeftOutArray[]): void {
  const key = `${place} ${describe(path, leftOut) ?? ''}`;
  if (told.has(key)) return;
  if (told.size < MAX_TOLD) told.add(key);
  warnOfLeftOut(path, leftOut);
}

function describe(path: string, leftOut: readonly LeftOutArray[]): string | undefined {
  const values = leftOut.filter(({ reason }) => reason !== 'information');
  return values.length === 0 ? undefined : `${path}: left out ${describeLeftOutArrays(values)}.`;
}
