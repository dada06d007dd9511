import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import { nameFile } from '../core/name-file.ts';
import type { ReadPlan, ReadPlanner, WholeReason } from '../core/read-plan.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import type { Beginnings } from '../download/whole-files.ts';
import { openFileAccess } from '../files/file-access.ts';
import { AssembledFile, type OpenedRange } from './assemble.ts';
import { joinNeighbours, type RangeRoom, RangeRun } from './coalesce.ts';
import { HEAD_BYTES, LANES, type Pace, roundTripBytes, WHOLE_BYTES } from './cost.ts';
import { HeadTooShort, headEndOf, nextHeadEnd, PagedAccess, type PageSource, TooManyPages } from './pages.ts';

/** How the path of a range's key ends. */
const RANGE_OF_PATH = /^#(\d+)-(\d+)$/;

/** A part of a file in the cache, held. */
export interface CachedRange extends ByteRange {
  readonly held: HeldEntry;
}

/** Ranges of files in the cache, each an object of its own: which are there, and how the others come. */
export class RangeStore implements Beginnings {
  readonly #fetcher: Fetcher;
  readonly #pace: Pace;
  /** Parts that are thought to be there, by the path of their file. */
  readonly #known = new Map<string, KnownParts>();
  /** Paths of the keys of parts that other files take. */
  readonly #lent = new Set<string>();

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
    this.#pace = fetcher.pace;
  }

  /** Of a part; no file has such a version, so that it is nobody else's whatever files are called. */
  keyOf({ path, version }: FileEntry, { start, end }: ByteRange): CacheKey {
    return {
      source: this.#fetcher.source.id,
      path: `${path}#${start}-${end}`,
      version: `part of ${version}`,
    };
  }

  /** Opens the ranges of a file that are there, also those that an earlier process fetched. */
  async open(entry: FileEntry, signal: AbortSignal): Promise<AssembledFile | undefined> {
    if (entry.size <= WHOLE_BYTES) return undefined;
    const opened: OpenedRange[] = [];
    const assembled = new AssembledFile(this.#fetcher, entry, opened);
    try {
      for (const { key, start, end } of await this.#rangesOf(entry)) {
        const path = await (await this.#fetcher.cache.open()).find(key);
        const file = path === undefined ? undefined : await openFileAccess(path).catch(() => undefined);
        if (file?.size === end - start) opened.push({ start, end, file });
        else await file?.close();
      }
      signal.throwIfAborted();
    } catch (error) {
      await assembled[Symbol.asyncDispose]();
      throw error;
    }
    return opened.length === 0 ? undefined : assembled;
  }

  /** Removes the ranges of a file, as far as nobody holds them. */
  async replace(entry: FileEntry, signal: AbortSignal): Promise<void> {
    for (const range of await this.#rangesOf(entry)) {
      const held = await this.hold(entry, range, signal).catch(() => undefined);
      held?.release({ remove: true });
    }
  }

  async isHere(entry: FileEntry, range: ByteRange): Promise<boolean> {
    const cache = await this.#fetcher.cache.open();
    const isHere = (await cache.find(this.keyOf(entry, range))) !== undefined;
    if (isHere) this.#remember(entry, range);
    return isHere;
  }

  /** Holds a part that is there. */
  async hold(entry: FileEntry, range: ByteRange, signal: AbortSignal): Promise<HeldEntry | undefined> {
    const cache = await this.#fetcher.cache.open();
    const held = await cache.hold(this.keyOf(entry, range), { size: range.end - range.start, signal });
    if (held !== undefined) this.#remember(entry, range);
    return held;
  }

  /** Keys of the parts of a file that are thought to be there, but for those that other files take. */
  keysOf(path: string): CacheKey[] {
    const known = this.#known.get(path);
    if (known === undefined) return [];
    const keys = known.ranges.map((range) => this.keyOf({ path, size: 0, version: known.version }, range));
    return keys.filter((key) => !this.#lent.has(key.path));
  }

  /** Says that other files take a part of this one. */
  lend(entry: FileEntry, range: ByteRange): void {
    this.#lent.add(this.keyOf(entry, range).path);
  }

  /**
   * Is told that a part is not, or no longer, there.
   *
   * @returns whether it was the last one of its file
   */
  gone(path: string, key: CacheKey): boolean {
    const known = this.#known.get(path);
    if (known === undefined) return true;
    const entry = { path, size: 0, version: known.version };
    const at = known.ranges.findIndex((range) => this.keyOf(entry, range).path === key.path);
    if (at >= 0) known.ranges.splice(at, 1);
    if (known.ranges.length > 0) return false;
    this.#known.delete(path);
    return true;
  }

  /**
   * Fetches as much of a file's head, and as many pages behind it, as its plan takes.
   *
   * @param parts - gets these, held, also where it fails
   * @param isWorth - whether so many pages behind the head are worth their requests
   */
  async plan(
    entry: FileEntry,
    planner: ReadPlanner,
    parts: CachedRange[],
    signal: AbortSignal,
    isWorth: (pages: number) => boolean = () => true,
  ): Promise<ReadPlan | WholeReason> {
    const bring = async (range: ByteRange): Promise<string> => {
      const held = await this.hold(entry, range, signal);
      if (held === undefined) await this.fetch(entry, [range], parts, signal);
      else parts.push({ ...range, held });
      return (parts.at(-1) as CachedRange).held.path;
    };
    return this.#planBy(entry, planner, signal, { bring, isWorth });
  }

  /** Whether all that a plan of a file wants is there; nothing is fetched. */
  async isPlanHere(
    entry: FileEntry,
    planner: ReadPlanner,
    signal: AbortSignal,
    isOfMesh: boolean,
  ): Promise<boolean> {
    const cache = await this.#fetcher.cache.open();
    const pages: ByteRange[] = [];
    const missing = Symbol();
    const find = async (range: ByteRange): Promise<string> => {
      const path = await cache.find(this.keyOf(entry, range));
      if (path === undefined) throw missing;
      this.#remember(entry, range);
      pages.push(range);
      return path;
    };
    try {
      const plan = await this.#planBy(entry, planner, signal, { bring: find, isWorth: () => true });
      if (typeof plan === 'string') return false;
      let isHere = true;
      for (const stretch of clip(plan, headEndOf(pages))) {
        if (!stretch.wanted || (stretch.mesh !== undefined && !isOfMesh)) continue;
        isHere = (await this.isHere(entry, stretch)) && isHere;
      }
      return isHere;
    } catch (error) {
      if (error === missing || isVascuError(error, 'NOT_FOUND', 'FORMAT')) return false;
      throw error;
    }
  }

  /**
   * Fetches parts that were not there, ascending, and adds them to `parts`.
   *
   * @param parts - gets every part that is held, also where it fails
   */
  async fetch(
    entry: FileEntry,
    missing: readonly ByteRange[],
    parts: CachedRange[],
    signal: AbortSignal,
  ): Promise<void> {
    const cache = await this.#fetcher.cache.open();
    const rooms: RangeRoom[] = [];
    const what = nameFile(this.#fetcher.source.id, entry.path);
    try {
      // One after the other, in the same order for everybody: nobody waits for a part whose fetch waits for theirs.
      for (const { start, end } of missing) {
        const options = { size: end - start, signal, oversized: this.#fetcher.oversized };
        const room = await cache.acquire(this.keyOf(entry, { start, end }), options);
        if ('write' in room) rooms.push({ start, end, room });
        else parts.push({ start, end, held: room });
        this.#remember(entry, { start, end });
      }
      const runs = joinNeighbours(rooms, roundTripBytes(this.#pace));
      await mapLimited(runs, LANES, async (ranges) => {
        // Those whose turn comes later are not forgotten.
        const run = await RangeRun.begin(ranges, what, () => {
          for (const { room } of rooms) room.sign();
        });
        const held = await this.#fetcher.fetch(entry, run, { range: run.range, signal });
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

  async #planBy(
    entry: FileEntry,
    planner: ReadPlanner,
    signal: AbortSignal,
    source: PageSource,
  ): Promise<ReadPlan | WholeReason> {
    const pages = new PagedAccess(entry.size, source);
    for (let end: number | undefined = HEAD_BYTES; end !== undefined; ) {
      await pages.grow(Math.min(end, entry.size), signal);
      try {
        return await planner(pages, signal);
      } catch (error) {
        if (error instanceof TooManyPages) return error.reason;
        if (!(error instanceof HeadTooShort)) throw error;
        end = nextHeadEnd(error.needed, entry.size);
      }
    }
    return 'unplannable';
  }

  /** Ranges of one version of a file that the cache has, ascending. */
  async #rangesOf(entry: FileEntry): Promise<(ByteRange & { readonly key: CacheKey })[]> {
    const cache = await this.#fetcher.cache.open();
    const { version } = this.keyOf(entry, { start: 0, end: 0 });
    const keys = await cache.keysBelow(this.#fetcher.source.id, `${entry.path}#`);
    const ranges = keys.flatMap((key) => {
      const [, start, end] = RANGE_OF_PATH.exec(key.path.slice(entry.path.length)) ?? [];
      return key.version === version && end !== undefined
        ? [{ key, start: Number(start), end: Number(end) }]
        : [];
    });
    return ranges.sort((a, b) => a.start - b.start);
  }

  #remember({ path, version }: FileEntry, { start, end }: ByteRange): void {
    let known = this.#known.get(path);
    if (known?.version !== version) {
      known = { version, ranges: [] };
      this.#known.set(path, known);
    }
    if (!known.ranges.some((range) => range.start === start && range.end === end)) {
      known.ranges.push({ start, end });
    }
  }
}

/** Parts of one version of a file. */
interface KnownParts {
  readonly version: string;
  readonly ranges: ByteRange[];
}

/** The stretches of a plan behind the head that is fetched anyway. */
export function clip({ stretches }: ReadPlan, headEnd: number): ReadPlan['stretches'] {
  return stretches
    .filter(({ end }) => end > headEnd)
    .map((each) => (each.start >= headEnd ? each : { ...each, start: headEnd }));
}
