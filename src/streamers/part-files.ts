import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import type { Reservation } from '../cache/reservation.ts';
import { abortable } from '../core/abort.ts';
import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import type { ReadPlan, ReadPlanner, WholeReason } from '../core/read-plan.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { DownloadTarget } from './download.ts';
import { openFileAccess } from './file-access.ts';
import { HeadAccess, HeadTooShort, nextHeadEnd } from './head-access.ts';
import type { FilePart, FilePlace, PartedFile } from './part-access.ts';
import {
  type Choice,
  HEAD_BYTES,
  isNearlyWhole,
  isWholeCheaper,
  isWorthLooking,
  LANES,
  type Pace,
  roundTripBytes,
} from './part-decision.ts';
import { joinNeighbours, type PartRoom, PartRun } from './part-run.ts';
import type { FetchContext } from './whole-files.ts';
import { fillFromParts, type OpenedPart } from './whole-from-parts.ts';

/** A file of which at least what is wanted stays on this machine until it is let go. */
export interface HeldParts extends Disposable {
  readonly place: FilePlace;
  /** As `HeldFile.release`. */
  release(options?: { readonly remove?: boolean | undefined }): void;
}

/** Whether single arrays are fetched: `'auto'` as far as it is faster. */
export type PartMode = 'auto' | 'whole' | 'partial';

/** What partial reading did so far. */
export interface PartialStats {
  /** Files of which only parts are here, counted at each use. */
  readonly files: number;
  /** How often a file was taken whole although only some arrays were wanted, by the reason. */
  readonly whole: Readonly<Record<WholeReason, number>>;
}

/** Room is scarce in a cache that holds fewer such files than this. */
const SCARCE = 16;

/** A part of a file in the cache, held. */
interface Part extends ByteRange {
  readonly held: HeldEntry;
}

/**
 * Fetches of files what is wanted of them. Each part of a file is an object of the cache of its own, so that all that
 * holds of whole files holds of it: it is complete or not there, fetched once, counted, checked and removed by order of
 * use. Which parts are there is asked of the cache by name.
 */
