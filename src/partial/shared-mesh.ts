import { hash } from 'node:crypto';
import type { CacheKey } from '../cache/cache-key.ts';
import type { HeldEntry } from '../cache/held-entry.ts';
import { ConfigError, isVascuError } from '../core/errors.ts';
import type { FilePart } from '../core/held-file.ts';
import { nameFile } from '../core/name-file.ts';
import type { ReadPlan, ReadPlanner, Stretch } from '../core/read-plan.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import { openPlace } from '../files/ranged-file.ts';
import { type Pace, roundTripBytes } from './cost.ts';
import { FetchedPages } from './page-sources.ts';
import { headEndOf } from './pages.ts';
import { clip, planByPages } from './plan-by-pages.ts';
import type { CachedRange, RangeStore } from './range-store.ts';
import { fetchSamples, firstDifference } from './spot-check.ts';

/** A mesh of fewer bytes is fetched rather than shared. */
export const MIN_SHARED_BYTES: number = 64 * 1024;

/** Bytes of each array that are compared; of a compressed one this share behind its beginning, its table of blocks, too. */
const SPOT_SIZE = { bytes: 4096, tableShare: 1 / 512, maxTableBytes: 64 * 1024 } as const;

/** Number of plans of owners that are remembered. */
const MAX_PLANS = 64;

/** A mesh that is wanted of one file and taken from another. */
export interface SharedMeshRequest {
  readonly entry: FileEntry;
  /** Plan of `entry`. */
  readonly plan: ReadPlan;
  /** Parts of the head of `entry` that are here; they say where it ends. */
  readonly head: readonly CachedRange[];
  /** The stretches of the mesh that are not here, clipped by the head. */
  readonly wanted: readonly Stretch[];
  /** The file from which it is taken. */
  readonly owner: FileEntry;
  readonly planner: ReadPlanner;
}

/** Stretches of a mesh that lie in the parts of another file. */
export interface MeshOfOwner {
  /** Parts in places of the file that takes them. */
  readonly parts: readonly FilePart[];
  /** Entries of the owner: they stay for others when the file that takes its mesh goes. */
  readonly held: readonly HeldEntry[];
  /** Mark that the meshes were compared; that of the file which takes. */
  readonly mark: HeldEntry;
}

/**
 * Meshes that several files have in common, as steps of time do, fetched once. That they are the same is what the user
 * says; it is held against what comes cheaply: all that the headers say of the arrays, and the tables of blocks
 * of compressed ones, or places in the others, which are other ones in each file.
 */
export class SharedMeshes {
  readonly #fetcher: Fetcher;
  readonly #store: RangeStore;
  readonly #pace: Pace;
  readonly #plans = new Map<string, { readonly plan: ReadPlan; readonly headEnd: number }>();

  constructor(fetcher: Fetcher, store: RangeStore) {
    this.#fetcher = fetcher;
    this.#store = store;
    this.#pace = fetcher.pace;
  }

  /**
   * Takes a mesh from another file, which is fetched where it is not here.
   *
   * @returns undefined where the owner has no parts, or is gone: then the file's own bytes have to be fetched
   * @throws ConfigError `sharedMesh` when the files do not have the same mesh
   */
  async take(request: SharedMeshRequest, signal: AbortSignal): Promise<MeshOfOwner | undefined> {
    const { plan, wanted, owner } = request;
    const parts: CachedRange[] = [];
    try {
      const found = await this.#planOf(request, parts, signal);
      if (found === undefined) return letGo(parts);
      const shifts = this.#match(request, found.plan);
      const whole = await this.#holdWhole(owner, signal);
      if (whole === undefined) await this.#bring(request, found, parts, signal);
      const ownerParts = whole === undefined ? parts : [{ start: 0, end: owner.size, held: whole }];
      if (whole !== undefined) parts.push(...ownerParts);
      const take = ({ start, end }: ByteRange, by: number): FilePart[] =>
        cover({ start: start + by, end: end + by }, by, ownerParts);
      const shared = wanted.flatMap((stretch) => take(stretch, shifts.get(stretch.end) as number));
      // What lies in the head is there of both.
      const inHead = wanted.flatMap(({ start, end }) => {
        const from = plan.stretches.find((stretch) => stretch.end === end)?.start ?? start;
        return from < start ? take({ start: from, end: start }, shifts.get(end) as number) : [];
      });
      const mark = await this.#compare(request, shared, inHead, signal);
      return { parts: shared, held: parts.map(({ held }) => held), mark };
    } catch (error) {
      letGo(parts);
      if (!isVascuError(error, 'NOT_FOUND') || signal.aborted) throw error;
      // It is the owner that is gone, or the file itself: then its own fetch finds out.
      this.#plans.delete(nameOf(owner));
      return undefined;
    }
  }

