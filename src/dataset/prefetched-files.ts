import type { Prefetch, PrefetchPlan } from '../core/dataset.ts';
import type { FileEntry, ReadOptions } from '../core/source.ts';
import type { DecodedFiles } from './decoded-files.ts';
import type { Demand } from './demand.ts';
import { Prefetcher, type PrefetchingStreamer } from './prefetcher.ts';
import type { HeldSample, HoldSampleOptions, SampleFiles } from './sample-files.ts';

/** Options of {@link PrefetchedFiles}. */
export interface PrefetchedFilesOptions {
  /** Streamer that brings the files: it knows how much fits on the way, and takes advice of what to keep. */
  readonly streamer: PrefetchingStreamer;
  /** Samples in decoded form, whose files are not needed; undefined where none are kept. */
  readonly decoded: DecodedFiles | undefined;
  /** Number of samples. */
  readonly length: number;
  /** Samples ahead at the most, 0 for none; undefined for as many as fill the way to the source. */
  readonly prefetchSize: number | undefined;
  /** Samples that somebody waits for; shared by all that have files of one streamer fetched ahead. */
  readonly demand: Demand;
  /** Signal that ends all fetches. */
  readonly signal: AbortSignal;
  /** True when what was used is removed: then it has to be known who needs it later. @defaultValue false */
  readonly removes?: boolean | undefined;
}

/** Samples ahead of whoever asks for one after the other without a plan. */
const DEFAULT_GUESSED_SAMPLES = 5;

/**
 * Files of samples that come ahead of their use: in the orders of plans, or, without a plan, one after the other where
 * they are asked for so. What does not come ahead comes when it is asked for.
 */
export class PrefetchedFiles implements SampleFiles {
  readonly #inner: SampleFiles;
  readonly #options: PrefetchedFilesOptions;
  readonly #plans = new Set<Prefetcher>();
  /** Works ahead of whoever asks for one sample after the other. */
  #guess: Prefetcher | undefined;
  #last = -1;
  /** Plans that have ended, of which fetches still do. */
  readonly #ending = new Set<Promise<void>>();

  /** @param inner - brings the files; it is disposed of with these */
  constructor(inner: SampleFiles, options: PrefetchedFilesOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  entries(index: number): readonly FileEntry[] {
    return this.#inner.entries(index);
  }

  sharedEntries(index: number): readonly FileEntry[] | undefined {
    return this.#inner.sharedEntries?.(index);
  }

  async hold(index: number, options: HoldSampleOptions = {}): Promise<HeldSample> {
    const held = await this.#take(index, options.signal);
    // Without files where the decoded form was there a moment ago.
    if (held !== undefined && held.files.length > 0) return held;
    return this.#options.demand.during(() => this.#inner.hold(index, options));
  }

  bytes(index: number): number {
    return this.#inner.bytes(index);
  }

  isCached(index: number, options: ReadOptions = {}): Promise<boolean> {
    return this.#inner.isCached(index, options);
  }

  /** Fetches files in the order in which their samples are going to be asked for. */
  prefetch(plan: PrefetchPlan): Prefetch {
    const { prefetchSize, removes = false } = this.#options;
    const following = removes ? this.#inner.follow?.(plan.order) : undefined;
    if (prefetchSize === 0) return { close: () => following?.[Symbol.dispose]() };
    this.#endGuess();
    const prefetcher = this.#makePrefetcher(plan, prefetchSize);
    this.#plans.add(prefetcher);
    return {
      advance: () => prefetcher.advance(),
      close: () => {
        following?.[Symbol.dispose]();
        this.#plans.delete(prefetcher);
        this.#end(prefetcher);
      },
    };
  }

  skip(index: number): void {
    this.#take(index, this.#options.signal)?.then(
      (held) => held.release(),
      () => undefined,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const prefetcher of this.#plans) this.#end(prefetcher);
    this.#endGuess();
    await Promise.all(this.#ending);
    await this.#inner[Symbol.asyncDispose]();
  }

  /** Takes the files of a sample that come ahead; undefined where they do not. */
  #take(index: number, signal: AbortSignal | undefined): Promise<HeldSample> | undefined {
    for (const prefetcher of this.#plans) {
      const held = prefetcher.take(index, signal);
      if (held !== undefined) return held;
    }
    const { prefetchSize = DEFAULT_GUESSED_SAMPLES, length } = this.#options;
    const follows = index === this.#last + 1;
    this.#last = index;
    if (!follows || prefetchSize === 0 || this.#plans.size > 0) {
      this.#endGuess();
      return undefined;
    }
    this.#guess ??= this.#makePrefetcher({ order: range(index, length), concurrency: 1 }, prefetchSize);
    return this.#guess.take(index, signal);
  }

  #makePrefetcher(plan: PrefetchPlan, maxSamples: number | undefined): Prefetcher {
    return new Prefetcher(this.#inner, plan, { ...this.#options, maxSamples });
  }

  #endGuess(): void {
    if (this.#guess !== undefined) this.#end(this.#guess);
    this.#guess = undefined;
  }

  #end(prefetcher: Prefetcher): void {
    const ending = prefetcher.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}

/** Yields the whole numbers from one to below another. */
function* range(from: number, to: number): Generator<number, void, void> {
  for (let index = from; index < to; index++) yield index;
}
