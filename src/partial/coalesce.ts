import type { HeldEntry } from '../cache/held-entry.ts';
import type { Reservation } from '../cache/reservation.ts';
import { IntegrityError } from '../core/errors.ts';
import type { ByteRange } from '../core/source.ts';
import type { DownloadTarget } from '../download/download.ts';

/** Room in the cache for a part of a file. */
export interface RangeRoom extends ByteRange {
  readonly room: Reservation;
}

/** Share of the fetched bytes that may lie in gaps and is thrown away. */
const GAP_SHARE = 0.01;

/** Bytes in gaps that are no matter however little is fetched. */
const FREE_GAP_BYTES = 64 * 1024;

/**
 * Parts of a file that one request fetches, in ascending order; what lies between them is read and thrown away. They
 * are published together when all bytes have come.
 */
export class RangeRun implements DownloadTarget<readonly HeldEntry[]> {
  readonly range: ByteRange;
  readonly #rooms: readonly RangeRoom[];
  readonly #label: string;
  readonly #onBytes: () => void;
  #received: number;

  private constructor(rooms: readonly RangeRoom[], label: string, onBytes: () => void) {
    this.#rooms = rooms;
    this.#label = label;
    this.#onBytes = onBytes;
    const [first] = rooms as [RangeRoom];
    this.range = { start: first.start, end: (rooms.at(-1) as RangeRoom).end };
    this.#received = first.room.received;
  }

  /**
   * @param label - how messages name the file
   * @param onBytes - called whenever some have come. @defaultValue nothing
   */
  static async begin(
    rooms: readonly RangeRoom[],
    label: string,
    onBytes: () => void = () => undefined,
  ): Promise<RangeRun> {
    // Of what earlier fetches left only the first part's beginning is where a request can go on.
    for (const { room } of rooms.slice(1)) if (room.received > 0) await room.restart();
    return new RangeRun(rooms, label, onBytes);
  }

  get received(): number {
    return this.#received;
  }

  async write(
    bytes: Uint8Array<ArrayBuffer>,
    recycle?: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> {
    this.#onBytes();
    for (let at = 0; at < bytes.byteLength; ) {
      const position = this.range.start + this.#received;
      const part = this.#rooms.find(({ end }) => position < end);
      if (part === undefined) throw this.#tooLong(position + bytes.byteLength - at);
      const stop = position < part.start ? part.start : part.end;
      const length = Math.min(bytes.byteLength - at, stop - position);
      if (stop === part.end) {
        if (length === bytes.byteLength) await part.room.write(bytes, recycle);
        else await part.room.write(bytes.subarray(at, at + length));
      }
      at += length;
      this.#received += length;
    }
  }

  async restart(): Promise<void> {
    for (const { room } of this.#rooms) await room.restart();
    this.#received = 0;
  }

  async publish(): Promise<readonly HeldEntry[]> {
    const published = await Promise.allSettled(this.#rooms.map(({ room }) => room.publish()));
    const held = published.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = published.find((each) => each.status === 'rejected');
    if (failed === undefined) return held;
    for (const each of held) each.release();
    throw failed.reason;
  }

  #tooLong(end: number): IntegrityError {
    const { start, end: asked } = this.range;
    return new IntegrityError(
      `${this.#label}: bytes ${start} to ${asked} were asked for, and more came. Nothing of them is kept.`,
      String(asked - start),
      `at least ${end - start}`,
    );
  }
}

/**
 * Puts neighbours together where the gap between them comes faster than another request would be answered, as long as
 * gaps make up next to nothing of all that is fetched.
 *
 * @param ranges - ascending by where they begin
 * @param maxGap - bytes that come in the time of one round trip
 */
export function joinNeighbours<Range extends ByteRange>(
  ranges: readonly Range[],
  maxGap: number,
): readonly (readonly Range[])[] {
  const wanted = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const gaps = ranges.map(({ start }, index) => start - (ranges[index - 1]?.end ?? start));
  let left = Math.max(FREE_GAP_BYTES, GAP_SHARE * wanted);
  const joined = new Set<number>();
  // The narrowest first.
  for (const index of [...gaps.keys()].sort((a, b) => (gaps[a] as number) - (gaps[b] as number))) {
    const gap = gaps[index] as number;
    // Ranges that overlap, as pages of a plan do with arrays, are no neighbours: a run has each byte once.
    if (index === 0 || gap < 0 || gap > maxGap || gap > left) continue;
    joined.add(index);
    left -= gap;
  }
  const runs: Range[][] = [];
  for (const [index, range] of ranges.entries()) {
    if (joined.has(index)) runs.at(-1)?.push(range);
    else runs.push([range]);
  }
  return runs;
}
