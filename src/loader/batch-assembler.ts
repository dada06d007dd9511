import type { GraphData } from '../core/graph.ts';
import type { Loaded } from '../threads/decoders.ts';
import { BatchFill, type Budget } from './budget.ts';

/** A sample and what it took to get it. */
export interface LoadedSample extends Omit<Loaded<GraphData>, 'result'> {
  readonly graph: GraphData;
}

/** A sample that was loaded, and its place in the epoch. */
export interface PlacedSample extends LoadedSample {
  readonly index: number;
  readonly batch: number;
  readonly slot: number;
  readonly of: number;
  readonly padding: boolean;
}

/** The place of a sample that was left out. */
export type SkippedPlace = Omit<PlacedSample, keyof LoadedSample>;

/** Samples of a batch that is complete. */
export interface Group {
  readonly samples: readonly PlacedSample[];
  /** Number of the batch in the epoch. */
  readonly batch: number;
  /** Samples of the epoch up to its last one, where batches are made within a budget as samples come. */
  readonly end: number;
}

/** Assembler that puts samples together to batches. */
export interface BatchAssembler {
  /** Takes the next sample, and gives the batches that are complete with it. */
  add(sample: PlacedSample | SkippedPlace): readonly Group[];
  /** Takes what is left at the end of the epoch. */
  end(): readonly Group[];
}

/** Batches that were planned beforehand, from samples in any order. */
export class PlannedBatches implements BatchAssembler {
  readonly #parts = new Map<number, { missing: number; readonly slots: (PlacedSample | undefined)[] }>();

  add(sample: PlacedSample | SkippedPlace): readonly Group[] {
    const { batch, slot, of } = sample;
    const part = this.#parts.get(batch) ?? { missing: of, slots: [] };
    this.#parts.set(batch, part);
    if ('graph' in sample) part.slots[slot] = sample;
    part.missing--;
    if (part.missing > 0) return [];
    this.#parts.delete(batch);
    return [{ samples: part.slots.filter((each) => each !== undefined), batch, end: 0 }];
  }

  end(): readonly Group[] {
    return [];
  }
}

/** Batches within a budget, made as the samples come in their order. */
export class PackedBatches implements BatchAssembler {
  readonly #fill: BatchFill;
  readonly #dropLast: boolean;
  #samples: PlacedSample[] = [];
  #batch: number;

  /** @param from - number of the first batch */
  constructor(budget: Budget, dropLast: boolean, from: number) {
    this.#fill = new BatchFill(budget);
    this.#dropLast = dropLast;
    this.#batch = from;
  }

  add(sample: PlacedSample | SkippedPlace): readonly Group[] {
    if (!('graph' in sample)) return [];
    const groups: Group[] = [];
    const { graph }: { readonly graph: GraphData } = sample;
    if (this.#fill.add(graph, () => graph.id)) groups.push(this.#finish());
    this.#samples.push(sample);
    if (!this.#fill.isFull) return groups;
    this.#fill.reset();
    return [...groups, this.#finish()];
  }

  end(): readonly Group[] {
    return this.#samples.length === 0 || this.#dropLast ? [] : [this.#finish()];
  }

  #finish(): Group {
    const samples = this.#samples;
    this.#samples = [];
    return { samples, batch: this.#batch++, end: (samples.at(-1)?.slot ?? 0) + 1 };
  }
}