  /** Reads the owner's head for where its mesh lies. */
  async #planOf(
    { owner, planner }: SharedMeshRequest,
    parts: CachedRange[],
    signal: AbortSignal,
  ): Promise<{ readonly plan: ReadPlan; readonly headEnd: number } | undefined> {
    // The head is held in any case: the mesh may begin in it.
    const pages = new FetchedPages(this.#store, owner, { ranges: parts }, signal);
    const plan = await planByPages(owner.size, planner, pages, signal);
    if (typeof plan === 'string') return undefined;
    const found = this.#plans.get(nameOf(owner));
    if (found !== undefined) return found;
    const made = { plan, headEnd: headEndOf(parts) };
    this.#plans.set(nameOf(owner), made);
    if (this.#plans.size > MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value as string);
    return made;
  }

  /** Computes how far the owner's bytes lie behind those of the file, by where stretches of the file end. */
  #match({ entry, plan, owner }: SharedMeshRequest, theirs: ReadPlan): ReadonlyMap<number, number> {
    const ofMesh = ({ stretches }: ReadPlan): Stretch[] => stretches.filter(({ mesh }) => mesh !== undefined);
    const mine = ofMesh(plan);
    const others = ofMesh(theirs);
    const shifts = new Map<number, number>();
    for (const [index, stretch] of mine.entries()) {
      const other = others[index];
      if (other?.mesh?.identity !== stretch.mesh?.identity || other === undefined) {
        throw this.#unlike(
          entry,
          owner,
          'Their headers say so: counts, types, bytes or ranges of values differ.',
        );
      }
      shifts.set(stretch.end, other.start - stretch.start);
    }
    if (mine.length === others.length) return shifts;
    throw this.#unlike(entry, owner, 'Their headers say so: they have different arrays.');
  }

  async #holdWhole(owner: FileEntry, signal: AbortSignal): Promise<HeldEntry | undefined> {
    const { path, version, size } = owner;
    const cache = await this.#fetcher.cache.open();
    return cache.hold({ source: this.#fetcher.source.id, path, version }, { size, signal });
  }

  /** Holds the owner's parts that hold its mesh. */
  async #bring(
    { owner }: SharedMeshRequest,
    { plan, headEnd }: { readonly plan: ReadPlan; readonly headEnd: number },
    parts: CachedRange[],
    signal: AbortSignal,
  ): Promise<void> {
    const missing: ByteRange[] = [];
    for (const stretch of clip(plan, headEnd)) {
      if (stretch.mesh === undefined) continue;
      this.#store.share(owner, stretch);
      const held = await this.#store.hold(owner, stretch, signal);
      if (held === undefined) missing.push(stretch);
      else parts.push({ ...stretch, held });
    }
    if (missing.length > 0) await this.#store.fetch(owner, missing, parts, signal);
  }

  /**
   * Compares some of the file's own bytes with the owner's, once a version of both.
   *
   * @param inHead - the owner's bytes that the file itself has in its head
   * @returns the mark in the cache that says so, held
   */
  async #compare(
    request: SharedMeshRequest,
    shared: readonly FilePart[],
    inHead: readonly FilePart[],
    signal: AbortSignal,
  ): Promise<HeldEntry> {
    const { entry, owner, wanted, head } = request;
    const key = this.#markOf(request);
    const cache = await this.#fetcher.cache.open();
    const mark = await cache.hold(key, { size: 1, signal });
    if (mark !== undefined) return mark;
    const spots = spotsOf(entry, wanted);
    const samples = await fetchSamples(this.#fetcher, entry, spots, roundTripBytes(this.#pace), signal);
    const place = { name: entry.path, size: entry.size };
    await using own = await openPlace({
      ...place,
      parts: head.map(({ start, end, held }) => ({ start, end, path: held.path })),
    });
    for (const { start, end } of inHead) {
      samples.push({ start, end, bytes: await own.read(start, end - start, signal) });
    }
    const parts = [...inHead, ...shared].toSorted((a, b) => a.start - b.start);
    await using theirs = await openPlace({ ...place, parts });
    const at = await firstDifference(samples, ({ start, end }) => theirs.read(start, end - start, signal));
    if (at !== undefined) throw this.#unlike(entry, owner, `They differ at byte ${at} of ${entry.path}.`);
    return await this.#leave(key, signal);
  }

  /** Names the comparison of two versions. */
  #markOf({ entry, owner }: SharedMeshRequest): CacheKey {
    return {
      source: this.#fetcher.source.id,
      path: `${entry.path}#mesh`,
      version: `part of ${entry.version}, as ${nameOf(owner)}`,
    };
  }

  /** Leaves a mark in the cache, so that nothing has to be fetched where everything is there. */
  async #leave(key: CacheKey, signal: AbortSignal): Promise<HeldEntry> {
    const cache = await this.#fetcher.cache.open();
    return cache.put(key, Uint8Array.of(0x3d), { signal, oversized: this.#fetcher.oversized });
  }

  #unlike(entry: FileEntry, owner: FileEntry, why: string): ConfigError {
    return new ConfigError(
      'sharedMesh',
      `${nameFile(this.#fetcher.source.id, entry.path)} has not the mesh of ${owner.path}, as sharedMesh says. ${why} Leave sharedMesh out, or let it tell these files apart.`,
    );
  }
}

