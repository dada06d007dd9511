import type { GraphData } from '../data.ts';
import type { Dataset, Work } from '../loader.ts';

type Prefetcher = NonNullable<Dataset['prefetch']>;
type Plan = Parameters<Prefetcher>[0];

/** Samples of a dataset, in an order of their own: what a filter has kept. The dataset itself stays open. */
export class SampleSubset implements Dataset {
  readonly whole: Dataset;
  readonly samples?: NonNullable<Dataset['samples']>;
  readonly prefetch?: Prefetcher;
  readonly indices: readonly number[];
  /** Prefetch for a client that asks for single samples; undefined while there is none. */
  #guess: { readonly follows: boolean; readonly plan: { close(): void } } | undefined;
  #last = -1;
  readonly #repeats: boolean;
  /** Number of open prefetches of loaders, beside which nothing is guessed. */
  #plans = 0;

  /**
   * @param repeats - whether what comes after a loader's order is taken to be that order again, since nobody knows yet
   * @throws RangeError for an index that the dataset does not have
   */
  constructor(whole: Dataset, indices: readonly number[], repeats = false) {
    const outside = indices.find((index) => index >= whole.length);
    if (outside !== undefined)
      throw new RangeError(`There is no sample ${outside}: there are ${whole.length}.`);
    this.whole = whole;
    this.indices = indices;
    this.#repeats = repeats;
    const { samples } = whole;
    if (samples !== undefined)
      this.samples = indices.map((index) => samples[index] as NonNullable<Dataset['samples']>[number]);
    if (whole.prefetch !== undefined) this.prefetch = (plan) => this.#prefetch(plan);
  }

  get length(): number {
    return this.indices.length;
  }

  get givesSamplesAway(): boolean {
    return this.whole.givesSamplesAway ?? false;
  }

  get worksAnywhere(): boolean {
    return this.whole.worksAnywhere ?? false;
  }

  get workModules(): readonly string[] {
    return this.whole.workModules ?? [];
  }

  get(index: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<GraphData> {
    const found = this.#indexOf(index);
    this.#follow(index);
    return this.whole.get(found, options);
  }

  async work(index: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<Work> {
    if (this.whole.work === undefined) throw new TypeError('The dataset has no work for threads.');
    return this.whole.work(this.#indexOf(index), options);
  }

  /** Ends what is fetched ahead; the samples are the dataset's. */
  close(): void {
    this.#endGuess();
  }

  /** Fetches the samples that come next here: those that come next in the dataset need not be among them. */
  #follow(index: number): void {
    const follows = index === this.#last + 1;
    this.#last = index;
    const { looksAhead = true } = this.whole as { readonly looksAhead?: boolean };
    if (this.#plans > 0 || follows === this.#guess?.follows || !looksAhead) return;
    this.#endGuess();
    const plan = this.whole.prefetch?.({ order: follows ? this.indices.slice(index) : [], concurrency: 1 });
    if (plan !== undefined) this.#guess = { follows, plan };
  }

  #endGuess(): void {
    this.#guess?.plan.close();
    this.#guess = undefined;
  }

  #indexOf(index: number): number {
    const found = this.indices[index];
    if (found === undefined) throw new RangeError(`There is no sample ${index}: there are ${this.length}.`);
    return found;
  }

  #prefetch(plan: Plan): ReturnType<Prefetcher> {
    const { order } = plan;
    const afterwards = this.#repeats ? order : plan.afterwards;
    const mapped = { ...plan, order: this.#mapped(order) };
    const whole = this.whole as Dataset & { readonly prefetch: Prefetcher };
    this.#endGuess();
    const prefetch = whole.prefetch(
      afterwards === undefined ? mapped : { ...mapped, afterwards: this.#mapped(afterwards) },
    );
    this.#plans++;
    let isOpen = true;
    return {
      advance: () => prefetch.advance?.(),
      close: () => {
        if (isOpen) this.#plans--;
        isOpen = false;
        prefetch.close();
      },
    };
  }

  #mapped(order: Iterable<number>): Iterable<number> {
    const indexOf = (index: number): number => this.#indexOf(index);
    return {
      *[Symbol.iterator]() {
        for (const index of order) yield indexOf(index);
      },
    };
  }
}
