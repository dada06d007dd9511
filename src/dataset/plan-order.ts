import type { PrefetchPlan } from '../core/dataset.ts';
import type { FileEntry } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import type { SampleFiles } from './sample-files.ts';
import { SharedFiles } from './shared-files.ts';

/** Samples that are looked at between two looks at the time. */
const SAMPLES_PER_STEP = 128;

/** Order of a plan: how far it has come, which of its files are cached, and which of these can go. */
export class PlanOrder {
  readonly #files: SampleFiles;
  readonly #plan: PrefetchPlan;
  readonly #length: number;
  readonly #order: Int32Array;
  /** Place of each sample in the order, the last one; −1 where it has none. */
  readonly #places: Int32Array;
  /** Paths of files that are thought to be cached. */
  readonly #cached = new Set<string>();
  /** 1 for each sample of which a file may be cached: the files of others need not be looked at. */
  readonly #mayBeCached: Uint8Array;
  /** True where the cache holds less than all samples, so that the order matters. */
  #isScarce = false;
  /** Files that several samples have, where the cache holds less than all. */
  #shared: SharedFiles | undefined;
  /** Sample of a file, by its path; once another plan asks. */
  #samples: ReadonlyMap<string, number> | undefined;
  #afterwards: Int32Array | undefined;
  #later: Int32Array | undefined;
  #next = 0;

  /** @param length - number of samples, in the plan or not */
  constructor(files: SampleFiles, plan: PrefetchPlan, length: number) {
    this.#files = files;
    this.#plan = plan;
    this.#length = length;
    this.#mayBeCached = new Uint8Array(length);
    this.#order = toIntegers(plan.order, length);
    this.#places = new Int32Array(length).fill(-1);
    for (let place = 0; place < this.#order.length; place++)
      this.#places[this.#order[place] as number] = place;
  }

  /** Sample that is fetched next; undefined at the end. */
  get next(): number | undefined {
    return this.#order[this.#next];
  }

  /** Place in the order of the sample that is fetched next. */
  get place(): number {
    return this.#next;
  }

  /** Finds the sample at a place of the order; undefined behind its end. */
  at(place: number): number | undefined {
    return this.#order[place];
  }

  /** Goes on to the sample after the next. */
  advance(): void {
    this.#next++;
  }

  /** Says whether a sample does not come, or no more. */
  isPast(index: number): boolean {
    return (this.#places[index] ?? -1) < this.#next;
  }

  /** Looks which files are cached, where there is not room for all: else none has to go. */
  async findCached(capacity: number, signal: AbortSignal): Promise<void> {
    const slice = new TimeSlice(signal);
    let bytes = 0;
    for (let index = 0; index < this.#length; index++) {
      bytes += this.#files.bytes(index);
      if (index % SAMPLES_PER_STEP === 0) await slice.pause();
    }
    if (bytes <= capacity) return;
    for (let index = 0; index < this.#length; index++) {
      if (await this.#files.isCached(index, { signal })) this.countCached(index);
      await slice.pause();
    }
    this.#shared = await SharedFiles.find(this.#files, this.#length, slice);
    this.#isScarce = true;
  }

  /** Takes the files of a sample for cached. */
  countCached(index: number): void {
    this.#mayBeCached[index] = 1;
    for (const { path } of this.#files.entries(index)) this.#cached.add(path);
  }

  /** Forgets a file that is not, or no longer, cached. */
  forget({ path }: FileEntry): void {
    this.#cached.delete(path);
  }

  /**
   * Yields files that may go, those that are needed last first (Belady's rule): what was used in this order and comes late in
   * the next one, then what comes late in this one.
   */
  *lastFirst(): Generator<FileEntry, void, void> {
    if (!this.#isScarce || this.#cached.size === 0) return;
    for (const index of this.#lastAfterwards()) {
      if (this.isPast(index)) yield* this.#cachedFilesOf(index);
    }
    for (let place = this.#order.length - 1; place >= this.#next; place--) {
      yield* this.#cachedFilesOf(this.#order[place] as number);
    }
  }

  /** Counts the samples until a file is needed; undefined where the plan knows nothing of it. */
  distance({ path }: FileEntry): number | undefined {
    const soonest = this.#soonestOf(path);
    if (soonest !== undefined) return this.#distanceTo(soonest);
    this.#samples ??= this.#indexByPath();
    const index = this.#samples.get(path);
    return index === undefined ? undefined : this.#distanceTo(index);
  }

  #distanceTo(index: number): number | undefined {
    const place = this.#places[index] ?? -1;
    if (place >= this.#next) return place - this.#next;
    const later = this.#laterPlaces()[index] ?? -1;
    return later < 0 ? undefined : this.#order.length - this.#next + later;
  }

  /** Finds the sample that needs a file first which several have; undefined for other files. */
  #soonestOf(path: string): number | undefined {
    return this.#shared?.soonest(path, this.#next, (index) => this.#distanceTo(index));
  }

  /** Gives the samples that come after the order, the last one first. */
  #lastAfterwards(): Int32Array {
    this.#afterwards ??= toIntegers(this.#plan.afterwards ?? [], this.#length).reverse();
    return this.#afterwards;
  }

  /** Finds the place of each sample in what comes after the order, the first one; −1 where it has none. */
  #laterPlaces(): Int32Array {
    if (this.#later !== undefined) return this.#later;
    const lastFirst = this.#lastAfterwards();
    this.#later = new Int32Array(this.#length).fill(-1);
    for (const [at, index] of lastFirst.entries()) this.#later[index] = lastFirst.length - 1 - at;
    return this.#later;
  }

  #indexByPath(): ReadonlyMap<string, number> {
    const samples = new Map<string, number>();
    for (let index = 0; index < this.#length; index++) {
      for (const { path } of this.#files.entries(index)) samples.set(path, index);
    }
    return samples;
  }

  /** Lists the files of a sample of which one is thought to be cached; none of another one. */
  #cachedFilesOf(index: number): readonly FileEntry[] {
    if (this.#mayBeCached[index] !== 1) return [];
    const entries = this.#files.entries(index);
    if (entries.some(({ path }) => this.#cached.has(path))) {
      // What several samples have may go with the one that needs it first.
      return entries.filter(({ path }) => (this.#soonestOf(path) ?? index) === index);
    }
    this.#mayBeCached[index] = 0;
    return [];
  }
}

/** Collects integers, without a list of a million being made on the way. @param expected - number that they may well be */
function toIntegers(values: Iterable<number>, expected: number): Int32Array {
  let integers = new Int32Array(expected);
  let count = 0;
  for (const value of values) {
    if (count === integers.length) {
      const more = new Int32Array(2 * count + 16);
      more.set(integers);
      integers = more;
    }
    integers[count++] = value;
  }
  return count === integers.length ? integers : integers.slice(0, count);
}