function nameOf({ path, version }: FileEntry): string {
  return `${path} ${version}`;
}

function letGo(parts: readonly CachedRange[]): undefined {
  for (const { held } of parts) held.release();
}

/**
 * Finds the files in which a range of the owner lies.
 *
 * @param shift - how far it lies behind the range of the file that takes it
 * @returns parts in places of that file
 */
function cover(theirs: ByteRange, shift: number, parts: readonly CachedRange[]): FilePart[] {
  const found: FilePart[] = [];
  for (const part of parts.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(part.start, theirs.start);
    const end = Math.min(part.end, theirs.end);
    if (start >= end) continue;
    const offset = start - part.start;
    found.push({ start: start - shift, end: end - shift, path: part.held.path, offset });
  }
  return found;
}

/**
 * Lists what is compared of the stretches of a mesh: of points and connectivity a place that is another one in each
 * file, or their tables of blocks where they are compressed. Ascending, not overlapping.
 */
function spotsOf({ path, version }: FileEntry, wanted: readonly Stretch[]): ByteRange[] {
  const spots: ByteRange[] = [];
  for (const { start: from, mesh } of wanted) {
    for (const array of mesh?.arrays ?? []) {
      const start = Math.max(from, array.start);
      const { end } = array;
      if (mesh?.hasTables === true) {
        const table = Math.min(SPOT_SIZE.maxTableBytes, Math.ceil((end - start) * SPOT_SIZE.tableShare));
        spots.push({ start, end: Math.min(end, start + table + SPOT_SIZE.bytes) });
      } else {
        const chance = hash('sha256', `${path} ${version} ${start}`, 'buffer').readUInt32LE() / 2 ** 32;
        const at = start + Math.floor(chance * Math.max(0, end - start - SPOT_SIZE.bytes));
        spots.push({ start: at, end: Math.min(end, at + SPOT_SIZE.bytes) });
      }
    }
  }
  return merge(spots.filter(({ start, end }) => start < end));
}

function merge(ranges: readonly ByteRange[]): ByteRange[] {
  const merged: ByteRange[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || start > last.end) merged.push({ start, end });
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, end) };
  }
  return merged;
}
