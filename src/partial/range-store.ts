import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import { nameFile } from '../core/name-file.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import type { Beginnings } from '../download/whole-files.ts';
import { openFileAccess } from '../files/file-access.ts';
import { AssembledFile, type OpenedRange } from './assemble.ts';
import { joinNeighbours, type RangeRoom, RangeRun } from './coalesce.ts';
import { MAX_CONCURRENT_RANGES, type Pace, roundTripBytes, WHOLE_BYTES } from './cost.ts';

/** Pattern of the end of the path of a range's key. */
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
  readonly #shared = new Set<string>();

  constructor(fetcher: Fetcher) {
    this.#fetcher = fetcher;
    this.#pace = fetcher.pace;
  }

  /** Makes the key of a range; no file has such a version, so that it is nobody else's whatever files are called. */
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
    return (await this.find(entry, range)) !== undefined;
  }

  /** Holds a part that is there. */
  async hold(entry: FileEntry, range: ByteRange, signal: AbortSignal): Promise<HeldEntry | undefined> {
    const cache = await this.#fetcher.cache.open();
    const held = await cache.hold(this.keyOf(entry, range), { size: range.end - range.start, signal });
    if (held !== undefined) this.#remember(entry, range);
    return held;
  }

  /** Lists the keys of the ranges of a file that are thought to be there, but for those that other files take. */
  keysOf(path: string): CacheKey[] {
    const known = this.#known.get(path);
    if (known === undefined) return [];
    const keys = known.ranges.map((range) => this.keyOf({ path, size: 0, version: known.version }, range));
    return keys.filter((key) => !this.#shared.has(key.path));
  }

  /** Says that other files take a part of this one. */
  share(entry: FileEntry, range: ByteRange): void {
    this.#shared.add(this.keyOf(entry, range).path);
  }

  /**
   * Notes that a range is not, or no longer, there.
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

  /** Finds the path of a range's file where it is there; nothing is held. */
  async find(entry: FileEntry, range: ByteRange): Promise<string | undefined> {
    const path = await (await this.#fetcher.cache.open()).find(this.keyOf(entry, range));
    if (path !== undefined) this.#remember(entry, range);
    return path;
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
    const label = nameFile(this.#fetcher.source.id, entry.path);
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
      await mapLimited(runs, MAX_CONCURRENT_RANGES, async (ranges) => {
        // Those whose turn comes later are not forgotten.
        const run = await RangeRun.begin(ranges, label, () => {
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

  /** Lists the ranges of one version of a file that the cache has, ascending. */
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
