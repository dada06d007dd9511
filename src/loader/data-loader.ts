import { type LinkedSignal, linkSignals } from '../core/abort.ts';
import { BufferPool } from '../core/buffer-pool.ts';
import type { Dataset, Prefetch } from '../core/dataset.ts';
import { free } from '../core/detach.ts';
import { ConfigError, DisposedError, isVascuError } from '../core/errors.ts';
import { buffersOf } from '../core/graph-buffers.ts';
import { oneAhead } from '../core/one-ahead.ts';
import { readAhead } from '../core/read-ahead.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { Batch } from '../graph/batch.ts';
import type { Group, LeftOut, PlacedSample } from './batch-assembler.ts';
import { Decoders, type LoadedSample } from './decoders.ts';
import { EpochPlan, nameSample } from './epoch-plan.ts';
import { Flow } from './flow.ts';
import { LoaderMeter } from './loader-meter.ts';
import { type DataLoaderOptions, readOptions, requireInteger, type Settings } from './loader-options.ts';
import { type LoaderState, type Position, readState } from './loader-state.ts';
import type { BatchEvent, LoaderProgress, LoaderStats } from './loader-stats.ts';
import type { PlannedSample } from './plan.ts';

/** A sample of the plan, or why it could not be loaded. */
type Outcome = PlacedSample | (LeftOut & { readonly error: unknown });

/** What the loop gets, and what there is to tell of it. */
interface MadeBatch<Item> {
  readonly item: Item;
  /** Behind it. */
  readonly position: Position;
  readonly event: Omit<BatchEvent, 'waitMs'>;
}

/** Samples under way at a time without workers: one is read from disk while another is decoded. */
const CONCURRENCY_HERE = 2;
/** Batches that may be handed out before an earlier one that is not complete; a state lists their numbers. */
const MAX_EARLY = 32;

/**
 * Batches of a dataset's samples, again for each epoch.
 *
 * The order is a pure function of (seed, epoch), and of several processes each takes its slice of the batches
 * that this order makes. The first iteration is epoch 0; each iteration that is run to its end moves on to the
 * next epoch, one that is left early does not; {@link DataLoader.setEpoch} overrides. Batches come in that order,
 * whatever finishes first. A sample that cannot be loaded makes the iteration fail when its turn comes.
 *
 * @example
 * await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 42, numWorkers: 2 });
 * for await (const batch of loader) await model(batch);
 */
export class DataLoader<Item = Batch> implements AsyncIterable<Item>, AsyncDisposable {
  readonly #dataset: Dataset;
  readonly #settings: Settings<Item>;
  readonly #lifetime = new AbortController();
  readonly #outer: LinkedSignal;
  readonly #running = new Set<Promise<unknown>>();
  readonly #meter = new LoaderMeter();
  readonly #decoders: Decoders;
  /** Memory of batches that were released: of as much as the largest of them took. */
  readonly #buffers = new BufferPool(0);
  /** The last one asked for: a sampler is called once an epoch. */
  #plan: EpochPlan | undefined;
  #epoch = 0;
  /** What a state that was loaded says, until the next iteration. */
  #resumed: Position | undefined;
  /** Behind the batch that was handed out last. */
  #position: Position | undefined;
  #closing: Promise<void> | undefined;

  /** @throws ConfigError for an option that does not exist or cannot be used as given */
  constructor(dataset: Dataset, options: DataLoaderOptions<Item> = {}) {
    this.#settings = readOptions(dataset, options);
    this.#dataset = dataset;
    this.#decoders = new Decoders(dataset, this.#settings.numWorkers);
    this.#outer = linkSignals(options.signal, this.#lifetime.signal);
  }

  /**
   * Number of batches that each process gets in the epoch of the next iteration.
   *
   * @throws ConfigError within a budget of nodes or edges without `sampleSizes`: it is not known then
   */
  get length(): number {
    const { length } = this.#planOf(this.epoch);
    if (length !== undefined) return length;
    throw new ConfigError(
      'sampleSizes',
      'How many batches maxNodesPerBatch or maxEdgesPerBatch makes is not known before the samples are: give sampleSizes, or count the batches as they come.',
    );
  }

