/** A sample to load, and whether its batch is complete with it. */
export interface PlannedSample {
  readonly index: number;
  readonly endsBatch: boolean;
}

/** How samples form batches. */
export interface PlanOptions {
  /** Number of samples. */
  readonly length: number;
  readonly batchSize: number;
  /** Whether samples that do not fill the last batch are left out. */
  readonly dropLast: boolean;
}

/** Number of batches. */
export function countBatches({ length, batchSize, dropLast }: PlanOptions): number {
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

/** Splits an order of samples into batches. */
export function* planBatches(
  order: Iterable<number>,
  options: PlanOptions,
): Generator<PlannedSample, void, void> {
  const last = Math.min(options.length, countBatches(options) * options.batchSize) - 1;
  let position = 0;
  for (const index of order) {
    if (position > last) return;
    yield { index, endsBatch: position === last || (position + 1) % options.batchSize === 0 };
    position++;
  }
}
