import type { TimeSamples } from './time-series.ts';

/** Most steps of a series: numbers of steps of all series are told apart by it. */
const STEPS_OF_SERIES = 2 ** 24;

/** Position that stands for what all steps of a series have in common. */
const COMMON_POSITION = STEPS_OF_SERIES - 1;

/** Uses of steps that are still to come: what nobody needs any more may be removed. */
export class StepUses {
  readonly #samples: TimeSamples;
  /** Uses to come of each step, by orders that are followed. */
  readonly #orders = new Set<Map<number, number>>();

  constructor(samples: TimeSamples) {
    this.#samples = samples;
  }

  /** True while an order is followed, so that what was used is removed. */
  get isFollowing(): boolean {
    return this.#orders.size > 0;
  }

  /** Counts the uses of an order, until what is returned is disposed of. */
  follow(order: Iterable<number>): Disposable {
    const uses = new Map<number, number>();
    for (const sample of order)
      for (const step of this.#stepsOf(sample)) uses.set(step, 1 + (uses.get(step) ?? 0));
    this.#orders.add(uses);
    return { [Symbol.dispose]: () => void this.#orders.delete(uses) };
  }

  /** Notes that a sample was used. */
  use(sample: number): void {
    for (const uses of this.#orders)
      for (const step of this.#stepsOf(sample)) {
        const left = (uses.get(step) ?? 0) - 1;
        if (left > 0) uses.set(step, left);
        else uses.delete(step);
      }
  }

  /**
   * Tells whether samples to come need a step of the series of one that was used: without an order those behind it.
   *
   * @param position - of the step; undefined for what all steps have in common
   */
  isNeeded(sample: number, position: number | undefined): boolean {
    const series = this.#samples.seriesOf(sample);
    const step = series * STEPS_OF_SERIES + (position ?? COMMON_POSITION);
    if (this.#orders.size > 0) return [...this.#orders].some((uses) => uses.has(step));
    for (let next = sample + 1; next < this.#samples.length; next++) {
      if (this.#samples.seriesOf(next) !== series) return false;
      const positions = this.#samples.positionsAt(next);
      if (position === undefined || positions.includes(position)) return true;
      if ((positions[0] ?? 0) > position) return false;
    }
    return false;
  }

  *#stepsOf(sample: number): Generator<number, void, void> {
    const first = this.#samples.seriesOf(sample) * STEPS_OF_SERIES;
    for (const position of this.#samples.positionsAt(sample)) yield first + position;
    yield first + COMMON_POSITION;
  }
}
