import type { TextColumn } from '../columns/text-column.ts';
import { TextIndex } from '../columns/text-index.ts';
import type { TimeSlice } from '../core/time-slice.ts';

/** Keys that are looked at between two looks at the time. */
const KEYS_PER_STEP = 64;

/** Search of samples by their keys, which costs little where they are asked for in their order. */
export class KeySearch {
  readonly #keys: TextColumn;
  readonly length: number;
  readonly #slice: TimeSlice;
  #index: TextIndex | undefined;
  #next = 0;

  constructor(keys: TextColumn, length: number, slice: TimeSlice) {
    this.#keys = keys;
    this.length = length;
    this.#slice = slice;
  }

  /** Goes back to the first sample. */
  restart(): void {
    this.#next = 0;
  }

  /** Finds the last sample of a key; what it returns need only be awaited where it is a promise. */
  find(key: string): number | undefined | Promise<number | undefined> {
    if (this.#next < this.length && this.#keys.at(this.#next) === key) return this.#next++;
    return this.#index === undefined ? this.#findSlowly(key) : this.#jump(this.#index.find(key));
  }

  /** Finds the samples whose keys others have too: of each the last one that has its key. */
  async findTwins(): Promise<ReadonlyMap<number, number>> {
    const twins = new Map<number, number>();
    if (await this.#isAscending()) return twins;
    const index = await this.#indexed();
    for (let sample = 0; sample < this.length; sample++) {
      const last = index.find(this.#keys.at(sample)) as number;
      if (last !== sample) twins.set(sample, last).set(last, last);
      if (sample % KEYS_PER_STEP === 0) await this.#slice.pause();
    }
    return twins;
  }

  async #isAscending(): Promise<boolean> {
    for (let sample = 1, before = this.length > 0 ? this.#keys.at(0) : ''; sample < this.length; sample++) {
      const key = this.#keys.at(sample);
      if (key <= before) return false;
      before = key;
      if (sample % KEYS_PER_STEP === 0) await this.#slice.pause();
    }
    return true;
  }

  async #findSlowly(key: string): Promise<number | undefined> {
    return this.#jump((await this.#indexed()).find(key));
  }

  #jump(found: number | undefined): number | undefined {
    if (found !== undefined) this.#next = found + 1;
    return found;
  }

  async #indexed(): Promise<TextIndex> {
    this.#index ??= await TextIndex.build((row) => this.#keys.at(row), this.length, this.#slice);
    return this.#index;
  }
}
