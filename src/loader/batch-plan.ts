/** A sample to load, and its place in the batches of this process. */
export interface PlannedSample {
  readonly index: number;
  /** Number of its batch in the epoch, the same for all processes. */
  readonly batch: number;
  /** Place in the batch. */
  readonly slot: number;
  /** Samples of the batch. */
  readonly of: number;
  /** True when it is there a second time, so that all processes have as many. */
  readonly padding: boolean;
}

/** Treatment of samples that cannot be shared out evenly; see `DataLoaderOptions.remainder`. */
export type Remainder = 'pad' | 'drop';

/** Rules by which samples form batches of one size. */
export interface PlanOptions {
  /** Samples of an epoch. */
  readonly count: number;
  /** Samples in a batch of one process. */
  readonly batchSize: number;
  /** True when samples that do not fill the last batch of all processes are left out. */
  readonly dropLast: boolean;
  readonly remainder: Remainder;
  readonly world: { readonly rank: number; readonly size: number };
}

/** Counts the samples that each process gets of the last batch of all processes, which is not full; 0 for none. */
function lastShare({ count, batchSize, dropLast, remainder, world }: PlanOptions): number {
  const rest = count % (batchSize * world.size);
  if (dropLast) return 0;
  return remainder === 'pad' ? Math.ceil(rest / world.size) : Math.floor(rest / world.size);
}

/** Counts the batches that each process gets. */
export function countBatches(options: PlanOptions): number {
  const { count, batchSize, world } = options;
  return Math.floor(count / (batchSize * world.size)) + (lastShare(options) > 0 ? 1 : 0);
}

/**
 * Splits an order of samples into batches: each stretch of `batchSize · world.size` samples is a batch of all
 * processes, and each process takes its slice. The last, shorter stretch is shared out evenly.
 *
 * @param from - number of the first batch that is wanted
 */
export function* planBatches(
  order: Iterable<number>,
  options: PlanOptions,
  from = 0,
): Generator<PlannedSample, void, void> {
  const { count, batchSize, world } = options;
  const stretch = batchSize * world.size;
  const full = Math.floor(count / stretch);
  const share = lastShare(options);
  const head: number[] = [];
  let position = 0;
  for (const index of order) {
    const batch = Math.floor(position / stretch);
    const of = batch < full ? batchSize : share;
    const place = position - batch * stretch - world.rank * of;
    if (head.length < world.size) head.push(index);
    if (batch >= from && place >= 0 && place < of) yield { index, batch, slot: place, of, padding: false };
    position++;
  }
  if (full < from) return;
  for (; position < full * stretch + share * world.size; position++) {
    const slot = position - full * stretch - world.rank * share;
    const index = head[(position - count) % head.length] as number;
    if (slot >= 0 && slot < share) yield { index, batch: full, slot, of: share, padding: true };
  }
}
