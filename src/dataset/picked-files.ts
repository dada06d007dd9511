import type { FileEntry, ReadOptions } from '../core/source.ts';
import { checkIndex, type HeldSample, type HoldSampleOptions, type SampleFiles } from './sample-files.ts';

/** Files of some samples, by their places among all; nothing is closed with them. */
export class PickedFiles implements SampleFiles {
  readonly #files: SampleFiles;
  readonly #places: Uint32Array;

  constructor(files: SampleFiles, places: Uint32Array) {
    this.#files = files;
    this.#places = places;
  }

  entries(index: number): readonly FileEntry[] {
    return this.#files.entries(this.#placeOf(index));
  }

  sharedEntries(index: number): readonly FileEntry[] | undefined {
    return this.#files.sharedEntries?.(this.#placeOf(index));
  }

  bytes(index: number): number {
    return this.#files.bytes(this.#placeOf(index));
  }

  hold(index: number, options?: HoldSampleOptions): Promise<HeldSample> {
    return this.#files.hold(this.#placeOf(index), options);
  }

  isCached(index: number, options?: ReadOptions): Promise<boolean> {
    return this.#files.isCached(this.#placeOf(index), options);
  }

  follow(order: Iterable<number>): Disposable {
    const places = this.#places;
    const all = (function* (): Generator<number, void, void> {
      for (const index of order) yield places[index] as number;
    })();
    return this.#files.follow?.(all) ?? { [Symbol.dispose]: () => undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #placeOf(index: number): number {
    checkIndex(index, this.#places.length);
    return this.#places[index] as number;
  }
}
