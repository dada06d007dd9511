import { abortable } from '../core/abort.ts';
import type { Prefetch, PrefetchPlan } from '../core/dataset.ts';
import { isVascuError } from '../core/errors.ts';
import type { EvictionAdvice } from '../core/eviction-advice.ts';
import { Lifetime } from '../core/lifetime.ts';
import type { FileEntry } from '../core/source.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { Anticipation } from './anticipation.ts';
import type { DecodedFiles } from './decoded-files.ts';
import type { Demand } from './demand.ts';
import { FetchWindow } from './fetch-window.ts';
import { PlanOrder } from './plan-order.ts';
import {
  bytesOf,
  type HeldSample,
  type HoldSampleOptions,
  type SampleFiles,
  toHeldSample,
} from './sample-files.ts';

/** Part of a streamer that is needed to have files fetched ahead. */
export type PrefetchingStreamer = Pick<
  DataStreamer,
  'advise' | 'anticipate' | 'anticipates' | 'capacity' | 'concurrencyFor' | 'maxConcurrency'
>;

/** Options of {@link Prefetcher}. */
export interface PrefetcherOptions {
  /** Streamer that brings the files: it knows how much fits on the way, and takes advice of what to keep. */
  readonly streamer: PrefetchingStreamer;
  /** Samples in decoded form, whose files are not needed; undefined where none are kept. */
  readonly decoded: DecodedFiles | undefined;
  /** Samples that somebody waits for, of all plans. */
  readonly demand: Demand;
  /** Number of samples. */
  readonly length: number;
  /** Samples ahead at the most; undefined for as many as fill the way to the source. */
  readonly maxSamples: number | undefined;
  /** Signal that ends all fetches, also of samples that somebody took. */
  readonly signal: AbortSignal;
}

/** Bytes of files that are fetched ahead where the plan does not say. */
const DEFAULT_MAX_BYTES = 256 * 1024 ** 2;

/** Bytes of small files that may be ahead, and samples: the line goes on while the loop waits for a file that is slow. */
const SMALL_FILES = { bytes: 16 * 1024 ** 2, samples: 256 } as const;

/** Samples at the most of which it is found out what is cached before the first one is fetched: that takes no time. */
const QUICK_SAMPLES = 10_000;

/** A sample that is on its way to this machine, or there. */
interface Slot {
  readonly index: number;
  /** Bytes that it takes: at first as many as others took of their files. */
  bytes: number;
  /** True while it counts among the bytes ahead. */
  isAhead: boolean;
  /** True while somebody has it whom the order has not reached. @defaultValue false */
  isTaken?: boolean;
  readonly files: Promise<HeldSample>;
  /** Ends its fetch: for whoever asked for it, and for all that nobody asked for when the prefetcher is closed. */
  readonly stop: AbortController;
  /** Files of it once they are here, until somebody takes them or they have to make room. */
  held?: HeldSample | undefined;
  /** True once its files were let go of to make room. @defaultValue false */
  isLetGo?: boolean;
}

/** A sample that was asked for before its files may be fetched. */
interface Waiting {
  readonly bytes: number;
  readonly begin: () => void;
}

/**
 * Plan at work: fetches the files of its samples in their order and holds them until they are asked for: so the
 * next ones are never removed to make room. Of what makes room otherwise it says which files are needed last.
 */
export class Prefetcher implements Prefetch, EvictionAdvice<FileEntry> {
  readonly #files: SampleFiles;
  readonly #options: PrefetcherOptions;
  readonly #plan: PrefetchPlan;
  readonly #order: PlanOrder;
  readonly #ahead: Slot[] = [];
  /** Samples that somebody took before the order has reached them, in the order of their taking. */
  readonly #taken: Slot[] = [];
  #takenCount = 0;
  #takenBytes = 0;
  /** Samples that were asked for before their turn. */
  readonly #early = new Map<number, number>();
  /** Samples that the source is told of ahead; undefined where it does not want to know. */
  readonly #anticipation: Anticipation | undefined;
  readonly #advising: Disposable;
  readonly #lifetime: Lifetime;
  readonly #window: FetchWindow;
  readonly #waiting: Waiting[] = [];
  #aheadBytes = 0;
  /** Bytes of the files that came last, and what was fetched of them; about the last ten count. */
  #came = { listed: 0, taken: 0 };
  #maxBytes = 0;

