import { linkSignals } from '../core/abort.ts';
import { BufferPool } from '../core/buffer-pool.ts';
import type { Dataset } from '../core/dataset.ts';
import { ConfigError } from '../core/errors.ts';
import { Lifetime } from '../core/lifetime.ts';
import { oneAhead } from '../core/one-ahead.ts';
import type { Batch } from '../graph/batch.ts';
import { Decoders } from '../threads/decoders.ts';
import { EpochPlan } from './epoch-plan.ts';
import { EpochRun, type LoaderParts } from './epoch-run.ts';
import { fingerprintAhead } from './ids-print.ts';
import { LoaderMeter } from './loader-meter.ts';
import { type DataLoaderOptions, readOptions, requireInteger } from './loader-options.ts';
import { beginningOf, type LoaderState, type Position, readState } from './loader-state.ts';
import type { BatchEvent, LoaderProgress, LoaderStats } from './loader-stats.ts';
import type { RunReport } from './run-report.ts';

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
  readonly #parts: LoaderParts<Item>;
  readonly #lifetime: Lifetime;
  /** Plan that was asked for last: a sampler is called once an epoch, and again where `setEpoch` goes there. */
  #plan: EpochPlan | undefined;
  #epoch = 0;
  /** Position of a state that was loaded, until the next iteration. */
  #resumed: Position | undefined;
  /** Position behind the batch that was handed out last. */
  #position: Position | undefined;

  /** @throws ConfigError for an option that does not exist or cannot be used as given */
  constructor(dataset: Dataset, options: DataLoaderOptions<Item> = {}) {
    const settings = readOptions(dataset, options);
    this.#lifetime = new Lifetime('The loader', options.signal);
    this.#parts = {
      dataset,
      settings,
      decoders: new Decoders(dataset, settings),
      meter: new LoaderMeter(),
      buffers: new BufferPool(0),
      lifetime: this.#lifetime,
    };
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
    if (this.#resumed?.epoch !== epoch) {
      this.#resumed = undefined;
      this.#plan = undefined;
    }
    this.#position = this.#resumed;
    this.#epoch = epoch;
  }

  /**
   * Tells where the loader is: behind the batch that was handed out last, whatever has been loaded ahead. Plain JSON,
   * less than 1 KB. Behind the last batch of an epoch it is the beginning of the next one.
   */
  stateDict(): LoaderState {
    const position = this.#normalize(this.#position ?? beginningOf(this.#epoch));
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

  /** Yields the batches of one epoch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    this.#lifetime.check();
    const start = this.#resumed ?? beginningOf(this.#epoch);
    this.#resumed = undefined;
    this.#position = start;
    const plan = this.#planOf(start.epoch);
    const { decoders } = this.#parts;
    this.#parts.meter.begin(start.epoch, start.batches, plan.length);
    const stop = new AbortController();
    const link = linkSignals(this.#lifetime.signal, stop.signal);
    const run = new EpochRun(this.#parts, plan, start, link.signal);
    const { flow } = run;
    // Without one nothing is waited for: loading begins with the first question.
    const report =
      this.#parts.settings.report === undefined
        ? undefined
        : await this.#beginReport(this.#parts.settings.report, start.epoch, () => flow.ready);
    const prefetch = run.prefetch();
    decoders.expect(plan.samplesLeft(start));
    const made = run.batches();
    const left = new Error('The iteration ended before this batch was needed.');
    let last = performance.now();
    const ended = new AbortController();
    let fingerprinting: Promise<void> | undefined;
    try {
      for await (const { item, position, event } of flow.isAhead
        ? oneAhead(made, () => stop.abort(left))
        : made) {
        this.#position = position;
        // Behind the first batch, which it would hold up.
        fingerprinting ??= fingerprintAhead(this.#parts.dataset, ended.signal).catch(() => undefined);
        this.#handOut({ ...event, waitMs: performance.now() - last });
        last = performance.now();
        flow.handOut(event);
        decoders.handOut();
        try {
          yield item;
        } finally {
          this.#parts.meter.addConsumer(performance.now() - last);
          last = performance.now();
        }
        flow.ask();
        decoders.ask();
        prefetch?.advance?.();
      }
    } finally {
      ended.abort();
      link.unlink();
      prefetch?.close();
      await report?.end();
    }
    if (this.#epoch === start.epoch) this.#epoch = start.epoch + 1;
    this.#position = this.#resumed ?? beginningOf(this.#epoch);
  }

  stats(): LoaderStats {
    const { meter, decoders } = this.#parts;
    return meter.stats(decoders);
  }

  /** Tells how far the present iteration is, for a progress bar. */
  progress(): LoaderProgress {
    return this.#parts.meter.progress(() => {
      const { epoch, batches } = this.#resumed ?? beginningOf(this.#epoch);
      return { epoch, batches, of: this.#planOf(epoch).length };
    });
  }

  /** Ends iterations under way, which reject with a `DisposedError`, and all worker threads. */
  async close(): Promise<void> {
    // What runs in a thread ends with it.
    await Promise.all([this.#lifetime.close(), this.#parts.decoders.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Begins to write the course of an iteration. */
  async #beginReport(path: string, epoch: number, ready: () => number): Promise<RunReport> {
    const { settings, dataset } = this.#parts;
    const { RunReport: Report } = await import('./run-report.ts');
    const { stats } = dataset as { readonly stats?: () => unknown };
    return Report.begin(path, () => ({
      epoch,
      rank: settings.world.rank,
      ready: ready(),
      ...this.stats(),
      dataset: typeof stats === 'function' ? stats.call(dataset) : undefined,
    }));
  }

  #planOf(epoch: number): EpochPlan {
    if (this.#plan?.epoch !== epoch)
      this.#plan = new EpochPlan(this.#parts.dataset, this.#parts.settings, epoch);
    return this.#plan;
  }

  #normalize(position: Position): Position {
    const hasBegun = position.batches > 0 || position.samples > 0;
    return hasBegun && this.#planOf(position.epoch).isEnd(position)
      ? beginningOf(position.epoch + 1)
      : position;
  }

  #handOut(event: BatchEvent): void {
    this.#parts.meter.addBatch(event);
    this.#parts.settings.onBatch?.(event);
  }
}
