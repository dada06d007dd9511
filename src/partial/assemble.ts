import type { Reservation } from '../cache/reservation.ts';
import { isVascuError } from '../core/errors.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { DownloadTarget } from '../download/download.ts';
import type { Fetcher } from '../download/fetcher.ts';
import type { Beginning } from '../download/whole-files.ts';
import type { FileAccess } from '../files/file-access.ts';

/** Bytes copied at a time. */
const COPY_BYTES = 1024 ** 2;

/** Bytes of a file, in a file of their own that is open. */
export interface OpenedRange extends ByteRange {
  readonly file: FileAccess;
}

/**
 * Ranges of a file that are here before all of it is fetched. They are open, so that they can be read to their ends even
 * when they are removed to make room for the whole.
 */
export class AssembledFile implements Beginning {
  readonly #fetcher: Fetcher;
  readonly #entry: FileEntry;
  readonly #ranges: readonly OpenedRange[];

  /** @param ranges - ascending; where they overlap, the first one counts */
  constructor(fetcher: Fetcher, entry: FileEntry, ranges: readonly OpenedRange[]) {
    this.#fetcher = fetcher;
    this.#entry = entry;
    this.#ranges = ranges;
  }

  /**
   * Fills the room of the whole file with the ranges that are here, and fetches what lies between them. What follows the
   * last one stays to be fetched.
   */
  async fill(room: Reservation, signal: AbortSignal): Promise<void> {
    for (const range of this.#ranges) {
      if (range.end <= room.received) continue;
      if (range.start > room.received && !(await this.#fetchGap(room, range.start, signal))) return;
      while (room.received < range.end) {
        const at = room.received - range.start;
        const length = Math.min(COPY_BYTES, range.end - range.start - at);
        await room.write(await range.file.read(at, length, signal));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#ranges.map(({ file }) => file.close()));
  }

  /** @returns false where the source does not give the bytes by themselves: then the file begins anew */
  async #fetchGap(room: Reservation, end: number, signal: AbortSignal): Promise<boolean> {
    const range = { start: room.received, end };
    try {
      await this.#fetcher.fetch(this.#entry, gapOf(room, range.start), { range, signal });
      return true;
    } catch (error) {
      if (!(error instanceof RangeError) && !isVascuError(error, 'UNSUPPORTED', 'INTEGRITY')) throw error;
      await room.restart();
      return false;
    }
  }
}

/** Makes a download target of a stretch of a file's room, from `start` on. */
function gapOf(room: Reservation, start: number): DownloadTarget<void> {
  return {
    get received() {
      return room.received - start;
    },
    write: (bytes, recycle) => room.write(bytes, recycle),
    restart: () => Promise.reject(new RangeError('what came of the file cannot be trusted')),
    publish: () => Promise.resolve(),
  };
}