  constructor(files: SampleFiles, plan: PrefetchPlan, options: PrefetcherOptions) {
    this.#files = files;
    this.#lifetime = new Lifetime('The prefetch', options.signal);
    this.#options = options;
    this.#plan = plan;
    this.#window = new FetchWindow(
      (bytes) => this.#concurrencyFor(bytes),
      () => options.streamer.maxConcurrency,
    );
    this.#order = new PlanOrder(files, plan, options.length);
    if (options.streamer.anticipates) {
      this.#anticipation = new Anticipation(files, this.#order, { ...options, seed: plan.seed ?? 0 });
    }
    this.#advising = options.streamer.advise(this);
    // Whoever asks for a sample meets the same failure.
    this.#lifetime.run(undefined, (signal) => this.#begin(signal)).catch(() => undefined);
  }

  /**
   * Gives the held files of a sample of the order, which from now on are the caller's to let go; undefined for a sample
   * that is not, or no longer, to come.
   */
  take(index: number, signal: AbortSignal | undefined): Promise<HeldSample> | undefined {
    if (this.#isEnded) return undefined;
    const at = this.#ahead.findIndex((slot) => slot.index === index);
    if (at < 0 && this.#order.isPast(index)) return undefined;
    const [slot] = at < 0 ? [this.#startInTurn(index)] : this.#ahead.splice(at, 1);
    if (slot === undefined) return undefined;
    if (at < 0) this.#early.set(index, (this.#early.get(index) ?? 0) + 1);
    else this.#countAhead(slot, false);
    this.#countTaken(slot);
    const files = slot.isLetGo === true ? this.#startInTurn(index, slot.stop).files : this.#orInTurn(slot);
    this.#fill();
    const waited = abortable(files, signal).catch((error: unknown) => {
      slot.stop.abort(error);
      letGo(files);
      throw error;
    });
    return this.#options.demand.during(() => waited);
  }

  advance(): void {
    this.#fill();
  }

  /** Gives up what nobody asked for, and waits for the fetches that end. */
  close(): Promise<void> {
    this.#advising[Symbol.dispose]();
    const closing = this.#lifetime.close();
    const reason = new Error('Nobody needs this sample any more.');
    for (const { files, isLetGo, stop } of this.#ahead.splice(0)) {
      stop.abort(reason);
      if (isLetGo !== true) letGo(files);
    }
    for (const { begin } of this.#waiting.splice(0)) begin();
    return closing;
  }

  get #isEnded(): boolean {
    return this.#lifetime.signal.aborted;
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const capacity = await this.#options.streamer.capacity();
    if (capacity === undefined || this.#isEnded) return;
    this.#maxBytes = Math.min(this.#plan.maxBytes ?? DEFAULT_MAX_BYTES, capacity / 2);
    if (this.#options.length > QUICK_SAMPLES) this.#fill();
    await this.#order.findCached(capacity, signal);
    this.#fill();
  }

  /** Starts what may be started. */
  #fill(): void {
    const { maxSamples } = this.#options;
    this.#passReached();
    while (!this.#isEnded && this.#waiting[0] !== undefined) {
      if (!this.#window.admits(this.#waiting[0].bytes)) return;
      this.#waiting.shift()?.begin();
    }
    for (let index = this.#order.next; index !== undefined; index = this.#order.next) {
      if (this.#isEnded || this.#maxBytes === 0) return;
      const early = this.#early.get(index) ?? 0;
      if (early > 0) {
        this.#early.set(index, early - 1);
        this.#order.advance();
        continue;
      }
      const bytes = this.#expect(this.#files.entries(index));
      const concurrency = this.#concurrencyFor(bytes);
      const most = maxSamples ?? Math.max(2 * concurrency, 2 * this.#plan.concurrency);
      const ahead = this.#ahead.length + this.#taken.length;
      if ((maxSamples === undefined ? this.#ahead.length : ahead) >= most && !this.#mayBridge(bytes)) return;
      if (!this.#window.admits(bytes)) return this.#tellSource(concurrency, ahead);
      if (ahead > 0 && this.#aheadBytes + this.#takenBytes + bytes > this.#maxBytes) return;
      this.#order.advance();
      const slot = this.#start(index);
      this.#countAhead(slot, true);
      this.#ahead.push(slot);
    }
  }

  /** Tells the source of what comes next, as far as samples may be ahead. */
  #tellSource(concurrency: number, ahead: number): void {
    const { maxSamples = Infinity } = this.#options;
    this.#anticipation?.reach(concurrency, maxSamples - ahead, this.#lifetime.signal);
  }

  /** Says whether so many bytes more may be ahead, beyond the samples that fill the way to the source. */
  #mayBridge(bytes: number): boolean {
    if (this.#options.maxSamples !== undefined || this.#ahead.length >= SMALL_FILES.samples) return false;
    return this.#aheadBytes + bytes <= SMALL_FILES.bytes;
  }

  /** Starts what somebody waits for: before all else, but not beside what is waited for already where that fills the way. */
  #startInTurn(index: number, stop = new AbortController()): Slot {
    const bytes = this.#expect(this.#files.entries(index));
    if (this.#waiting.length === 0 && this.#window.admits(bytes)) return this.#start(index, stop);
    const files = new Promise<HeldSample>((resolve) => {
      this.#waiting.push({ bytes, begin: () => resolve(this.#start(index, stop).files) });
    });
    files.catch(() => undefined); // It fails when its turn comes.
    return { index, bytes, isAhead: false, files, stop };
  }

  /** Waits for the files of a sample that was started ahead; what found no room then is tried again now that it is needed. */
  async #orInTurn({ index, files, stop }: Slot): Promise<HeldSample> {
    try {
      return await files;
    } catch (error) {
      if (!isVascuError(error, 'CACHE')) throw error;
      return await this.#start(index, stop).files;
    }
  }

  #start(index: number, stop = new AbortController()): Slot {
    const entries = this.#files.entries(index);
    const bytes = this.#expect(entries);
    const { signal } = this.#options;
    const follow = (): void => stop.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow);
    const fetch = this.#window.begin(bytes, () => this.#fill());
    const files = this.#hold(index, { signal: stop.signal, onProgress: fetch.receive }).finally(() => {
      signal.removeEventListener('abort', follow);
      fetch.end();
      this.#order.countCached(index);
      this.#fill();
    });
    const slot: Slot = { index, bytes, isAhead: false, files, stop };
    // It fails when its turn comes.
    this.#lifetime.track(files.then((held) => this.#arrived(slot, entries, held)).catch(() => undefined));
    return slot;
  }

  #countAhead(slot: Slot, isAhead: boolean): void {
    if (slot.isAhead !== isAhead) this.#aheadBytes += isAhead ? slot.bytes : -slot.bytes;
    slot.isAhead = isAhead;
  }

  /** Counts a sample that somebody takes: it is ahead until the order reaches it, where that is known. */
  #countTaken(slot: Slot): void {
    if (this.#plan.reached === undefined) return;
    this.#takenCount++;
    this.#takenBytes += slot.bytes;
    slot.isTaken = true;
    this.#taken.push(slot);
  }

  #passReached(): void {
    const reached = this.#plan.reached?.() ?? 0;
    while (this.#taken.length > 0 && this.#takenCount - this.#taken.length < reached) {
      const slot = this.#taken.shift() as Slot;
      slot.isTaken = false;
      this.#takenBytes -= slot.bytes;
    }
  }

  /** Corrects what was thought to come of a sample's files: of some of them only parts are fetched. */
  #arrived(slot: Slot, entries: readonly FileEntry[], held: HeldSample): void {
    const taken = held.bytes ?? held.files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (slot.isAhead) this.#aheadBytes += taken - slot.bytes;
    if (slot.isTaken) this.#takenBytes += taken - slot.bytes;
    slot.bytes = taken;
    slot.held = held;
    if (held.files.length === 0) return; // They were not needed.
    const { listed, taken: before } = this.#came;
    this.#came = { listed: 0.9 * listed + bytesOf(entries), taken: 0.9 * before + taken };
    this.#fill();
  }

  /** Counts the samples of so many bytes that fill the way to the source. Of parts the head comes first: each waits twice. */
  #concurrencyFor(bytes: number): number {
    const trips = this.#came.taken < this.#came.listed ? 2 : 1;
    return trips * this.#options.streamer.concurrencyFor(bytes);
  }

  /** Estimates the bytes that will be taken of files, by what was taken of others. */
  #expect(entries: readonly FileEntry[]): number {
    const { listed, taken } = this.#came;
    return listed === 0 ? bytesOf(entries) : Math.ceil((bytesOf(entries) * taken) / listed);
  }

  async #hold(
    index: number,
    options: HoldSampleOptions & { readonly signal: AbortSignal },
  ): Promise<HeldSample> {
    const { signal } = options;
    signal.throwIfAborted();
    const { seed = 0 } = this.#plan;
    const isDecoded = await this.#options.decoded?.isKept(
      this.#files.entries(index),
      { index, seed },
      signal,
    );
    return isDecoded === true ? toHeldSample([]) : this.#files.hold(index, options);
  }

  order(): Iterable<FileEntry> {
    return this.#order.lastFirst();
  }

  distance(entry: FileEntry): number | undefined {
    return this.#order.distance(entry);
  }

  gone(entry: FileEntry): void {
    this.#order.forget(entry);
  }

  /** Lets go of the files that are needed last of those that are here, where what is needed now waits for room. */
  waiting(): void {
    if (this.#options.demand.isNone) return;
    const slot = this.#ahead.findLast(({ held, isLetGo }) => held !== undefined && isLetGo !== true);
    if (slot?.held === undefined) return;
    slot.held.release();
    slot.isLetGo = true; // It counts as ahead until it is asked for, so that nothing else takes the room.
  }
}

/** Lets go of a sample as soon as its files are here. */
function letGo(files: Promise<HeldSample>): void {
  files.then(
    (held) => held.release(),
    () => undefined,
  );
}
