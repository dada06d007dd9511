import { isVascuError } from '../core/errors.ts';
import type { DecodedSample, DecodeInput } from './decode.ts';

/** Sent in the place of a sample whose parts cannot be read. */
export interface DamagedSample {
  readonly isDamaged: true;
}

/** Whether a sample could not be read, and single parts of its files were fetched, for which no checksum vouches. */
export function isOfParts(error: unknown, { isDecoded, file, pieces }: DecodeInput): boolean {
  if (isDecoded || !isVascuError(error, 'FORMAT')) return false;
  return [file, ...pieces.values()].some((place) => typeof place !== 'string');
}

/** Whether what a worker thread sent says that the parts have to be fetched once more. */
export function isDamaged(value: DecodedSample | DamagedSample): value is DamagedSample {
  return 'isDamaged' in value;
}
