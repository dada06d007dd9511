import { ConfigError } from '../core/errors.ts';
import { Random } from '../core/random.ts';
import { showValue } from '../core/show-value.ts';

/**
 * An order of samples of your own: indices of the dataset, any of them as often as it likes. A function is
 * called once an epoch; called again for the same epoch, it must give the same.
 */
export type Sampler = Iterable<number> | ((epoch: number) => Iterable<number>);

/** Facts that the order of an epoch hangs on. */
export interface SamplerOptions {
  /** Number of samples, below 2^32. */
  readonly length: number;
  readonly shuffle: boolean;
  /** Seed and epoch, safe integers. */
  readonly seed: number;
  readonly epoch: number;
}

/**
 * Yields the indices `0 … length − 1` in the order of an epoch, each once: a pure function of its options, the same on
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

/** Shuffles an order as {@link sampleOrder} does. */
export function shuffleOrder(order: readonly number[], seed: number, epoch: number): readonly number[] {
  const places = sampleOrder({ length: order.length, shuffle: true, seed, epoch });
  return Array.from(places, (place) => order[place] as number);
}

/**
 * Takes the order that a sampler gives for an epoch.
 *
 * @throws ConfigError (option `sampler`) for anything that is no index of the dataset
 */
export function takeOrder(sampler: Sampler, epoch: number, length: number): readonly number[] {
  const given = typeof sampler === 'function' ? sampler(epoch) : sampler;
  if (typeof given?.[Symbol.iterator] !== 'function') {
    throw new ConfigError(
      'sampler',
      `The sampler gave no indices for epoch ${epoch}: it must return an array or another iterable, at once rather than as a promise.`,
    );
  }
  const order = [...given];
  for (const [position, index] of order.entries()) {
    if (Number.isInteger(index) && index >= 0 && index < length) continue;
    const range =
      length === 0 ? 'the dataset is empty' : `an index must be a whole number in 0 … ${length - 1}`;
    throw new ConfigError(
      'sampler',
      `The sampler gave ${showValue(index)} at place ${position} of epoch ${epoch}: ${range}.`,
    );
  }
  return order;
}

/**
 * Refuses a sampler that serves one epoch only.
 *
 * @throws ConfigError (option `sampler`)
 */
export function checkSampler(sampler: Sampler): void {
  if (typeof sampler === 'function') return;
  if (typeof sampler?.[Symbol.iterator] !== 'function') {
    throw new ConfigError(
      'sampler',
      'sampler must be indices (an array, say) or a function of the epoch that gives them.',
    );
  }
  if ((sampler[Symbol.iterator]() as unknown) !== sampler) return;
  throw new ConfigError(
    'sampler',
    'The sampler is a generator or another iterator, which is used up after one epoch: give an array, or a function of the epoch.',
  );
}
