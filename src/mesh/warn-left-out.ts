import { describeLeftOutArrays } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';

/** Messages that are remembered. */
const MAX_TOLD = 1000;

/** Messages given so far on files that were read by themselves. */
const told = new Set<string>();

/** Warns of values that a file has and its mesh or graph has not. */
export function warnOfLeftOut(path: string, leftOut: readonly LeftOutArray[]): void {
  const text = describe(path, leftOut);
  if (text === undefined) return;
  // A page has no process to warn by.
  const { process } = globalThis as { readonly process?: { emitWarning?: NodeJS.Process['emitWarning'] } };
  process?.emitWarning?.(text, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
}

/**
 * Warns once for each file.
 *
 * @param place - where `path` leads from
 */
function warnOnceOfLeftOut(place: string, path: string, leftOut: readonly LeftOutArray[]): void {
  const key = `${place} ${describe(path, leftOut) ?? ''}`;
  if (told.has(key)) return;
  if (told.size < MAX_TOLD) told.add(key);
  warnOfLeftOut(path, leftOut);
}

/**
 * Tells whoever reads a file what its mesh has not, by a warning where nobody asked to know.
 *
 * @param place - where `path` leads from
 */
export function tellLeftOut(
  place: string,
  path: string,
  leftOut: readonly LeftOutArray[],
  { onLeftOut }: { readonly onLeftOut?: ((array: LeftOutArray) => void) | undefined },
): void {
  if (onLeftOut !== undefined) for (const array of leftOut) onLeftOut(array);
  else if (leftOut.length > 0) warnOnceOfLeftOut(place, path, leftOut);
}

function describe(path: string, leftOut: readonly LeftOutArray[]): string | undefined {
  const values = leftOut.filter(({ reason }) => reason !== 'information');
  return values.length === 0 ? undefined : `${path}: left out ${describeLeftOutArrays(values)}.`;
}
