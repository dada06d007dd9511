import { isVascuError } from '../core/errors.ts';
import { isGone } from '../files/gone-file.ts';
import type { DecodedSample, DecodeInput } from './decode.ts';

/** Sent in the place of a sample whose parts cannot be read, or whose files somebody removed. */
export interface DamagedSample {
  readonly isDamaged: true;
  /** Whether its files are not there any more. */
  readonly isGone: boolean;
}

/**
 * Whether a sample could not be read, and may be when its files are brought once more: they are gone, or single parts of
 * them were fetched, for which no checksum vouches.
 */
export function isOfParts(error: unknown, { isDecoded, file, pieces }: DecodeInput): boolean {
  if (isGone(error)) return true;
  if (isDecoded || !isVascuError(error, 'FORMAT')) return false;
  return [file, ...pieces.values()].some((place) => typeof place !== 'string');
}

/** Whether what a worker thread sent says that the parts have to be fetched once more. */
export function isDamaged(value: DecodedSample | DamagedSample): value is DamagedSample {
  return 'isDamaged' in value;
}
