import { isVascuError } from '../core/errors.ts';
import type { FilePart, HeldParts, PartedFile, PartsRequest } from '../core/held-file.ts';
import type { ParsedHeader, RandomAccess } from '../core/mesh.ts';
import type { ReadPlan, Stretch, WholeReason } from '../core/read-plan.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import type { Fetcher } from '../download/fetcher.ts';
import { releaseAll } from '../files/held.ts';
import { joinNeighbours } from './coalesce.ts';
import { type Choice, isNearlyWhole, isWholeCheaper, isWholeFaster, roundTripBytes } from './cost.ts';
import type { PlanGuesses } from './expected-layout.ts';
import { FetchedPages } from './page-sources.ts';
import { headEndOf } from './pages.ts';
import { clip, planByPages } from './plan-by-pages.ts';
import type { RangeProbes } from './range-check.ts';
import type { CachedRange, RangeStore } from './range-store.ts';
import { type MeshOfOwner, MIN_SHARED_BYTES, type SharedMeshes } from './shared-mesh.ts';

/** Services that all partial reads of a source have in common. */
export interface RangeServices {
  readonly fetcher: Fetcher;
  readonly store: RangeStore;
  readonly sharedMeshes: SharedMeshes;
  readonly layouts: PlanGuesses;
  readonly probes: RangeProbes;
}

/** File that should be fetched whole in the place of ranges. */
export interface WholeFile {
  readonly reason: WholeReason;
  /** Header of the file, where it was read. */
  readonly parsed?: ParsedHeader | undefined;
}

/** Stretches of a file that are not here: those to fetch, those that another file has, and bytes of all, wanted or not. */
interface Missing {
  readonly fetched: readonly Stretch[];
  readonly shared: readonly Stretch[];
  readonly rest: number;
}

/** Fetch of what is wanted of one file; all that it holds is let go of where it comes to nothing. */
export class PartialFetch {
  readonly #services: RangeServices;
  readonly #entry: FileEntry;
  readonly #request: PartsRequest;
  readonly #signal: AbortSignal;
  /** Ranges of the file that are held. */
  readonly #ranges: CachedRange[] = [];
  /** Ranges that were fetched before anything told that they are wanted. */
  readonly #ahead: CachedRange[] = [];
  #sharedBytes = 0;
  #refusal: Error | undefined;

  constructor(services: RangeServices, entry: FileEntry, request: PartsRequest, signal: AbortSignal) {
    this.#services = services;
    this.#entry = entry;
    this.#request = request;
    this.#signal = signal;
  }

  /** Error by which the file's own header refuses what is wanted of it: another way of fetching it would be in vain. */
  get refusal(): Error | undefined {
    return this.#refusal;
  }

  /** Bytes of the mesh that were taken from another file. */
  get sharedBytes(): number {
    return this.#sharedBytes;
  }

