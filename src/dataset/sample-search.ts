import type { TextIndex } from '../columns/text-index.ts';
import type { ListedSamples } from './sample-listing.ts';

/** Search of samples by their paths, which costs little where they are asked for in the order of the listing. */
export class SampleSearch {
  readonly #samples: ListedSamples;
  readonly #signal: AbortSignal;
  #next = 0;
  #index: TextIndex | undefined;

  constructor(samples: ListedSamples, signal: AbortSignal) {
    this.#samples = samples;
    this.#signal = signal;
  }

  /** Finds a sample; undefined for a path that is none. What it returns need only be awaited where it is a promise. */
  find(path: string): number | undefined | Promise<number | undefined> {
    const { listing, rows } = this.#samples;
    const next = this.#next;
    if (next < rows.length && listing.files.pathAt(rows[next] as number) === path) return this.#next++;
    if (this.#index === undefined) return this.#findSlowly(path);
    return this.#toSample(this.#index.find(path));
  }

  async #findSlowly(path: string): Promise<number | undefined> {
    this.#index = await this.#samples.listing.index(this.#signal);
    return this.#toSample(this.#index.find(path));
  }

  #toSample(row: number | undefined): number | undefined {
    if (row === undefined) return undefined;
    const sample = placeOf(this.#samples.rows, row);
    if (sample !== undefined) this.#next = sample + 1;
    return sample;
  }
}

/** Finds the place of a number among ascending ones; undefined where it is not there. */
export function placeOf(ascending: Uint32Array, value: number): number | undefined {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === value ? low : undefined;
}
