import type { CacheKey } from '../cache/cache-key.ts';
import { abortable } from '../core/abort.ts';
import { isVascuError } from '../core/errors.ts';
import type { HeldParts, PartsRequest } from '../core/held-file.ts';
import type { WholeReason } from '../core/read-plan.ts';
import type { FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import type { WholeFiles } from '../download/whole-files.ts';
import { GONE_TRIES, isGone } from '../files/gone-file.ts';
import { asParts } from '../files/held.ts';
import { HEAD_BYTES, isWorthLooking, WHOLE_BYTES } from './cost.ts';
import { PlanGuesses } from './expected-layout.ts';
import { isPlanHere } from './page-sources.ts';
import { PartialFetch, type RangeServices, type WholeFile } from './partial-fetch.ts';
import { RangeProbes } from './range-check.ts';
import type { RangeStore } from './range-store.ts';
import { SharedMeshes } from './shared-mesh.ts';

/** Counts of what partial reading did so far. */
export interface PartialStats {
  /** Files of which only parts are here, counted at each use. */
  readonly files: number;
  /** Counts of files that were taken whole although only some arrays were wanted, by the reason. */
  readonly whole: Readonly<Record<WholeReason, number>>;
  /** Bytes of meshes that were taken from another file of the same mesh, counted at each use. */
  readonly sharedBytes: number;
}

/** Files of a size of which a cache holds fewer than this take turns there. */
const SCARCE_FILES = 16;

/**
 * Files of which only what is wanted is fetched. Each range of a file is an object of the cache of its own, so that all
 * that holds of whole files holds of it: it is complete or not there, fetched once, counted, checked and removed by order
 * of use. Which ranges are there is asked of the cache by name.
 */
export class RangeFiles {
  readonly #services: RangeServices;
  readonly #wholeFiles: WholeFiles;
  readonly #whole: Record<WholeReason, number> = {
    inline: 0,
    unplannable: 0,
    noRanges: 0,
    cheaper: 0,
    nearlyWhole: 0,
  };
  #files = 0;
  #sharedBytes = 0;
  /** Files that are being opened. */
  #opening = 0;
  /** Ends when the last one who waits for scarce room has it. */
  #last: Promise<unknown> = Promise.resolve();
  /** True when the source was seen to give no parts of files. */
  #rangeless = false;

  constructor(fetcher: Fetcher, store: RangeStore, wholeFiles: WholeFiles) {
    const sharedMeshes = new SharedMeshes(fetcher, store);
    this.#services = {
      fetcher,
      store,
      sharedMeshes,
      layouts: new PlanGuesses(),
      probes: new RangeProbes(fetcher),
    };
    this.#wholeFiles = wholeFiles;
  }

  stats(): PartialStats {
    return { files: this.#files, whole: { ...this.#whole }, sharedBytes: this.#sharedBytes };
  }

  /** Tells whether all that is wanted of a file is there in ranges; nothing is fetched. */
  isHere(entry: FileEntry, { plan, sameMeshAs }: PartsRequest, signal: AbortSignal): Promise<boolean> {
    const isOfMesh = sameMeshAs === undefined || sameMeshAs.path === entry.path;
    return isPlanHere(this.#services.store, entry, plan, { isOfMesh, signal });
  }

  /** Holds what is wanted of a file, or all of it. */
  async open(entry: FileEntry, request: PartsRequest, signal: AbortSignal): Promise<HeldParts> {
    const { maxSize } = await this.#services.fetcher.cache.open();
    // The owner of the mesh may be held as a whole beside all that is wanted of the file itself.
    const { sameMeshAs } = request;
    const fits = sameMeshAs !== undefined && entry.size + sameMeshAs.size <= maxSize;
    const wanted = fits ? request : { ...request, sameMeshAs: undefined };
    // Where room is scarce, files that have some of their ranges would wait for each other.
    // Whose head is held takes turns there, where that matters.
    if (request.head !== undefined || entry.size * SCARCE_FILES < maxSize)
      return this.#open(entry, wanted, signal);
    return this.#inTurn(() => this.#open(entry, wanted, signal), signal);
  }

  async #open(entry: FileEntry, request: PartsRequest, signal: AbortSignal): Promise<HeldParts> {
    let outcome: HeldParts | WholeFile | undefined;
    this.#opening++;
    try {
      // From the beginning where a range is removed meanwhile.
      for (let tries = 1; outcome === undefined; tries++) {
        try {
          outcome = await this.#openRanges(entry, request, signal);
        } catch (error) {
          if (tries === GONE_TRIES || !isGone(error)) throw error;
        }
      }
    } finally {
      this.#opening--;
    }
    if (!('reason' in outcome)) return outcome;
    this.#whole[outcome.reason]++;
    return asParts(await this.#wholeFiles.fetch(entry, {}, signal), outcome.parsed);
  }

  /** @returns why all of the file is to be fetched, where it is */
  async #openRanges(
    entry: FileEntry,
    request: PartsRequest,
    signal: AbortSignal,
  ): Promise<HeldParts | WholeFile> {
    const { fetcher, store, probes } = this.#services;
    const whole = await this.#holdWhole(entry, signal);
    if (whole !== undefined) return whole;
    if (this.#rangeless) return { reason: 'noRanges' };
    const { size } = entry;
    const isLarge =
      request.mode === 'partial' ? size > WHOLE_BYTES : isWorthLooking(fetcher.pace, size, this.#opening);
    const head = { start: 0, end: Math.min(HEAD_BYTES, size) };
    if (!isLarge && !(await store.isHere(entry, head))) return { reason: 'cheaper' };
    const fetch = new PartialFetch(this.#services, entry, request, signal);
    try {
      const outcome = await fetch.run(() => this.#opening);
      if ('reason' in outcome) return outcome;
      this.#files++;
      this.#sharedBytes += fetch.sharedBytes;
      return outcome;
    } catch (error) {
      const isWrong = isVascuError(error, 'INTEGRITY');
      const isRefused = error instanceof RangeError || isVascuError(error, 'UNSUPPORTED');
      // Of several servers behind one name the one that was asked first may not come up again for a range.
      const isChanged = isVascuError(error, 'NOT_FOUND');
      if (signal.aborted || error === fetch.refusal || !(isRefused || isWrong || isChanged)) throw error;
      // Whose ranges are wrong may still have whole files, which a checksum may vouch for.
      this.#rangeless ||= isRefused || probes.hasLied;
      return { reason: 'noRanges' };
    }
  }

  async #holdWhole({ path, version, size }: FileEntry, signal: AbortSignal): Promise<HeldParts | undefined> {
    const { fetcher } = this.#services;
    const key: CacheKey = { source: fetcher.source.id, path, version };
    const whole = await (await fetcher.cache.open()).hold(key, { size, signal });
    if (whole === undefined) return undefined;
    fetcher.count('hit');
    return asParts(whole);
  }

  async #inTurn<Result>(action: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    const before = this.#last;
    const own = abortable(before, signal).then(action);
    this.#last = Promise.allSettled([before, own]);
    return own;
  }
}
