import type { WorkResult } from '../core/dataset.ts';
import { isVascuError } from '../core/errors.ts';
import { hasOtherSize, isGone } from '../files/gone-file.ts';
import { type MeasuredSample, type MeasureInput, measureSample } from './measure-sample.ts';

/** Message in the place of a sample whose files have to be fetched once more. */
export interface UnreadableSample {
  /** True when its files are not there any more. */
  readonly isGone: boolean;
}

/** Measures the arrays of a sample on any thread; see `Work` in `core/dataset.ts`. */
export async function run(input: MeasureInput, signal: AbortSignal): Promise<WorkResult> {
  let value: MeasuredSample | UnreadableSample;
  try {
    value = await measureSample(input, signal);
  } catch (error) {
    const unreadable = findUnreadable(error, input);
    if (unreadable === undefined) throw error;
    value = unreadable;
  }
  return { value, transfer: [] };
}

/**
 * Tells whether a sample may be read when its files are brought once more: they are gone, or single parts of them were
 * fetched, for which no checksum vouches.
 */
function findUnreadable(error: unknown, { meshes, sizes }: MeasureInput): UnreadableSample | undefined {
  if (isGone(error)) return { isGone: true };
  if (!isVascuError(error, 'FORMAT')) return undefined;
  if ([...sizes].some(([path, size]) => hasOtherSize(path, size))) return { isGone: true };
  const places = meshes.flatMap(({ file, pieces }) => [file, ...pieces.values()]);
  return places.some((place) => typeof place !== 'string') ? { isGone: false } : undefined;
}
