import type { GraphData, VascuDataset } from '../data.ts';
import {
  type BatchEvent,
  DataLoader,
  type DataLoaderOptions,
  type LoaderState,
  type SampleEvent,
} from '../loader.ts';
import { type Batch, graphSafetensorsParts } from '../mesh.ts';
import type { Answer, EngineCall } from './engine-call.ts';
import { describeError } from './error-message.ts';
import type { Message } from './frame.ts';
import { collectGarbage } from './garbage.ts';
import { SampleSubset } from './sample-subset.ts';

/** Error for an order that only the client knows, and has not told yet. */
class OrderNeededError extends Error {
  override readonly name = 'OrderNeededError';
  readonly epoch: number;

  constructor(epoch: number) {
    super(`The order of epoch ${epoch} has to be given first.`);
    this.epoch = epoch;
  }
}

/** Wishes of a client for its loader, beyond the options. */
export interface LoaderRequest {
  /** True when the client gets the samples of each batch instead of the batch. */
  readonly asSamples: boolean;
  /** True when the client gives the order of each epoch. */
  readonly givesOrder: boolean;
  /** Kinds of events that the client is told beside the batches: `error`, `sample`, `batch`. */
  readonly reports: readonly string[];
}

/** Loader of a client: its batches as a stream, and beside each of them the loader's state. */
export class EngineLoader {
  readonly loader: DataLoader<Batch | readonly GraphData[]>;
  readonly #orders = new Map<number, readonly number[]>();
  /** Indices of samples that were loaded and not sent yet, by their ids; of one that is there twice as often. */
  readonly #indices = new Map<string, number[]>();
  #reports: unknown[] = [];
  /** Number of the batch that was handed out last, within its epoch. */
  #batch = 0;
  /** Iteration under way, or the last one. */
  #iteration:
    | { readonly signal: AbortSignal; readonly ended: Promise<void>; readonly epoch: number }
    | undefined;

  constructor(dataset: VascuDataset | SampleSubset, options: DataLoaderOptions, request: LoaderRequest) {
    const sees = (kind: string): boolean => request.reports.includes(kind);
    const report = (kind: string, make: (...args: never[]) => object): object => {
      const tell = (...args: never[]): void => void this.#reports.push({ kind, ...make(...args) });
      return sees(kind) ? { [`on${kind[0]?.toUpperCase()}${kind.slice(1)}`]: tell } : {};
    };
    // The loader's own plan of the next epoch would ask for its order in the midst of this one.
    const given = request.givesOrder
      ? new SampleSubset(dataset, [...Array(dataset.length).keys()], true)
      : dataset;
    this.loader = new DataLoader<Batch | readonly GraphData[]>(given, {
      ...(options as object),
      ...(request.givesOrder ? { sampler: (epoch: number) => this.#orderOf(epoch) } : {}),
      ...(request.asSamples ? { collate: (graphs: readonly GraphData[]) => graphs } : {}),
      ...report('error', (error: unknown, index: number) => ({ index, error: describeError(error) })),
      onSample: request.asSamples || sees('sample') ? (event) => this.#noteSample(event, request) : undefined,
      onBatch: (event: BatchEvent) => {
        this.#batch = event.batch;
        if (sees('batch')) this.#reports.push({ kind: 'batch', event });
      },
    });
  }

  close(): Promise<void> {
    return this.loader.close();
  }

  /** Sets the order of an epoch; forgets those of epochs long gone. */
  setOrder(epoch: number, order: readonly number[]): void {
    for (const known of this.#orders.keys()) if (known < epoch - 1) this.#orders.delete(known);
    this.#orders.set(epoch, order);
  }

  /** Waits for the end of an iteration that the client has left. */
  async settled(): Promise<void> {
    if (this.#iteration?.signal.aborted === true) await this.#iteration.ended;
  }

  /** Goes to an epoch, whose order is asked for anew: what it was made from may have been told of the epoch, too. */
  setEpoch(epoch: number): void {
    this.loader.setEpoch(epoch);
    this.#orders.delete(epoch);
  }

  /** Puts the loader where it was before the iteration that the client has left, however far it had got itself. */
  async leave(): Promise<void> {
    await this.#iteration?.ended;
    if (this.#iteration !== undefined) this.loader.setEpoch(this.#iteration.epoch);
  }

  /** Streams the batches of an epoch. */
  async iterate(call: EngineCall): Promise<Answer> {
    await this.settled();
    const { epoch } = this.loader;
    let resolve = (): void => undefined;
    const ended = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#iteration = { signal: call.signal, ended, epoch };
    this.#reports = [];
    this.#indices.clear();
    const items = this.loader[Symbol.asyncIterator]();
    try {
      for (;;) {
        await call.takeCredit();
        const next = await items.next();
        call.signal.throwIfAborted();
        if (next.done === true) return { value: this.#about() };
        await this.#send(call, next.value);
      }
    } finally {
      // What is thrown here has been thrown before.
      await items.return().catch(() => undefined);
      collectGarbage();
      resolve();
    }
  }

  async #send(call: EngineCall, item: Batch | readonly GraphData[]): Promise<void> {
    const about = { ...this.#about(), batch: this.#batch, progress: this.loader.progress() };
    if (isBatch(item)) {
      await call.sendPart(about, [...item.safetensorsParts()]);
      item.release();
      return;
    }
    for (const [index, graph] of item.entries()) {
      const rest = item.length - 1 - index;
      const which = { rest, index: this.#takeIndex(graph.id) };
      await call.sendPart(rest === 0 ? { ...about, ...which } : which, [...graphSafetensorsParts(graph)]);
    }
  }

  #noteSample(event: SampleEvent, { asSamples, reports }: LoaderRequest): void {
    const { id, index } = event;
    if (asSamples) this.#indices.set(id, [...(this.#indices.get(id) ?? []), index]);
    if (reports.includes('sample')) this.#reports.push({ kind: 'sample', event });
  }

  /** Takes the index of a sample that is sent. */
  #takeIndex(id: string): number | null {
    const [index = null, ...others] = this.#indices.get(id) ?? [];
    if (others.length > 0) this.#indices.set(id, others);
    else this.#indices.delete(id);
    return index;
  }

  /** Tells what there is to say behind a batch, and at the end of an epoch. */
  #about(): Message {
    return { epoch: this.loader.epoch, state: this.#state(), reports: this.#takeReports() };
  }

  /** Gives the loader's state; null where it hangs on an order that is not known yet. */
  #state(): LoaderState | null {
    try {
      return this.loader.stateDict();
    } catch (error) {
      if (error instanceof OrderNeededError) return null;
      throw error;
    }
  }

  #takeReports(): readonly unknown[] {
    const reports = this.#reports;
    this.#reports = [];
    return reports;
  }

  #orderOf(epoch: number): readonly number[] {
    const order = this.#orders.get(epoch);
    if (order === undefined) throw new OrderNeededError(epoch);
    return order;
  }
}

function isBatch(item: Batch | readonly GraphData[]): item is Batch {
  return !Array.isArray(item);
}
