import { IntegrityError } from '../core/errors.ts';
import { nameFile } from '../core/name-file.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import { openPlace } from '../files/ranged-file.ts';
import type { CachedRange } from './range-store.ts';
import { type ByteSample, fetchSamples, firstDifference } from './spot-check.ts';

/** Bytes that are asked for a second time, in each of two places. */
const PROBE_BYTES = 1024;

/**
 * Check of ranges by a few bytes that are asked for a second time, by other ranges than the first time, and compared: a
 * source, or a cache on the way to it, that answers with bytes of another place is found out, since nothing else
 * vouches for a part. The first file is probed, the second, the fourth, and so on.
 */
export class RangeProbes {
  readonly #fetcher: Fetcher;
  #fetches = 0;
  #hasLied = false;

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
  }

  /** True when other bytes came the second time. */
  get hasLied(): boolean {
    return this.#hasLied;
  }

  /**
   * Fetches what is compared, where it is this file's turn: bytes behind the beginning of the first range, which is that
   * of the file, and bytes of the largest one.
   *
   * @param ranges - what is here of the file or comes at the same time
   */
  async take(
    entry: FileEntry,
    ranges: readonly ByteRange[],
    signal: AbortSignal,
  ): Promise<readonly ByteSample[]> {
    // Of what is inflated the checksum tells, and a second look would inflate all before it once more.
    if (entry.packedSize !== undefined) return [];
    const count = ++this.#fetches;
    if ((count & (count - 1)) !== 0) return [];
    const sorted = ranges.toSorted((a, b) => a.start - b.start);
    const largest = ranges.toSorted((a, b) => b.end - b.start - (a.end - a.start));
    const chosen = new Set([...sorted.slice(0, 1), ...largest.slice(0, 1)]);
    const places = [...chosen].map(({ start, end }) => {
      const room = Math.max(0, end - start - PROBE_BYTES);
      // Never from where the first request began.
      const at = start + Math.min(room, 1 + Math.floor(Math.random() * room));
      return { start: at, end: Math.min(end, at + PROBE_BYTES) };
    });
    return fetchSamples(
      this.#fetcher,
      entry,
      places.toSorted((a, b) => a.start - b.start),
      -1,
      signal,
    );
  }

  /** @throws IntegrityError when the source has sent other bytes the second time */
  async check(
    entry: FileEntry,
    samples: readonly ByteSample[],
    parts: readonly CachedRange[],
    signal: AbortSignal,
  ): Promise<void> {
    if (samples.length === 0) return;
    const sorted = parts.map(({ start, end, held }) => ({ start, end, path: held.path }));
    const place = { name: entry.path, size: entry.size, parts: sorted.toSorted((a, b) => a.start - b.start) };
    await using file = await openPlace(place);
    const at = await firstDifference(samples, ({ start, end }) => file.read(start, end - start, signal));
    if (at === undefined) return;
    this.#hasLied = true;
    throw new IntegrityError(
      `${nameFile(this.#fetcher.source.id, entry.path)}: the source sends other bytes at ${at} each time a part of the file is asked for, so that nothing of it can be trusted.`,
      'the same bytes',
      'others',
    );
  }
}
