import { isVascuError } from '../core/errors.ts';
import { hasOtherSize, isGone } from '../files/gone-file.ts';
import type { DecodedSample, DecodeInput } from './decode-input.ts';

/** Message in the place of a sample whose parts cannot be read, or whose files somebody removed. */
export interface DamagedSample {
  readonly isDamaged: true;
  /** True when its files are not there any more. */
  readonly isGone: boolean;
}

/**
 * Tells whether a sample could not be read, and may be when its files are brought once more: they are gone, or single
 * parts of them were fetched, for which no checksum vouches.
 */
export function isOfParts(error: unknown, input: DecodeInput): boolean {
  if (isOfGone(error, input)) return true;
  if (input.kept !== undefined || !isVascuError(error, 'FORMAT')) return false;
  const places = input.parts.flatMap(({ file, pieces }) => [file, ...pieces.values()]);
  return places.some((place) => typeof place !== 'string');
}

/**
 * Tells whether a sample could not be read because a file of it is gone, or not as long any more as when it was held.
 */
export function isOfGone(error: unknown, { sizes }: DecodeInput): boolean {
  return (
    isGone(error) ||
    (isVascuError(error, 'FORMAT') && [...sizes].some(([path, size]) => hasOtherSize(path, size)))
  );
}

/** Tells whether what a worker thread sent says that the parts have to be fetched once more. */
export function isDamaged(value: DecodedSample | DamagedSample): value is DamagedSample {
  return 'isDamaged' in value;
}
