import type { Dataset } from '../core/dataset.ts';
import { Fingerprint } from '../core/fingerprint.ts';
import { TimeSlice, turn } from '../core/time-slice.ts';
import { nameSample } from './name-sample.ts';

/** Samples whose ids are taken in at once: those of more are, where there is time, between other work. */
const MAX_SAMPLES_AT_ONCE = 16_384;

/** Samples that are taken in between two looks at the time. */
const SAMPLES_PER_STEP = 256;

/** Fingerprint of the ids of a dataset's samples, as far as it has been made. */
class IdsPrint {
  readonly samples: NonNullable<Dataset['samples']>;
  readonly length: number;
  readonly #dataset: Dataset;
  readonly #print = new Fingerprint();
  #next = 0;
  #text: string | undefined;

  constructor(dataset: Dataset, samples: NonNullable<Dataset['samples']>) {
    this.#dataset = dataset;
    this.samples = samples;
    this.length = dataset.length;
  }

  get isWhole(): boolean {
    return this.#next === this.length;
  }

  /** Takes in the next ids, so many at the most. */
  advance(count: number): void {
    const end = Math.min(this.length, this.#next + count);
    while (this.#next < end) {
      this.#print.addText(nameSample(this.#dataset, this.#next));
      // An id that cannot be made is asked for again.
      this.#next++;
    }
  }

  /** Gives the fingerprint of all. */
  text(): string {
    this.advance(Infinity);
    if (this.#text !== undefined) return this.#text;
    // Ids tell the first step of a window: with those of one sample they tell all.
    for (const step of this.samples[0]?.steps ?? []) this.#print.addText(String(step));
    this.#text = this.#print.toString();
    return this.#text;
  }
}

/** Fingerprints of datasets: of a million samples one takes a part of a second, and each epoch asks for it. */
const prints = new WeakMap<Dataset, IdsPrint>();

/** Computes the fingerprint of the ids of a dataset's samples; undefined where it does not tell these. */
export function fingerprintOfIds(dataset: Dataset): string | undefined {
  return printOf(dataset)?.text();
}

/** Makes the fingerprint of many ids ahead, between other work, so that whoever asks for it does not wait. */
export async function fingerprintAhead(dataset: Dataset, signal: AbortSignal): Promise<void> {
  if (dataset.length <= MAX_SAMPLES_AT_ONCE) return;
  const print = printOf(dataset);
  await turn();
  const slice = new TimeSlice(signal);
  while (print?.isWhole === false) {
    print.advance(SAMPLES_PER_STEP);
    await slice.pause();
  }
}

function printOf(dataset: Dataset): IdsPrint | undefined {
  const { samples, length } = dataset;
  if (samples === undefined) return undefined;
  const known = prints.get(dataset);
  if (known?.samples === samples && known.length === length) return known;
  const print = new IdsPrint(dataset, samples);
  prints.set(dataset, print);
  return print;
}
