import type { GraphData } from '../data.ts';
import type { Dataset, Work } from '../loader.ts';

type Prefetcher = NonNullable<Dataset['prefetch']>;
type Plan = Parameters<Prefetcher>[0];

/** Samples of a dataset, in an order of their own: what a filter has kept. The dataset itself stays open. */
export class SampleSubset implements Dataset {
  readonly whole: Dataset;
  readonly samples?: NonNullable<Dataset['samples']>;
  readonly prefetch?: Prefetcher;
  readonly #indices: readonly number[];

  /** @throws RangeError for an index that the dataset does not have */
  constructor(whole: Dataset, indices: readonly number[]) {
    const outside = indices.find((index) => index >= whole.length);
    if (outside !== undefined)
      throw new RangeError(`There is no sample ${outside}: there are ${whole.length}.`);
    this.whole = whole;
    this.#indices = indices;
    const { samples } = whole;
    if (samples !== undefined)
      this.samples = indices.map((index) => samples[index] as NonNullable<Dataset['samples']>[number]);
    if (whole.prefetch !== undefined) this.prefetch = (plan) => this.#prefetch(plan);
  }

  get length(): number {
    return this.#indices.length;
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
    return this.whole.get(this.#indexOf(index), options);
  }

  async work(index: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<Work> {
    if (this.whole.work === undefined) throw new TypeError('The dataset has no work for threads.');
    return this.whole.work(this.#indexOf(index), options);
  }

  /** Lets go of nothing: the samples are the dataset's. */
  close(): void {}

  #indexOf(index: number): number {
    const found = this.#indices[index];
    if (found === undefined) throw new RangeError(`There is no sample ${index}: there are ${this.length}.`);
    return found;
  }

  #prefetch(plan: Plan): ReturnType<Prefetcher> {
    const { order, afterwards } = plan;
    const mapped = { ...plan, order: this.#mapped(order) };
    const whole = this.whole as Dataset & { readonly prefetch: Prefetcher };
    return whole.prefetch(
      afterwards === undefined ? mapped : { ...mapped, afterwards: this.#mapped(afterwards) },
    );
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
