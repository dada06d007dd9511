import type { Dataset } from '../core/dataset.ts';
import { Fingerprint } from '../core/fingerprint.ts';
import { type BatchAssembler, PackedBatches, PlannedBatches } from './batch-assembler.ts';
import { countBatches, type PlannedSample, type PlanOptions, planBatches } from './batch-plan.ts';
import { type Budget, dealBatches, type PackedEpoch, type PackOptions, packEpoch } from './budget.ts';
import { fingerprintOfIds } from './ids-print.ts';
import type { Settings } from './loader-options.ts';
import type { Agreement, Position } from './loader-state.ts';
import { nameSample } from './name-sample.ts';
import { sampleOrder, shuffleOrder, takeOrder } from './sampler.ts';

/** The samples and batches of one epoch, as far as they are known before a sample is loaded. */
export class EpochPlan {
  readonly epoch: number;
  /** Batches that each process gets; undefined where sizes decide that are not known. */
  readonly length: number | undefined;
  readonly #dataset: Dataset;
  readonly #settings: Settings<unknown>;
  readonly #taken: readonly number[] | undefined;
  readonly #fixed: PlanOptions;
  readonly #pack: PackOptions | undefined;
  readonly #packed: PackedEpoch | undefined;
  #agreement: Agreement | undefined;

  /** @throws ConfigError for a sampler or sizes that cannot be used */
  constructor(dataset: Dataset, settings: Settings<unknown>, epoch: number) {
    const { sampler, batchSize, dropLast, remainder, world, sizeOf } = settings;
    this.epoch = epoch;
    this.#dataset = dataset;
    this.#settings = settings;
    if (sampler !== undefined) {
      const taken = takeOrder(sampler, epoch, dataset.length);
      this.#taken = settings.shuffle ? shuffleOrder(taken, settings.seed, epoch) : taken;
    }
    const count = this.#taken?.length ?? dataset.length;
    this.#fixed = { count, batchSize, dropLast, remainder, world };
    if (sizeOf !== undefined) {
      const nameOf = (index: number): string => nameSample(dataset, index);
      this.#pack = { budget: budgetOf(settings), sizeOf, nameOf, dropLast, remainder, world };
      this.#packed = packEpoch(this.#order(), this.#pack);
    }
    if (this.#packed !== undefined) this.length = this.#packed.length;
    else if (!hasBudget(settings)) this.length = countBatches(this.#fixed);
    else this.length = undefined;
  }

  /** Yields the samples of this process from a position on. */
  *samplesFrom(position: Position): Generator<PlannedSample, void, void> {
    const early = new Set(position.early);
    for (const sample of this.#samplesFrom(position)) if (!early.has(sample.batch)) yield sample;
  }

  #samplesFrom(position: Position): Iterable<PlannedSample> {
    if (this.#pack !== undefined && this.#packed !== undefined) {
      return dealBatches(this.#packed, this.#pack, position.batches);
    }
    if (this.length !== undefined) return planBatches(this.#order(), this.#fixed, position.batches);
    return numberSamples(this.#order(), position.samples);
  }

  /** Puts the samples from a position on together. */
  assembler(position: Position): BatchAssembler {
    if (this.length !== undefined) return new PlannedBatches();
    return new PackedBatches(budgetOf(this.#settings), this.#settings.dropLast, position.batches);
  }

  /** Computes the position behind batch `batch`; `end` as in `Group`. */
  after(position: Position, batch: number, end: number): Position {
    const early = new Set(position.early).add(batch);
    let { batches } = position;
    while (early.delete(batches)) batches++;
    const { epoch } = position;
    return {
      epoch,
      batches,
      samples: this.#samplesBefore(batches, end),
      early: [...early].toSorted((a, b) => a - b),
    };
  }

  /** Counts the samples of this process from a position on, one more or less where the processes share them out. */
  samplesLeft({ samples }: Position): number {
    const { count, world } = this.#fixed;
    return Math.ceil((count - samples) / world.size);
  }

  #samplesBefore(batches: number, end: number): number {
    const { count, batchSize, world } = this.#fixed;
    if (this.length === undefined) return end;
    if (this.#packed === undefined) return Math.min(count, batches * batchSize * world.size);
    const { starts } = this.#packed;
    return starts[Math.min(batches * world.size, starts.length - 1)] as number;
  }

  /** Tells whether a loader of this plan can come to a position. */
  has({ batches, samples, early }: Position): boolean {
    const { count, batchSize, world } = this.#fixed;
    if (samples > count || early.some((batch) => batch <= batches)) return false;
    if (this.length === undefined) return batches <= samples;
    // Another `remainder` makes one batch more or less.
    const most = this.#packed?.starts.length ?? Math.ceil(count / (batchSize * world.size));
    return batches <= most && samples === this.#samplesBefore(batches, samples);
  }

  /** Tells whether there is nothing behind a position, as far as that is known. */
  isEnd({ batches, samples }: Position): boolean {
    return this.length === undefined ? samples >= this.#fixed.count : batches >= this.length;
  }

  /** Facts that another loader must have in common for positions to mean the same. */
  get agreement(): Agreement {
    this.#agreement ??= this.#agree();
    return this.#agreement;
  }

  #agree(): Agreement {
    const { seed, shuffle, batchSize, world, maxNodes, maxEdges } = this.#settings;
    return {
      length: this.#dataset.length,
      ids: fingerprintOfIds(this.#dataset),
      seed,
      shuffle,
      sampler:
        this.#taken === undefined
          ? undefined
          : fingerprint(this.#taken, (print, index) => print.addInteger(index)),
      globalBatchSize: finite(batchSize * world.size),
      maxNodesPerBatch: finite(maxNodes),
      maxEdgesPerBatch: finite(maxEdges),
      sampleSizes:
        this.#packed === undefined
          ? undefined
          : fingerprint(this.#packed.starts, (print, start) => print.addInteger(start)),
      processes: this.#packed === undefined ? undefined : world.size,
    };
  }

  #order(): Iterable<number> {
    const { shuffle, seed } = this.#settings;
    return this.#taken ?? sampleOrder({ length: this.#dataset.length, shuffle, seed, epoch: this.epoch });
  }
}

/** Numbers samples whose batches are found out as they come: `slot` is the place in the epoch. */
function* numberSamples(order: Iterable<number>, from: number): Generator<PlannedSample, void, void> {
  let slot = 0;
  for (const index of order) {
    if (slot >= from) yield { index, batch: -1, slot, of: Infinity, padding: false };
    slot++;
  }
}

function hasBudget({ maxNodes, maxEdges }: Settings<unknown>): boolean {
  return maxNodes < Infinity || maxEdges < Infinity;
}

function budgetOf({ batchSize, maxNodes, maxEdges, oversize }: Settings<unknown>): Budget {
  return { maxSamples: batchSize, maxNodes, maxEdges, oversize };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function fingerprint<Item>(items: Iterable<Item>, add: (print: Fingerprint, item: Item) => void): string {
  const print = new Fingerprint();
  for (const item of items) add(print, item);
  return print.toString();
}
