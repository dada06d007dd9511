import type { DataStreamer } from '../streamers/data-streamer.ts';
import type { DecodedFiles } from './decoded-files.ts';
import type { PlanOrder } from './plan-order.ts';
import type { SampleFiles } from './sample-files.ts';

/** Samples of which a source is told at the least and at the most, behind those whose files are under way. */
const TOLD_SAMPLES = { least: 16, most: 128 } as const;

/** Options of {@link Anticipation}. */
export interface AnticipationOptions {
  readonly streamer: Pick<DataStreamer, 'anticipate'>;
  /** Samples in decoded form, whose files are not needed; undefined where none are kept. */
  readonly decoded: DecodedFiles | undefined;
  /** Seed of the plan. */
  readonly seed: number;
}

/** Samples of a plan whose files come next, told to a source that can find out ahead where they lie. */
export class Anticipation {
  readonly #files: SampleFiles;
  readonly #order: PlanOrder;
  readonly #options: AnticipationOptions;
  /** Place in the order of the first sample that it was not told of. */
  #next = 0;
  #goal = 0;
  #isTelling = false;

  constructor(files: SampleFiles, order: PlanOrder, options: AnticipationOptions) {
    this.#files = files;
    this.#order = order;
    this.#options = options;
  }

  /**
   * Tells the source of so many samples more than those whose files are under way; of cached ones nothing.
   *
   * @param most - samples that may be ahead beside those
   */
  reach(samples: number, most: number, signal: AbortSignal): void {
    const ahead = Math.min(most, TOLD_SAMPLES.most, Math.max(TOLD_SAMPLES.least, samples));
    this.#goal = this.#order.place + ahead;
    if (this.#isTelling || this.#next >= this.#goal) return;
    this.#isTelling = true;
    this.#tell(signal)
      .catch(() => undefined) // Whoever asks for the sample meets the same.
      .finally(() => {
        this.#isTelling = false;
      });
  }

  async #tell(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#next = Math.max(this.#next, this.#order.place);
      const index = this.#next < this.#goal ? this.#order.at(this.#next) : undefined;
      if (index === undefined) return;
      this.#next++;
      if (!(await this.#isHere(index, signal))) {
        this.#options.streamer.anticipate(this.#files.entries(index));
      }
    }
  }

  async #isHere(index: number, signal: AbortSignal): Promise<boolean> {
    if (await this.#files.isCached(index, { signal })) return true;
    const { decoded, seed } = this.#options;
    return (await decoded?.isKept(this.#files.entries(index), { index, seed }, signal)) === true;
  }
}
