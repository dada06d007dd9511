import { IntegrityError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { DownloadTarget } from '../download/download.ts';
import type { Fetcher } from '../download/fetcher.ts';
import { joinNeighbours } from './coalesce.ts';
import { MAX_CONCURRENT_RANGES } from './cost.ts';

/** Bytes of a file in memory. */
export interface ByteSample extends ByteRange {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Fetches small ranges of a file into memory, past the cache.
 *
 * @param ranges - ascending, not overlapping
 * @param maxGap - bytes between two of them that are fetched rather than asked past
 */
export async function fetchSamples(
  fetcher: Fetcher,
  entry: FileEntry,
  ranges: readonly ByteRange[],
  maxGap: number,
  signal: AbortSignal,
): Promise<ByteSample[]> {
  const samples = await mapLimited(joinNeighbours(ranges, maxGap), MAX_CONCURRENT_RANGES, async (run) => {
    const [first] = run as [ByteRange];
    const range = { start: first.start, end: (run.at(-1) as ByteRange).end };
    const bytes = await fetcher.fetch(entry, new MemoryTarget(range), { range, signal });
    return run.map(({ start, end }) => ({
      start,
      end,
      bytes: bytes.subarray(start - range.start, end - range.start),
    }));
  });
  return samples.flat();
}

/** Target that takes a few bytes into memory. */
class MemoryTarget implements DownloadTarget<Uint8Array<ArrayBuffer>> {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #received = 0;

  constructor({ start, end }: ByteRange) {
    this.#bytes = new Uint8Array(end - start);
  }

  get received(): number {
    return this.#received;
  }

  write(bytes: Uint8Array<ArrayBuffer>, recycle?: (bytes: Uint8Array<ArrayBuffer>) => void): Promise<void> {
    const room = this.#bytes.subarray(this.#received);
    if (bytes.byteLength > room.byteLength) {
      return Promise.reject(
        new IntegrityError(
          `More than the ${this.#bytes.byteLength} bytes came that were asked for.`,
          String(this.#bytes.byteLength),
          `at least ${this.#received + bytes.byteLength}`,
        ),
      );
    }
    room.set(bytes);
    this.#received += bytes.byteLength;
    recycle?.(bytes);
    return Promise.resolve();
  }

  restart(): Promise<void> {
    this.#received = 0;
    return Promise.resolve();
  }

  publish(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.#bytes);
  }
}

/** Finds the first byte in which samples differ from what is taken for the same bytes; undefined where none does. */
export async function firstDifference(
  samples: readonly ByteSample[],
  read: (range: ByteRange) => Promise<Uint8Array>,
): Promise<number | undefined> {
  for (const { start, end, bytes } of samples) {
    const other = await read({ start, end });
    const at = bytes.findIndex((byte, index) => byte !== other[index]);
    if (at >= 0) return start + at;
  }
  return undefined;
}
