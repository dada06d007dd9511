import { ConfigError } from '../core/errors.ts';
import type { PlannedSample, Remainder } from './batch-plan.ts';

/** Size of a sample. */
export interface SampleSize {
  readonly numNodes: number;
  /** Directed edges; needed with `maxEdgesPerBatch`. */
  readonly numEdges?: number | undefined;
}

/** Limits of what a batch may hold. A batch has at least one sample. */
export interface Budget {
  readonly maxSamples: number;
  readonly maxNodes: number;
  readonly maxEdges: number;
  /** Treatment of a sample that is over the budget by itself. */
  readonly oversize: 'alone' | 'error';
}

/** Filling of batches one after the other with samples in their order (next fit). */
export class BatchFill {
  readonly #budget: Budget;
  #samples = 0;
  #nodes = 0;
  #edges = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Samples of the batch that is being filled. */
  get samples(): number {
    return this.#samples;
  }

  /** True when no sample can be added, however small. */
  get isFull(): boolean {
    const { maxSamples, maxNodes, maxEdges } = this.#budget;
    return this.#samples >= maxSamples || this.#nodes >= maxNodes || this.#edges >= maxEdges;
  }

  /**
   * Adds a sample.
   *
   * @param name - names the sample in messages
   * @returns whether it begins a new batch because it does not fit into the one before
   * @throws ConfigError for a sample over the budget by itself, where `oversize` is `'error'`
   */
  add({ numNodes, numEdges = 0 }: SampleSize, name: () => string): boolean {
    const { maxNodes, maxEdges, oversize } = this.#budget;
    if (oversize === 'error' && (numNodes > maxNodes || numEdges > maxEdges)) {
      const [option, what] =
        numNodes > maxNodes
          ? ['maxNodesPerBatch', `${numNodes} nodes, and a batch may have ${maxNodes}`]
          : ['maxEdgesPerBatch', `${numEdges} edges, and a batch may have ${maxEdges}`];
      throw new ConfigError(
        option as string,
        `The sample ${name()} has ${what}. Raise ${option}, filter such samples out, or set oversize: 'alone' to let it be a batch of its own.`,
      );
    }
    const fits = !this.isFull && this.#nodes + numNodes <= maxNodes && this.#edges + numEdges <= maxEdges;
    const begins = this.#samples > 0 && !fits;
    if (begins) this.reset();
    this.#samples++;
    this.#nodes += numNodes;
    this.#edges += numEdges;
    return begins;
  }

  /** Begins a new batch. */
  reset(): void {
    this.#samples = 0;
    this.#nodes = 0;
    this.#edges = 0;
  }
}

/** Rules by which batches within a budget are made and dealt to processes. */
export interface PackOptions {
  readonly budget: Budget;
  readonly sizeOf: (index: number) => SampleSize;
  readonly nameOf: (index: number) => string;
  /** True when the last batch is left out unless it is full. */
  readonly dropLast: boolean;
  readonly remainder: Remainder;
  readonly world: { readonly rank: number; readonly size: number };
}

/** The batches of an epoch, made of samples whose sizes are known beforehand. */
export interface PackedEpoch {
  readonly order: readonly number[];
  /** Places where each batch of any process begins in `order`, and where the last one ends. */
  readonly starts: readonly number[];
  /** Batches that each process gets. */
  readonly length: number;
}

/** Makes the batches of an epoch. */
export function packEpoch(indices: Iterable<number>, options: PackOptions): PackedEpoch {
  const order = [...indices];
  const fill = new BatchFill(options.budget);
  const starts = [0];
  for (const [position, index] of order.entries()) {
    if (fill.add(options.sizeOf(index), () => options.nameOf(index))) starts.push(position);
  }
  if (order.length > 0 && (fill.isFull || !options.dropLast)) starts.push(order.length);
  const batches = starts.length - 1;
  const { size } = options.world;
  return {
    order,
    starts,
    length: options.remainder === 'pad' ? Math.ceil(batches / size) : Math.floor(batches / size),
  };
}

/**
 * Yields the samples of one process: batch `k · world.size + rank` of the epoch is its batch k. Where batches are
 * missing at the end, the first ones take their place.
 *
 * @param from - number of the first batch that is wanted
 */
export function* dealBatches(
  { order, starts, length }: PackedEpoch,
  { world }: PackOptions,
  from = 0,
): Generator<PlannedSample, void, void> {
  const batches = starts.length - 1;
  for (let batch = from; batch < length; batch++) {
    const number = batch * world.size + world.rank;
    const [begin, end] = [starts[number % batches] as number, starts[(number % batches) + 1] as number];
    for (let position = begin; position < end; position++) {
      const index = order[position] as number;
      yield { index, batch, slot: position - begin, of: end - begin, padding: number >= batches };
    }
  }
}
