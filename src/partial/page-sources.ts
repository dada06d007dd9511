import { isVascuError } from '../core/errors.ts';
import type { ReadPlanner } from '../core/read-plan.ts';
import type { ByteRange, FileEntry } from '../core/source.ts';
import { headEndOf, type PageSource } from './pages.ts';
import { clip, planByPages } from './plan-by-pages.ts';
import type { CachedRange, RangeStore } from './range-store.ts';

/** Pages of a file that are fetched where they are not there. */
export class FetchedPages implements PageSource {
  readonly #store: RangeStore;
  readonly #entry: FileEntry;
  readonly #signal: AbortSignal;
  readonly #ranges: CachedRange[];
  readonly isWorth: PageSource['isWorth'];

  /**
   * @param options.ranges - gets every page that is held, also where fetching fails
   * @param options.isWorth - as of {@link PageSource}
   */
  constructor(
    store: RangeStore,
    entry: FileEntry,
    options: { readonly ranges: CachedRange[]; readonly isWorth?: PageSource['isWorth'] },
    signal: AbortSignal,
  ) {
    this.#store = store;
    this.#entry = entry;
    this.#signal = signal;
    this.#ranges = options.ranges;
    this.isWorth = options.isWorth;
  }

  async bring(range: ByteRange): Promise<string> {
    const held = await this.#store.hold(this.#entry, range, this.#signal);
    if (held === undefined) await this.#store.fetch(this.#entry, [range], this.#ranges, this.#signal);
    else this.#ranges.push({ ...range, held });
    return (this.#ranges.at(-1) as CachedRange).held.path;
  }
}

/** Refusal of a page that is not there. */
const MISSING = Symbol('a page that is not there');

/** Pages of a file that are there; nothing is fetched. */
class CachedPages implements PageSource {
  /** Ranges of the pages that were asked for. */
  readonly ranges: ByteRange[] = [];
  readonly #store: RangeStore;
  readonly #entry: FileEntry;

  constructor(store: RangeStore, entry: FileEntry) {
    this.#store = store;
    this.#entry = entry;
  }

  async bring(range: ByteRange): Promise<string> {
    const path = await this.#store.find(this.#entry, range);
    if (path === undefined) throw MISSING;
    this.ranges.push(range);
    return path;
  }
}

/**
 * Tells whether all that a plan of a file wants is there; nothing is fetched.
 *
 * @param isOfMesh - whether the mesh is wanted of this file, not of one that has the same
 */
export async function isPlanHere(
  store: RangeStore,
  entry: FileEntry,
  planner: ReadPlanner,
  { isOfMesh, signal }: { readonly isOfMesh: boolean; readonly signal: AbortSignal },
): Promise<boolean> {
  const pages = new CachedPages(store, entry);
  try {
    const plan = await planByPages(entry.size, planner, pages, signal);
    if (typeof plan === 'string') return false;
    let isHere = true;
    for (const stretch of clip(plan, headEndOf(pages.ranges))) {
      if (!stretch.wanted || (stretch.mesh !== undefined && !isOfMesh)) continue;
      isHere = (await store.isHere(entry, stretch)) && isHere;
    }
    return isHere;
  } catch (error) {
    if (error === MISSING || isVascuError(error, 'NOT_FOUND', 'FORMAT')) return false;
    throw error;
  }
}
