import type { Reservation } from '../cache/reservation.ts';
import { isVascuError } from '../core/errors.ts';
import type { ByteRange } from '../core/source.ts';
import type { DownloadTarget } from '../download/download.ts';
import type { FileAccess } from '../files/file-access.ts';

/** Bytes copied at a time. */
const STEP = 1024 ** 2;

/** Bytes of a file, in a file of their own that is open. */
export interface OpenedPart extends ByteRange {
  readonly file: FileAccess;
}

/** Fetches the bytes of a range. */
export type FetchRange = (target: DownloadTarget<void>, range: ByteRange) => Promise<void>;

/**
 * Fills the room of a whole file with the parts that are here, and fetches what lies between them. What follows the
 * last part stays to be fetched.
 *
 * @param parts - not overlapping
 */
export async function fillFromParts(
  room: Reservation,
  parts: readonly OpenedPart[],
  fetch: FetchRange,
  signal: AbortSignal,
): Promise<void> {
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    if (part.end <= room.received) continue;
    if (part.start > room.received) {
      const range = { start: room.received, end: part.start };
      try {
        await fetch(rangeOf(room, range.start), range);
      } catch (error) {
        if (error instanceof RangeError || isVascuError(error, 'UNSUPPORTED', 'INTEGRITY'))
          return room.restart();
        throw error;
      }
    }
    while (room.received < part.end) {
      const at = room.received - part.start;
      await room.write(await part.file.read(at, Math.min(STEP, part.end - part.start - at), signal));
    }
  }
}

/** A stretch of a file's room, from `start` on, as a download of its own. */
function rangeOf(room: Reservation, start: number): DownloadTarget<void> {
  return {
    get received() {
      return room.received - start;
    },
    write: (bytes, recycle) => room.write(bytes, recycle),
    restart: () => Promise.reject(new RangeError('what came of the file cannot be trusted')),
    publish: () => Promise.resolve(),
  };
}
