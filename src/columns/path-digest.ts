import { createHash } from 'node:crypto';
import type { TimeSlice } from '../core/time-slice.ts';
import type { FileColumns } from './file-columns.ts';

/** Bytes that are taken into a digest at a time, unless a path has more. */
const PIECE_BYTES = 2 ** 18;

/** Rows that are looked at between two looks at the time. */
const ROWS_PER_STEP = 512;

/** Makes the digest (SHA-256) of the paths of some files, in their order: others, or another order, give another one. */
export async function digestPaths(files: FileColumns, rows: Uint32Array, slice: TimeSlice): Promise<string> {
  const hash = createHash('sha256');
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let used = 0;
  for (let at = 0; at < rows.length; ) {
    const end = files.copyPath(rows[at] as number, piece, used);
    if (end !== undefined) {
      used = end;
      at++;
    } else if (used > 0) {
      hash.update(piece.subarray(0, used));
      used = 0;
    } else piece = Buffer.allocUnsafeSlow(2 * piece.byteLength);
    if (at % ROWS_PER_STEP === 0) await slice.pause();
  }
  return hash.update(piece.subarray(0, used)).digest('hex');
}
