import type { BufferPool } from '../core/buffer-pool.ts';
import type { Dataset, Prefetch } from '../core/dataset.ts';
import { free } from '../core/detach.ts';
import { ConfigError, isVascuError } from '../core/errors.ts';
import type { GraphData } from '../core/graph.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import type { Lifetime } from '../core/lifetime.ts';
import { readAhead } from '../core/read-ahead.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { Batch } from '../graph/batch.ts';
import type { Decoders } from '../threads/decoders.ts';
import type { Group, LoadedSample, PlacedSample, SkippedPlace } from './batch-assembler.ts';
import type { PlannedSample } from './batch-plan.ts';
import { EpochPlan } from './epoch-plan.ts';
import { Flow } from './flow.ts';
import type { LoaderMeter } from './loader-meter.ts';
import type { Settings } from './loader-options.ts';
import { beginningOf, type Position } from './loader-state.ts';
import type { BatchEvent } from './loader-stats.ts';
import { nameSample } from './name-sample.ts';

/** A sample of the plan, or why it could not be loaded. */
type Outcome = PlacedSample | (SkippedPlace & { readonly error: unknown });

/** Batch as the loop gets it, and what there is to tell of it. */
export interface MadeBatch<Item> {
  readonly item: Item;
  /** Position behind it. */
  readonly position: Position;
  readonly event: Omit<BatchEvent, 'waitMs'>;
}

/** Parts of a loader that outlive an epoch. */
export interface LoaderParts<Item> {
  readonly dataset: Dataset;
  readonly settings: Settings<Item>;
  readonly decoders: Decoders<GraphData>;
  readonly meter: LoaderMeter;
  /** Memory of batches that were released: of as much as the largest of them took. */
  readonly buffers: BufferPool;
  readonly lifetime: Lifetime;
}

/** Number of batches that may be handed out before an earlier one that is not complete; a state lists their numbers. */
const MAX_EARLY_BATCHES = 32;

/** Run through one epoch from a position on: loads its samples and joins them to batches. */
export class EpochRun<Item> {
  readonly flow: Flow;
  readonly #parts: LoaderParts<Item>;
  readonly #plan: EpochPlan;
  readonly #start: Position;
  readonly #signal: AbortSignal;

  constructor(parts: LoaderParts<Item>, plan: EpochPlan, start: Position, signal: AbortSignal) {
    this.#parts = parts;
    this.#plan = plan;
    this.#start = start;
    this.#signal = signal;
    const { settings, decoders } = parts;
    this.flow = new Flow({
      ...settings,
      get ahead() {
        return Math.max(decoders.ahead, settings.ahead);
      },
    });
  }

