import type { GraphData, VascuDataset } from '../data.ts';
import { DataLoader, type DataLoaderOptions, type LoaderState } from '../loader.ts';
import { type Batch, graphSafetensorsParts } from '../mesh.ts';
import type { Answer, EngineCall } from './engine-call.ts';
import { describeError } from './error-message.ts';
import type { SampleSubset } from './sample-subset.ts';

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
  #reports: unknown[] = [];
  /** Iteration under way, or the last one. */
  #iteration:
    | { readonly signal: AbortSignal; readonly ended: Promise<void>; readonly epoch: number }
    | undefined;

  constructor(dataset: VascuDataset | SampleSubset, options: DataLoaderOptions, request: LoaderRequest) {
    const report = (kind: string, make: (...args: never[]) => object): object => {
      const tell = (...args: never[]): void => void this.#reports.push({ kind, ...make(...args) });
      return request.reports.includes(kind) ? { [`on${kind[0]?.toUpperCase()}${kind.slice(1)}`]: tell } : {};
    };
    this.loader = new DataLoader<Batch | readonly GraphData[]>(dataset, {
      ...(options as object),
      ...(request.givesOrder ? { sampler: (epoch: number) => this.#orderOf(epoch) } : {}),
      ...(request.asSamples ? { collate: (graphs: readonly GraphData[]) => graphs } : {}),
      ...report('error', (error: unknown, index: number) => ({ index, error: describeError(error) })),
      ...report('sample', (event: object) => ({ event })),
      ...report('batch', (event: object) => ({ event })),
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
    const items = this.loader[Symbol.asyncIterator]();
    try {
      for (;;) {
        await call.takeCredit();
        const next = await items.next();
        call.signal.throwIfAborted();
        if (next.done === true) return { value: { state: this.#state(), reports: this.#takeReports() } };
        await this.#send(call, next.value);
      }
    } finally {
      // What is thrown here has been thrown before.
      await items.return().catch(() => undefined);
      resolve();
    }
  }

  async #send(call: EngineCall, item: Batch | readonly GraphData[]): Promise<void> {
    const about = {
      state: this.#state(),
      progress: this.loader.progress(),
      reports: this.#takeReports(),
    };
    if (isBatch(item)) {
      await call.sendPart(about, [...item.safetensorsParts()]);
      item.release();
      return;
    }
    for (const [index, graph] of item.entries()) {
      const rest = item.length - 1 - index;
      await call.sendPart(rest === 0 ? { ...about, rest } : { rest }, [...graphSafetensorsParts(graph)]);
    }
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