export class PartFiles {
  readonly #context: FetchContext;
  readonly #pace: Pace;
  readonly #whole: Record<WholeReason, number> = {
    inline: 0,
    unplannable: 0,
    noRanges: 0,
    cheaper: 0,
    nearlyWhole: 0,
  };
  #files = 0;
  /** Ends when the last one who waits for scarce room has it. */
  #last: Promise<unknown> = Promise.resolve();
  /** Whether the source was seen to give no parts of files. */
  #rangeless = false;

  constructor(context: FetchContext, pace: Pace) {
    this.#context = context;
    this.#pace = pace;
  }

  stats(): PartialStats {
    return { files: this.#files, whole: { ...this.#whole } };
  }

  /**
   * Holds what is wanted of a file, or all of it.
   *
   * @param whole - fetches all of it as if nothing had been planned
   */
  async open(
    entry: FileEntry,
    planner: ReadPlanner,
    mode: Exclude<PartMode, 'whole'>,
    whole: () => Promise<HeldParts>,
    signal: AbortSignal,
  ): Promise<HeldParts> {
    const { maxSize } = await this.#context.openCache();
    const open = async (): Promise<HeldParts> =>
      (await this.#open(entry, planner, mode, signal)) ?? (await whole());
    // Where room is scarce, files that have some of their parts would wait for each other.
    return entry.size * SCARCE < maxSize ? open() : this.#inTurn(open, signal);
  }

  async #open(
    entry: FileEntry,
    planner: ReadPlanner,
    mode: Exclude<PartMode, 'whole'>,
    signal: AbortSignal,
  ): Promise<HeldParts | undefined> {
    const cache = await this.#context.openCache();
    const whole = await cache.hold(this.#wholeKey(entry), { size: entry.size, signal });
    if (whole !== undefined) {
      this.#context.count('hits');
      return asParts(whole);
    }
    if (this.#rangeless) return this.#giveUp('noRanges');
    const { size } = entry;
    const head = { start: 0, end: Math.min(HEAD_BYTES, size) };
    const worthwhile =
      (mode === 'auto' ? isWorthLooking(this.#pace, size) : size > 2 * HEAD_BYTES) ||
      (await cache.find(this.#partKey(entry, head))) !== undefined;
    if (!worthwhile) return this.#giveUp('cheaper');
    const parts: Part[] = [];
    try {
      const held = await this.#openParts(entry, planner, mode, parts, signal);
      if (held === undefined) for (const part of parts) part.held.release();
      return held;
    } catch (error) {
      for (const { held } of parts) held.release();
      const refused = error instanceof RangeError || isVascuError(error, 'UNSUPPORTED');
      if (!refused || signal.aborted) throw error;
      this.#rangeless = true;
      return this.#giveUp('noRanges');
    }
  }

  /** @param parts - gets every part that is held, also where it fails */
  async #openParts(
    entry: FileEntry,
    planner: ReadPlanner,
    mode: 'auto' | 'partial',
    parts: Part[],
    signal: AbortSignal,
  ): Promise<HeldParts | undefined> {
    const plan = await this.#plan(entry, planner, parts, signal);
    if (typeof plan === 'string') return this.#complete(entry, parts, plan, signal);
    const headEnd = parts.at(-1)?.end ?? 0;
    const stretches = plan.stretches
      .filter(({ end }) => end > headEnd)
      .map((each) => ({ ...each, start: Math.max(each.start, headEnd) }));
    const cache = await this.#context.openCache();
    const absent: (ByteRange & { readonly wanted: boolean })[] = [];
    const unneeded: ByteRange[] = [];
    for (const stretch of stretches) {
      const isHere = (await cache.find(this.#partKey(entry, stretch))) !== undefined;
      const held = isHere && stretch.wanted ? await this.#hold(entry, stretch, signal) : undefined;
      if (held !== undefined) parts.push({ ...stretch, held });
      else if (isHere && !stretch.wanted) unneeded.push(stretch);
      else absent.push(stretch);
    }
    const missing = absent.filter(({ wanted }) => wanted);
    const choice: Choice = {
      size: entry.size,
      missing: bytesOf(missing),
      requests: joinNeighbours(missing, roundTripBytes(this.#pace)).length,
      rest: bytesOf(absent),
    };
    const fits = entry.size <= cache.maxSize;
    const isCheaper = mode === 'auto' && isWholeCheaper(this.#pace, choice);
    if (fits && (isCheaper || isNearlyWhole(choice))) {
      for (const stretch of unneeded) {
        const held = await this.#hold(entry, stretch, signal);
        if (held !== undefined) parts.push({ ...stretch, held });
      }
      return this.#complete(entry, parts, isNearlyWhole(choice) ? 'nearlyWhole' : 'cheaper', signal);
    }
    // Only a whole file may be larger than the cache.
    if (bytesOf(parts) + choice.missing > cache.maxSize) return this.#giveUp('cheaper');
    if (missing.length > 0) await this.#fetch(entry, missing, parts, signal);
    this.#context.count(missing.length === 0 ? 'hits' : 'misses');
    this.#files++;
    const sorted = parts.toSorted((a, b) => a.start - b.start);
    const place: PartedFile = {
      name: entry.path,
      size: entry.size,
      parts: sorted.map(({ start, end, held }): FilePart => ({ start, end, path: held.path })),
    };
    return { ...release(parts.map(({ held }) => held)), place };
  }

  /** Fetches as much of a file's head as its plan takes. */
  async #plan(
    entry: FileEntry,
    planner: ReadPlanner,
    parts: Part[],
    signal: AbortSignal,
  ): Promise<ReadPlan | WholeReason> {
    const head = new HeadAccess(entry.size);
    for (let end = HEAD_BYTES; ; ) {
      const start = parts.at(-1)?.end ?? 0;
      const range = { start, end: Math.min(end, entry.size) };
      const held = await this.#hold(entry, range, signal);
      if (held === undefined) await this.#fetch(entry, [range], parts, signal);
      else parts.push({ ...range, held });
      await head.add((parts.at(-1) as Part).held.path, signal);
      try {
        return await planner(head, signal);
      } catch (error) {
        if (!(error instanceof HeadTooShort)) throw error;
        const next = nextHeadEnd(error.needed, entry.size);
        if (next === undefined) return 'unplannable';
        end = next;
      }
    }
  }

  /** Holds a part that is there. */
  async #hold(entry: FileEntry, range: ByteRange, signal: AbortSignal): Promise<HeldEntry | undefined> {
    const cache = await this.#context.openCache();
    return cache.hold(this.#partKey(entry, range), { size: range.end - range.start, signal });
  }

  /** Fetches parts that were not there, ascending, and adds them to `parts`. */
  async #fetch(
    entry: FileEntry,
    missing: readonly ByteRange[],
    parts: Part[],
    signal: AbortSignal,
  ): Promise<void> {
    const cache = await this.#context.openCache();
    const rooms: PartRoom[] = [];
    const what = `${this.#context.source}/${entry.path}`;
    try {
      // One after the other, in the same order for everybody: nobody waits for a part whose fetch waits for theirs.
      for (const { start, end } of missing) {
        const { oversized } = this.#context;
        const options = { size: end - start, signal, oversized };
        const room = await cache.acquire(this.#partKey(entry, { start, end }), options);
        if ('write' in room) rooms.push({ start, end, room });
        else parts.push({ start, end, held: room });
      }
      const runs = joinNeighbours(rooms, roundTripBytes(this.#pace));
      await mapLimited(runs, LANES, async (ranges) => {
        const run = await PartRun.begin(ranges, what);
        const held = await this.#context.download(entry, run, run.range, signal);
        for (const [index, { start, end }] of ranges.entries()) {
          parts.push({ start, end, held: held[index] as HeldEntry });
        }
      });
    } catch (error) {
      const keep = signal.aborted || isVascuError(error, 'NETWORK');
      for (const { room } of rooms) await room.abandon({ keep });
      throw error;
    }
  }

  async #inTurn<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.#last;
    const own = abortable(before, signal).then(action);
    this.#last = Promise.allSettled([before, own]);
    return own;
  }

  /** Makes a whole file of the parts that are here and what is missing of it. */
  async #complete(
    entry: FileEntry,
    parts: readonly Part[],
    reason: WholeReason,
    signal: AbortSignal,
  ): Promise<HeldParts> {
    const { openCache, oversized, download } = this.#context;
    const cache = await openCache();
    this.#whole[reason]++;
    const { size, checksum } = entry;
    const key = this.#wholeKey(entry);
    const sources: OpenedPart[] = [];
    let room: Reservation | undefined;
    try {
      for (const { start, end, held } of parts) {
        sources.push({ start, end, file: await openFileAccess(held.path) });
      }
      // Open files can be read to their ends even when they are removed to make room for the whole one.
      for (const { held } of parts) held.release();
      const target = await cache.acquire(key, { size, checksum, signal, oversized });
      this.#context.count('write' in target ? 'misses' : 'hits');
      if (!('write' in target)) return asParts(target);
      room = target;
      const rest = (gap: DownloadTarget<void>, range: ByteRange): Promise<void> =>
        download(entry, gap, range, signal);
      await fillFromParts(target, sources, rest, signal);
      const again = (): Promise<HeldEntry> => download(entry, target, undefined, signal);
      const published = target.received === size ? target.publish() : again();
      const whole = await published.catch(async (error: unknown) => {
        if (!isVascuError(error, 'INTEGRITY')) throw error;
        await target.restart();
        return again();
      });
      for (const part of parts) {
        const held = await this.#hold(entry, part, signal).catch(() => undefined);
        held?.release({ remove: true });
      }
      return asParts(whole);
    } catch (error) {
      await room?.abandon({ keep: signal.aborted || isVascuError(error, 'NETWORK') });
      throw error;
    } finally {
      await Promise.all(sources.map(({ file }) => file.close()));
    }
  }

  #giveUp(reason: WholeReason): undefined {
    this.#whole[reason]++;
    return undefined;
  }

  #wholeKey({ path, version }: FileEntry): CacheKey {
    return { source: this.#context.source, path, version };
  }

  /** Of a part; no file has such a version, so that it is nobody else's whatever files are called. */
  #partKey({ path, version }: FileEntry, { start, end }: ByteRange): CacheKey {
    return { source: this.#context.source, path: `${path}#${start}-${end}`, version: `part of ${version}` };
  }
}

/** A file that is held as a whole. */
export function asParts(file: Pick<HeldEntry, 'path' | 'release'>): HeldParts {
  return { ...release([file]), place: file.path };
}

/** A hold of several entries as one. */
function release(
  entries: readonly Pick<HeldEntry, 'release'>[],
): Pick<HeldParts, 'release' | typeof Symbol.dispose> {
  const letGo: HeldParts['release'] = (options) => {
    for (const entry of entries) entry.release(options);
  };
  return { release: letGo, [Symbol.dispose]: () => letGo() };
}

function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