  /** Tells the dataset which samples will be asked for. */
  prefetch(): Prefetch | undefined {
    const { dataset, decoders, settings } = this.#parts;
    return dataset.prefetch?.({
      order: indicesOf(() => this.#plan.samplesFrom(this.#start)),
      afterwards: indicesOf(() => {
        const next = this.#plan.epoch + 1;
        return new EpochPlan(dataset, settings, next).samplesFrom(beginningOf(next));
      }),
      get concurrency() {
        return decoders.concurrency;
      },
      maxBytes: settings.prefetchBytes,
      seed: settings.seed,
      reached: () => this.flow.reached,
    });
  }

  /** Yields the batches of an epoch from a position on. */
  async *batches(): AsyncGenerator<MadeBatch<Item>, void, void> {
    let position = this.#start;
    for await (const group of this.#groups()) {
      position = this.#plan.after(position, group.batch, group.end);
      if (group.samples.length === 0) this.#allowEmpty(group.batch);
      else yield { ...(await this.#join(group)), position };
    }
  }

  /** Yields the samples of each batch of an epoch from a position on. */
  async *#groups(): AsyncGenerator<Group, void, void> {
    const { flow } = this;
    const assembler = this.#plan.assembler(this.#start);
    let accepted = 0;
    let failure: { readonly error: unknown } | undefined;
    for await (const outcome of this.#load()) {
      if ('error' in outcome) {
        failure ??= outcome;
        flow.skip();
        this.#skip(outcome);
      } else {
        accepted++;
        flow.take(bytesOf(outcome));
        this.#accept(outcome);
      }
      for (const group of assembler.add(outcome)) {
        flow.isTaking = false;
        yield group;
        flow.isTaking = true;
      }
    }
    if (failure !== undefined && accepted === 0 && this.#start.samples === 0)
      this.#refuseNothing(failure.error);
    yield* assembler.end();
  }

  /** Makes of a group what the loop gets. */
  async #join({ samples, batch }: Group): Promise<Omit<MadeBatch<Item>, 'position'>> {
    const start = performance.now();
    const graphs = samples.map(({ graph }) => graph);
    const sum = (count: (sample: PlacedSample) => number): number =>
      samples.reduce((total, sample) => total + count(sample), 0);
    const content = {
      epoch: this.#plan.epoch,
      batch,
      ids: graphs.map(({ id }) => id),
      numNodes: sum(({ graph }) => graph.numNodes),
      numEdges: sum(({ graph }) => graph.numEdges),
      bytes: sum(bytesOf),
    };
    const { collate } = this.#parts.settings;
    // Without `collate`, `Item` is `Batch`.
    const item =
      collate === undefined ? ((await this.#makeBatch(samples, content)) as Item) : await collate(graphs);
    return { item, event: { ...content, collateMs: performance.now() - start } };
  }

  #makeBatch(
    samples: readonly PlacedSample[],
    { bytes, numNodes }: { readonly bytes: number; readonly numNodes: number },
  ): Promise<Batch> {
    const { buffers, dataset, settings } = this.#parts;
    const graphs = samples.map(({ graph }) => graph);
    // A sample may be there twice, as padding or by a sampler, but then it was loaded twice.
    const consume = dataset.givesSamplesAway === true;
    const reclaim = (at: number, memory: readonly ArrayBuffer[]): void => {
      const { recycle = (given) => given.forEach(free) } = samples[at] as PlacedSample;
      recycle(memory);
    };
    // Besides the graphs' arrays a batch has one that numbers the nodes.
    buffers.maxBytes = Math.max(buffers.maxBytes, bytes + 4 * numNodes);
    const steps = Batch.joinSteps(graphs, { arrays: settings.arrays, buffers, consume, reclaim });
    return new TimeSlice(this.#signal).run(steps);
  }

  /** Accepts a sample whose turn has come. */
  #accept(sample: PlacedSample): void {
    const { graph, index, fetchMs, decodeMs, padding } = sample;
    const { id, numNodes, numEdges } = graph;
    const { sizeOf, maxNodes, maxEdges, onSample } = this.#parts.settings;
    const size = sizeOf?.(index);
    const differs = size !== undefined && maxNodes < Infinity && size.numNodes !== numNodes;
    if (differs || (size !== undefined && maxEdges < Infinity && size.numEdges !== numEdges)) {
      throw new ConfigError(
        'sampleSizes',
        `The sample ${id} has ${numNodes} nodes and ${numEdges} edges; sampleSizes says ${size.numNodes} and ${size.numEdges}.`,
      );
    }
    this.#parts.meter.addSample(sample);
    onSample?.({
      epoch: this.#plan.epoch,
      index,
      id,
      numNodes,
      numEdges,
      bytes: bytesOf(sample),
      fetchMs,
      decodeMs,
      padding,
    });
  }

  /** Leaves out a sample that could not be loaded. */
  #skip({ error, index }: SkippedPlace & { readonly error: unknown }): void {
    const { onError } = this.#parts.settings;
    this.#parts.meter.addSkipped(nameSample(this.#parts.dataset, index));
    if (typeof onError === 'function') onError(error, index);
  }

  /** Refuses an epoch of which nothing is left: these are no few broken files, and whoever has a function knows of each. */
  #refuseNothing(cause: unknown): void {
    if (this.#parts.settings.onError !== 'skip') return;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('onError', `None of the epoch's samples could be loaded. The first one: ${why}`, {
      cause,
    });
  }

  /** Allows a batch without samples, which is passed over, unless other processes count on it. */
  #allowEmpty(batch: number): void {
    if (this.#parts.settings.world.size === 1) return;
    throw new ConfigError(
      'onError',
      `No sample of batch ${batch} could be loaded, and the other processes would wait for it: see skippedIds of stats(), and filter such samples out.`,
    );
  }

  /** Loads the samples of an epoch, some of them ahead. */
  #load(): AsyncGenerator<Outcome, void, void> {
    const { flow } = this;
    const { decoders } = this.#parts;
    const { batchSize, inOrder, sizeOf } = this.#parts.settings;
    const smallest = sizeOf === undefined ? batchSize : 1;
    return readAhead(this.#plan.samplesFrom(this.#start), (sample, own) => this.#attempt(sample, own), {
      ahead: () => flow.samplesLeft,
      concurrency: () => decoders.concurrency,
      sizeOf: (outcome) => ('graph' in outcome ? bytesOf(outcome) : 0),
      maxBytes: () => flow.bytesLeft,
      onBegin: (more) => flow.onMore(more),
      overtaking: inOrder ? 0 : MAX_EARLY_BATCHES * smallest,
      signal: this.#signal,
    });
  }

  async #attempt(planned: PlannedSample, signal: AbortSignal): Promise<Outcome> {
    const { decoders, lifetime, settings } = this.#parts;
    const { seed } = settings;
    const { epoch } = this.#plan;
    try {
      const options = { signal, epoch, seed };
      const { result: graph, ...rest } = await lifetime.track(decoders.load(planned.index, options));
      this.flow.arrive();
      return { ...planned, ...rest, graph };
    } catch (error) {
      const isOfSample = !signal.aborted && !isVascuError(error, 'DISPOSED', 'AUTH');
      if (this.#parts.settings.onError === 'throw' || !isOfSample) throw error;
      return { ...planned, error };
    }
  }
}

/** Lists the samples of a plan, found out when they are looked at. */
function indicesOf(samples: () => Iterable<PlannedSample>): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      for (const { index } of samples()) yield index;
    },
  };
}

function bytesOf({ graph }: LoadedSample): number {
  return buffersOf(graph).reduce((sum, { byteLength }) => sum + byteLength, 0);
}
