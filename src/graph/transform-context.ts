import { Random } from '../core/random.ts';

/** Facts of the sample that a transform changes, and of the moment at which it does. */
export interface TransformContext<Options = unknown> {
  /** Index of the sample in its dataset. */
  readonly index: number;
  /**
   * Epoch of the loader that asked for the sample; 0 without a loader, and in a `preTransform` of which `cacheDecoded`
   * keeps the result for all epochs.
   */
  readonly epoch: number;
  /** Name of the sample, as its dataset knows it. */
  readonly id: string;
  /**
   * Function that makes random numbers in [0, 1), of 53 bits: a pure function of the loader's seed, the epoch, the index and how
   * often it was called, the same on any worker, in any world and after a resume.
   */
  readonly random: () => number;
  /** Signal that aborts when nobody waits for the sample any more. */
  readonly signal: AbortSignal;
  /** Copy of the `options` that were given with the module; undefined without them. */
  readonly options: Options;
}

/** Options of a dataset that are transforms. */
export type TransformOption = 'preTransform' | 'transform';

/** Sample for which transforms run: it survives structured cloning. */
export interface SampleRun {
  readonly id: string;
  readonly index: number;
  readonly epoch: number;
  readonly seed: number;
  /** True when what `preTransform` makes is kept for all epochs. */
  readonly isKept: boolean;
}

/** Keys that set the numbers of the two transforms of one sample apart. */
const RANDOM_KEYS: Readonly<Record<TransformOption, readonly number[]>> = {
  preTransform: [1],
  transform: [],
};

/**
 * Makes what a transform is told.
 *
 * @param given.onRandom - called when it asks for what the same mesh has otherwise elsewhere: a random number, or its index
 */
export function makeContext(
  run: SampleRun,
  option: TransformOption,
  given: {
    readonly options: unknown;
    readonly signal?: AbortSignal | undefined;
    readonly onRandom?: (() => void) | undefined;
  },
): TransformContext {
  const { id, index, seed } = run;
  const epoch = run.isKept && option === 'preTransform' ? 0 : run.epoch;
  let source: Random | undefined;
  const random = (): number => {
    if (source === undefined) given.onRandom?.();
    source ??= new Random(seed, epoch, index, ...RANDOM_KEYS[option]);
    // 27 and 26 bits of two numbers.
    return ((source.next() >>> 5) * 2 ** 26 + (source.next() >>> 6)) / 2 ** 53;
  };
  const { options, signal = new AbortController().signal } = given;
  return {
    // Datasets of some samples, and other filters, count otherwise.
    get index() {
      given.onRandom?.();
      return index;
    },
    epoch,
    id,
    random,
    signal,
    options,
  };
}