  /**
   * Brings what is wanted.
   *
   * @param together - files that are under way at a time
   * @returns why all of the file should be fetched, where it should
   */
  async run(together: () => number): Promise<HeldParts | WholeFile> {
    const { head: known } = this.#request;
    const head = known?.version === this.#entry.version ? known.parts : undefined;
    try {
      if (head === undefined) await this.#fetchAhead();
      const outcome = await (head === undefined ? this.#openPlanned(together) : this.#openAgain(head));
      if ('reason' in outcome) letGo(this.#ranges);
      return outcome;
    } catch (error) {
      const isWrong = isVascuError(error, 'INTEGRITY');
      letGo(this.#ranges, isWrong);
      if (isWrong) letGo(this.#ahead, true);
      throw error;
    } finally {
      letGo(this.#ahead);
    }
  }

  async #openPlanned(together: () => number): Promise<HeldParts | WholeFile> {
    const { fetcher, store, layouts } = this.#services;
    const { plan: planner, mode } = this.#request;
    const isWorth = (pages: number): boolean =>
      mode === 'partial' || !isWholeFaster(fetcher.pace, this.#entry.size, pages, together());
    const pages = new FetchedPages(store, this.#entry, { ranges: this.#ranges, isWorth }, this.#signal);
    const plan = await planByPages(this.#entry.size, planner, pages, this.#signal);
    if (typeof plan === 'string') {
      layouts.judge(this.#ahead, this.#ranges);
      return { reason: plan };
    }
    const { parsed, refusal } = plan;
    this.#refusal = refusal;
    if (refusal !== undefined) throw refusal;
    const head = [...this.#ranges];
    const stretches = clip(plan, headEndOf(head));
    layouts.judge(this.#ahead, [...head, ...stretches]);
    const missing = await this.#holdWhatIsHere(stretches);
    const { maxSize } = await fetcher.cache.open();
    const choice: Choice = {
      size: this.#entry.size,
      missing: bytesOf(missing.fetched),
      requests: joinNeighbours(missing.fetched, roundTripBytes(fetcher.pace)).length,
      rest: missing.rest,
    };
    if (this.#entry.size <= maxSize) {
      if (isNearlyWhole(choice)) return { reason: 'nearlyWhole', parsed };
      const mayChoose = this.#request.mode !== 'partial' && this.#ahead.length === 0;
      if (mayChoose && isWholeCheaper(fetcher.pace, choice, together())) return { reason: 'cheaper', parsed };
    }
    // Only a whole file may be larger than the cache.
    if (bytesOf(this.#ranges) + choice.missing > maxSize) return { reason: 'cheaper', parsed };
    const { sameMeshAs: owner } = this.#request;
    let sharedMesh: MeshOfOwner | undefined;
    if (owner !== undefined && missing.shared.length > 0)
      sharedMesh = await this.#fetchAndShare(owner, plan, head, missing);
    else if (missing.fetched.length > 0) await this.#fetch(missing.fetched, this.#ranges);
    layouts.learn(this.#layoutKey, this.#ranges);
    const isHit = missing.fetched.length + missing.shared.length + this.#ahead.length === 0;
    fetcher.count(isHit ? 'hit' : 'miss');
    return { ...this.#toHeld(sharedMesh), parsed, head: this.#headOf(head) };
  }

  /** Brings more of a file whose head is known. That the source keeps to its word was seen when that came. */
  async #openAgain(head: readonly ByteRange[]): Promise<HeldParts | WholeFile> {
    const { fetcher, store } = this.#services;
    const { plan: planner, isHeadHeld = false } = this.#request;
    const plan = await planner(withoutBytes(this.#entry.size), this.#signal);
    if (typeof plan === 'string') return { reason: plan };
    const missing: ByteRange[] = [];
    const wanted = clip(plan, headEndOf(head)).filter((stretch) => stretch.wanted);
    for (const { start, end } of [...(isHeadHeld ? [] : head), ...wanted]) {
      const held = await store.hold(this.#entry, { start, end }, this.#signal);
      if (held === undefined) missing.push({ start, end });
      else this.#ranges.push({ start, end, held });
    }
    if (missing.length > 0) await store.fetch(this.#entry, missing, this.#ranges, this.#signal);
    fetcher.count(missing.length === 0 ? 'hit' : 'miss');
    return { ...this.#toHeld(undefined), parsed: plan.parsed, head: this.#headOf(head) };
  }

  async #holdWhatIsHere(stretches: readonly Stretch[]): Promise<Missing> {
    const { store } = this.#services;
    const absent: Stretch[] = [];
    for (const stretch of stretches) {
      const isHere = await store.isHere(this.#entry, stretch);
      const held =
        isHere && stretch.wanted ? await store.hold(this.#entry, stretch, this.#signal) : undefined;
      if (held !== undefined) this.#ranges.push({ ...stretch, held });
      else if (!isHere || stretch.wanted) absent.push(stretch);
    }
    const wanted = absent.filter((stretch) => stretch.wanted);
    return {
      fetched: wanted.filter((stretch) => !this.#isShared(stretch)),
      shared: wanted.filter((stretch) => this.#isShared(stretch)),
      rest: bytesOf(absent),
    };
  }

  /** Fetches what the file is likely to need together with its head, as far as neither is here. */
  async #fetchAhead(): Promise<void> {
    const { fetcher, store, layouts } = this.#services;
    const expected = layouts.find(this.#layoutKey);
    if (expected === undefined || (await store.isHere(this.#entry, expected[0] as ByteRange))) return;
    const { maxSize } = await fetcher.cache.open();
    if (bytesOf(expected) > maxSize) return;
    const missing: ByteRange[] = [];
    for (const range of expected) if (!(await store.isHere(this.#entry, range))) missing.push(range);
    await this.#fetch(missing, this.#ahead);
  }

  /** Fetches what is missing, and takes the mesh of another file meanwhile, as far as that has it. */
  async #fetchAndShare(
    owner: FileEntry,
    plan: ReadPlan,
    head: readonly CachedRange[],
    { fetched: missing, shared }: Missing,
  ): Promise<MeshOfOwner | undefined> {
    const { plan: planner } = this.#request;
    const fetching = missing.length === 0 ? undefined : this.#fetch(missing, this.#ranges);
    const wish = { entry: this.#entry, plan, head, planner, owner, wanted: shared };
    const taking = this.#services.sharedMeshes.take(wish, this.#signal);
    const [fetched, taken] = await Promise.allSettled([fetching, taking]);
    if (taken.status === 'rejected') throw taken.reason;
    const sharedMesh = taken.value;
    if (fetched.status === 'rejected') {
      releaseMesh(sharedMesh);
      throw fetched.reason;
    }
    if (sharedMesh === undefined) await this.#fetch(shared, this.#ranges);
    else this.#sharedBytes = bytesOf(shared);
    return sharedMesh;
  }

  /** Fetches ranges; of some files a little is asked for twice, to see that the source keeps to its word. */
  async #fetch(missing: readonly ByteRange[], into: CachedRange[]): Promise<void> {
    const { store, probes } = this.#services;
    const fetching = store.fetch(this.#entry, missing, into, this.#signal);
    const probing = probes.take(this.#entry, [...into, ...missing], this.#signal);
    const [fetched, probed] = await Promise.allSettled([fetching, probing]);
    if (fetched.status === 'rejected') throw fetched.reason;
    if (probed.status === 'rejected') throw probed.reason;
    await probes.check(this.#entry, probed.value, into, this.#signal);
  }

  #headOf(parts: readonly ByteRange[]): HeldParts['head'] {
    return { version: this.#entry.version, parts: parts.map(({ start, end }) => ({ start, end })) };
  }

  #toHeld(sharedMesh: MeshOfOwner | undefined): HeldParts {
    const own = this.#ranges.map(({ start, end, held }): FilePart => ({ start, end, path: held.path }));
    const place: PartedFile = {
      name: this.#entry.path,
      size: this.#entry.size,
      parts: [...own, ...(sharedMesh?.parts ?? [])].toSorted((a, b) => a.start - b.start),
    };
    const bytes = bytesOf(this.#ranges);
    const entries = this.#ranges.map(({ held }) => held);
    if (sharedMesh === undefined) return { ...releaseAll(entries), place, bytes };
    const held = releaseAll([...entries, sharedMesh.mark]);
    const ownerEntries = releaseAll(sharedMesh.held);
    const release: HeldParts['release'] = ({ remove = false, shared = false } = {}) => {
      held.release({ remove });
      ownerEntries.release({ remove: remove && shared });
    };
    return { release, [Symbol.dispose]: () => release(), place, bytes };
  }

  get #hasOwner(): boolean {
    const { sameMeshAs } = this.#request;
    return sameMeshAs !== undefined && sameMeshAs.path !== this.#entry.path;
  }

  /** Tells whether a stretch may be taken from another file. */
  #isShared({ start, end, mesh }: Stretch): boolean {
    return this.#hasOwner && mesh !== undefined && end - start >= MIN_SHARED_BYTES;
  }

  /**
   * Key that tells files apart which are not likely to have the same layout; undefined where nothing is known of it.
   */
  get #layoutKey(): string | undefined {
    const { wish } = this.#request;
    return wish === undefined ? undefined : JSON.stringify([wish, this.#entry.size, this.#hasOwner]);
  }
}

/** Files of which nothing can be read. */
const unreadable = new WeakSet<RandomAccess>();

/** Makes a file of which nothing can be read: who plans has its header. */
function withoutBytes(size: number): RandomAccess {
  const file = { size, read: () => Promise.reject(new Error('the header of the file is known')) };
  unreadable.add(file);
  return file;
}

/** Tells whether a file is given to a planner without its bytes, since it is of the version whose head is known. */
export function isHeadKnown(file: RandomAccess): boolean {
  return unreadable.has(file);
}

function letGo(ranges: readonly CachedRange[], remove = false): void {
  for (const { held } of ranges) held.release({ remove });
}

function releaseMesh(sharedMesh: MeshOfOwner | undefined): void {
  for (const held of sharedMesh?.held ?? []) held.release();
  sharedMesh?.mark.release();
}

function bytesOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