  /** The epoch that the next iteration goes through. */
  get epoch(): number {
    return this.#epoch;
  }

  /**
   * Sets the epoch that the next iteration goes through: a whole number from 0 on. It begins at the epoch's
   * beginning, unless a state of this same epoch has been loaded.
   */
  setEpoch(epoch: number): void {
    requireInteger('epoch', epoch, 0);
    if (this.#resumed?.epoch !== epoch) this.#resumed = undefined;
    this.#position = this.#resumed;
    this.#epoch = epoch;
  }

  /**
   * Where the loader is: behind the batch that was handed out last, whatever has been loaded ahead. Plain JSON,
   * less than 1 KB. Behind the last batch of an epoch it is the beginning of the next one.
   */
  stateDict(): LoaderState {
    const position = this.#normalize(this.#position ?? begin(this.#epoch));
    return { version: 1, ...position, agreement: this.#planOf(position.epoch).agreement };
  }

  /**
   * Makes the next iteration go on where `state` was taken; nothing that was handed out is loaded again. Workers
   * may be more or fewer, and processes too as long as `batchSize × world.size` is the same. That iteration has no
   * batch where what was left of the epoch comes to nothing: samples that are skipped, or dropped as a last batch
   * that only their sizes tell.
   *
   * @param state - what {@link DataLoader.stateDict} gave, also from JSON
   * @throws ConfigError (option `state`) when it is no such state, or of another dataset, seed or batches
   */
  loadStateDict(state: unknown): void {
    const position = this.#normalize(readState(state, (epoch) => this.#planOf(epoch)));
    this.#resumed = position;
    this.#position = position;
    this.#epoch = position.epoch;
  }

  /** The batches of one epoch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    if (this.#closing !== undefined) throw disposed();
    const start = this.#resumed ?? begin(this.#epoch);
    this.#resumed = undefined;
    this.#position = start;
    const plan = this.#planOf(start.epoch);
    this.#meter.begin(start.epoch, start.batches, plan.length);
    const stop = new AbortController();
    const link = linkSignals(this.#outer.signal, stop.signal);
    const flow = new Flow(this.#settings);
    const prefetch = this.#prefetch(plan, start, flow);
    this.#decoders.expect();
    const made = this.#makeBatches(plan, start, flow, link.signal);
    const left = new Error('The iteration ended before this batch was needed.');
    let last = performance.now();
    try {
      for await (const { item, position, event } of flow.isAhead
        ? oneAhead(made, () => stop.abort(left))
        : made) {
        this.#position = position;
        this.#handOut({ ...event, waitMs: performance.now() - last });
        last = performance.now();
        flow.handOut(event);
        try {
          yield item;
        } finally {
          this.#meter.addConsumer(performance.now() - last);
          last = performance.now();
        }
        flow.ask();
        prefetch?.advance?.();
      }
    } finally {
      link.unlink();
      prefetch?.close();
    }
    if (this.#epoch === start.epoch) this.#epoch = start.epoch + 1;
    this.#position = this.#resumed ?? begin(this.#epoch);
  }

  stats(): LoaderStats {
    return this.#meter.stats(this.#settings.numWorkers, this.#decoders.restarts);
  }

  /** How far the present iteration is, for a progress bar. */
  progress(): LoaderProgress {
    return this.#meter.progress(() => {
      const { epoch, batches } = this.#resumed ?? begin(this.#epoch);
      return { epoch, batches, of: this.#planOf(epoch).length };
    });
  }

  /** Ends iterations under way, which reject with a `DisposedError`, and all worker threads. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#lifetime.abort(disposed());
    await this.#decoders.close();
    await Promise.allSettled(this.#running);
    this.#outer.unlink();
  }

  /** Tells the dataset which samples will be asked for. */
  #prefetch(plan: EpochPlan, start: Position, flow: Flow): Prefetch | undefined {
    const { numWorkers, prefetchBytes } = this.#settings;
    return this.#dataset.prefetch?.({
      order: indicesOf(() => plan.samplesFrom(start)),
      afterwards: indicesOf(() => {
        const next = plan.epoch + 1;
        return new EpochPlan(this.#dataset, this.#settings, next).samplesFrom(begin(next));
      }),
      concurrency: concurrencyOf(numWorkers),
      maxBytes: prefetchBytes,
      reached: () => flow.reached,
    });
  }

  #planOf(epoch: number): EpochPlan {
    if (this.#plan?.epoch !== epoch) this.#plan = new EpochPlan(this.#dataset, this.#settings, epoch);
    return this.#plan;
  }

  #normalize(position: Position): Position {
    const hasBegun = position.batches > 0 || position.samples > 0;
    return hasBegun && this.#planOf(position.epoch).isEnd(position) ? begin(position.epoch + 1) : position;
  }

  /** The batches of an epoch from a position on. */
  async *#makeBatches(
    plan: EpochPlan,
    start: Position,
    flow: Flow,
    signal: AbortSignal,
  ): AsyncGenerator<MadeBatch<Item>, void, void> {
    let position = start;
    for await (const group of this.#groups(plan, start, flow, signal)) {
      position = plan.after(position, group.batch, group.end);
      if (group.samples.length === 0) this.#allowEmpty(group.batch);
      else yield { ...(await this.#join(group, plan.epoch, signal)), position };
    }
  }

  /** The samples of each batch of an epoch from a position on. */
  async *#groups(
    plan: EpochPlan,
    start: Position,
    flow: Flow,
    signal: AbortSignal,
  ): AsyncGenerator<Group, void, void> {
    const assembler = plan.assembler(start);
    let accepted = 0;
    let failure: { readonly error: unknown } | undefined;
    for await (const outcome of this.#load(plan, start, flow, signal)) {
      if ('error' in outcome) {
        failure ??= outcome;
        flow.skip();
        this.#skip(outcome);
      } else {
        accepted++;
        flow.take(bytesOf(outcome));
        this.#accept(outcome, plan.epoch);
      }
      for (const group of assembler.add(outcome)) {
        flow.isTaking = false;
        yield group;
        flow.isTaking = true;
      }
    }
    if (failure !== undefined && accepted === 0 && start.samples === 0) this.#refuseNothing(failure.error);
    yield* assembler.end();
  }

  /** Makes of a group what the loop gets. */
  async #join(
    { samples, batch }: Group,
    epoch: number,
    signal: AbortSignal,
  ): Promise<Omit<MadeBatch<Item>, 'position'>> {
    const start = performance.now();
    const graphs = samples.map(({ graph }) => graph);
    const sum = (count: (sample: PlacedSample) => number): number =>
      samples.reduce((total, sample) => total + count(sample), 0);
    const content = {
      epoch,
      batch,
      ids: graphs.map(({ id }) => id),
      numNodes: sum(({ graph }) => graph.numNodes),
      numEdges: sum(({ graph }) => graph.numEdges),
      bytes: sum(bytesOf),
    };
    const { collate } = this.#settings;
    // Without `collate`, `Item` is `Batch`.
    const item =
      collate === undefined
        ? ((await this.#makeBatch(samples, content, signal)) as Item)
        : await collate(graphs);
    return { item, event: { ...content, collateMs: performance.now() - start } };
  }

  #makeBatch(
    samples: readonly PlacedSample[],
    { bytes, numNodes }: { readonly bytes: number; readonly numNodes: number },
    signal: AbortSignal,
  ): Promise<Batch> {
    const { arrays } = this.#settings;
    const graphs = samples.map(({ graph }) => graph);
    // A sample may be there twice, as padding or by a sampler, but then it was loaded twice.
    const consume = this.#dataset.givesSamplesAway === true;
    const reclaim = (at: number, memory: readonly ArrayBuffer[]): void => {
      const { giveBack = (buffers) => buffers.forEach(free) } = samples[at] as PlacedSample;
      giveBack(memory);
    };
    // Besides the graphs' arrays a batch has one that numbers the nodes.
    this.#buffers.maxBytes = Math.max(this.#buffers.maxBytes, bytes + 4 * numNodes);
    const steps = Batch.joinSteps(graphs, { arrays, buffers: this.#buffers, consume, reclaim });
    return new TimeSlice(signal).run(steps);
  }

  #handOut(event: BatchEvent): void {
    this.#meter.addBatch(event);
    this.#settings.onBatch?.(event);
  }

  /** A sample's turn has come. */
  #accept(sample: PlacedSample, epoch: number): void {
    const { graph, index, fetchMs, decodeMs, padding } = sample;
    const { id, numNodes, numEdges } = graph;
    const { sizeOf, maxNodes, maxEdges, onSample } = this.#settings;
    const size = sizeOf?.(index);
    const differs = size !== undefined && maxNodes < Infinity && size.numNodes !== numNodes;
    if (differs || (size !== undefined && maxEdges < Infinity && size.numEdges !== numEdges)) {
      throw new ConfigError(
        'sampleSizes',
        `The sample ${id} has ${numNodes} nodes and ${numEdges} edges; sampleSizes says ${size.numNodes} and ${size.numEdges}.`,
      );
    }
    this.#meter.addSample(sample);
    onSample?.({
      epoch,
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
  #skip({ error, index }: LeftOut & { readonly error: unknown }): void {
    const { onError } = this.#settings;
    this.#meter.addSkipped(nameSample(this.#dataset, index));
    if (typeof onError === 'function') onError(error, index);
  }

  /** An epoch of which nothing is left is no few broken files; whoever has a function knows of each. */
  #refuseNothing(cause: unknown): void {
    if (this.#settings.onError !== 'skip') return;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('onError', `None of the epoch's samples could be loaded. The first one: ${why}`, {
      cause,
    });
  }

  /** A batch without samples is passed over, unless other processes count on it. */
  #allowEmpty(batch: number): void {
    if (this.#settings.world.size === 1) return;
    throw new ConfigError(
      'onError',
      `No sample of batch ${batch} could be loaded, and the other processes would wait for it: see skippedIds of stats(), and filter such samples out.`,
    );
  }

  /** The samples of an epoch, some of them loaded ahead. */
  #load(
    plan: EpochPlan,
    start: Position,
    flow: Flow,
    signal: AbortSignal,
  ): AsyncGenerator<Outcome, void, void> {
    const { numWorkers, batchSize, inOrder, sizeOf } = this.#settings;
    const smallest = sizeOf === undefined ? batchSize : 1;
    return readAhead(plan.samplesFrom(start), (sample, own) => this.#attempt(sample, own), {
      ahead: () => flow.samplesLeft,
      concurrency: concurrencyOf(numWorkers),
      sizeOf: (outcome) => ('graph' in outcome ? bytesOf(outcome) : 0),
      maxBytes: () => flow.bytesLeft,
      onBegin: (more) => flow.onMore(more),
      overtaking: inOrder ? 0 : MAX_EARLY * smallest,
      signal,
    });
  }

  async #attempt(planned: PlannedSample, signal: AbortSignal): Promise<Outcome> {
    try {
      return { ...planned, ...(await this.#track(this.#decoders.load(planned.index, signal))) };
    } catch (error) {
      const isOfSample = !signal.aborted && !isVascuError(error, 'DISPOSED', 'AUTH');
      if (this.#settings.onError === 'throw' || !isOfSample) throw error;
      return { ...planned, error };
    }
  }

  /** Keeps account of work that {@link DataLoader.close} has to wait for. */
  async #track<Result>(work: Promise<Result>): Promise<Result> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}

/** The beginning of an epoch. */
function begin(epoch: number): Position {
  return { epoch, batches: 0, samples: 0, early: [] };
}

/** Samples that are loaded at a time. */
function concurrencyOf(numWorkers: number): number {
  return numWorkers === 0 ? CONCURRENCY_HERE : 2 * numWorkers;
}

/** The samples of a plan, found out when they are looked at. */
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

function disposed(): DisposedError {
  return new DisposedError('The loader was closed.');
}
