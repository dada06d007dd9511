import { describeLeftOutArrays } from '../core/left-out-arrays.ts';
import type { LeftOutArray } from '../core/mesh.ts';

/** Messages that are remembered. */
const MAX_TOLD = 1000;

/** What was said already. */
const told = new Set<string>();

/** Warns, once for each file, of values that it has and its mesh or graph has not. */
export function warnOfLeftOut(path: string, leftOut: readonly LeftOutArray[]): void {
  const values = leftOut.filter(({ reason }) => reason !== 'information');
  if (values.length === 0) return;
  const text = `${path}: left out ${describeLeftOutArrays(values)}.`;
  if (told.has(text) || told.size >= MAX_TOLD) return;
  told.add(text);
  process.emitWarning(text, { type: 'VascuSimWarning', code: 'VASCUSIM_LEFT_OUT' });
}
