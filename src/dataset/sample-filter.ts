import type { Sample } from '../core/dataset.ts';
import type { Metadata } from '../core/graph.ts';
import { TimeSlice } from '../core/time-slice.ts';

/** Says of a sample, by its metadata and what else is known of it, whether it belongs to the dataset. */
export type FilterFn = (metadata: Metadata, sample: Sample) => boolean | Promise<boolean>;

/**
 * Filter that is asked of all samples together, because an answer takes a while to come.
 *
 * @internal
 */
interface FilterOfAll {
  /** Says of each sample in turn whether it belongs. The samples are made as they are taken. */
  askAll(samples: Iterable<Sample>): Promise<readonly boolean[]>;
}

/** Maker of the samples that a filter is asked of, of what was read of them. */
export type SampleMaker = (sample: number, metadata: Metadata) => Sample;

/** Samples that are asked for between two looks at the time. */
const SAMPLES_PER_STEP = 16;

/** Filter at work: asks the user's function of each sample once, in their order. */
export class SampleFilter {
  readonly #filterFn: FilterFn;
  readonly #make: SampleMaker;
  readonly #signal: AbortSignal;
  readonly #kept: Uint32Array;
  #count = 0;
  #next = 0;

  /** @param length - number of samples */
  constructor(filterFn: FilterFn, length: number, make: SampleMaker, signal: AbortSignal) {
    this.#filterFn = filterFn;
    this.#make = make;
    this.#signal = signal;
    this.#kept = new Uint32Array(length);
  }

  /**
   * Offers the metadata of a sample while it is at hand: where the sample is the next one, it need not be made again. The
   * answer need only be awaited where it is a promise.
   */
  offer(sample: number, metadata: () => Metadata): void | Promise<void> {
    if (sample === this.#next && ofAll(this.#filterFn) === undefined) return this.#ask(metadata());
  }

  /** Asks of all samples that were not offered. @returns those that are kept */
  async finish(metadataAt: (sample: number) => Metadata): Promise<Uint32Array> {
    const all = ofAll(this.#filterFn);
    if (all !== undefined) return this.#askAll(all, metadataAt);
    const slice = new TimeSlice(this.#signal);
    while (this.#next < this.#kept.length) {
      const asked = this.#ask(metadataAt(this.#next));
      if (asked !== undefined) await asked;
      if (this.#next % SAMPLES_PER_STEP === 0) await slice.pause();
    }
    return this.#kept.slice(0, this.#count);
  }

  async #askAll(filter: FilterOfAll, metadataAt: (sample: number) => Metadata): Promise<Uint32Array> {
    const answers = await filter.askAll(this.#samples(metadataAt));
    this.#signal.throwIfAborted();
    for (const [sample, isKept] of answers.entries()) if (isKept) this.#kept[this.#count++] = sample;
    return this.#kept.slice(0, this.#count);
  }

  *#samples(metadataAt: (sample: number) => Metadata): Generator<Sample, void, void> {
    for (let sample = 0; sample < this.#kept.length; sample++) {
      this.#signal.throwIfAborted();
      yield this.#make(sample, metadataAt(sample));
    }
  }

  #ask(metadata: Metadata): void | Promise<void> {
    this.#signal.throwIfAborted();
    const sample = this.#next++;
    const offered = this.#make(sample, metadata);
    const answer: unknown = this.#filterFn(offered.metadata, offered);
    // Nothing is awaited a million times that need not be.
    if (typeof answer !== 'boolean') return this.#askLater(sample, answer);
    if (answer) this.#kept[this.#count++] = sample;
  }

  async #askLater(sample: number, answer: unknown): Promise<void> {
    if (await answer) this.#kept[this.#count++] = sample;
  }
}

function ofAll(filterFn: FilterFn): FilterOfAll | undefined {
  return 'askAll' in filterFn ? (filterFn as unknown as FilterOfAll) : undefined;
}
