import type { ByteRange } from '../core/source.ts';
import type { CachedRange } from './range-store.ts';

/** Layouts that are remembered. */
const MAX_LAYOUTS = 256;

/**
 * Guesses at what is wanted of a file before its head has come: what was wanted of the last one of the same size. The
 * steps of a simulation that are not compressed lie alike, so that each comes in one round trip instead of two. A guess
 * that was wrong is the last one.
 */
export class PlanGuesses {
  readonly #ranges = new Map<string, readonly ByteRange[]>();
  #wasWrong = false;

  /** Finds the parts to be fetched, the head first; undefined where nothing is known. */
  find(key: string | undefined): readonly ByteRange[] | undefined {
    return key === undefined || this.#wasWrong ? undefined : this.#ranges.get(key);
  }

  /** Remembers what was wanted of a file. */
  learn(key: string | undefined, parts: readonly ByteRange[]): void {
    if (key === undefined || this.#wasWrong) return;
    const ranges = parts.map(({ start, end }) => ({ start, end })).sort((a, b) => a.start - b.start);
    this.#ranges.delete(key);
    this.#ranges.set(key, ranges);
    if (this.#ranges.size > MAX_LAYOUTS) this.#ranges.delete(this.#ranges.keys().next().value as string);
  }

  /**
   * Compares what was fetched by guess with the places at which the file is cut; what is no part of it is removed.
   *
   * @param cuts - all that can be parts of the file
   */
  judge(guessed: CachedRange[], cuts: readonly ByteRange[]): void {
    const names = new Set(cuts.map(({ start, end }) => `${start}-${end}`));
    for (const { start, end, held } of guessed) {
      if (names.has(`${start}-${end}`)) continue;
      held.release({ remove: true });
      this.#wasWrong = true;
    }
    if (this.#wasWrong) this.#ranges.clear();
  }
}
