import { Random } from './random.ts';

/** What the order of an epoch hangs on. */
export interface SamplerOptions {
  /** Number of samples, below 2^32. */
  readonly length: number;
  readonly shuffle: boolean;
  /** Safe integers. */
  readonly seed: number;
  readonly epoch: number;
}

/**
 * The indices `0 … length − 1` in the order of an epoch, each once: a pure function of its options, the same on
 * every platform. Shuffled, every order is as likely as any other (Fisher–Yates, a step for each index taken).
 */
export function* sampleOrder({
  length,
  shuffle,
  seed,
  epoch,
}: SamplerOptions): Generator<number, void, void> {
  if (!shuffle) {
    for (let index = 0; index < length; index++) yield index;
    return;
  }
  const random = new Random(seed, epoch);
  const rest = new Uint32Array(length).map((_, index) => index);
  for (let position = 0; position < length; position++) {
    const chosen = position + random.below(length - position);
    const index = rest[chosen] as number;
    rest[chosen] = rest[position] as number;
    yield index;
  }
}
