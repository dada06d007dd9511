import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { GraphData } from '../src/core/graph.ts';
import { type OriginalOptions, OriginalPrefetch } from './original-prefetch.ts';

/** Batches that PyTorch's loader has under way for each worker, its `prefetch_factor`. */
const PREFETCH_FACTOR = 2;

/**
 * The original's dataset under a loader like PyTorch's, one sample a batch: samples are dealt to the workers in turn, each of which has
 * a dataset and a prefetch thread of its own, and come in order. Workers are ready before the first sample is asked for.
 */
export class OriginalLoader implements AsyncDisposable {
  readonly #options: OriginalOptions;
  readonly #lanes: readonly Lane[];
  #halfRead = 0;

  private constructor(options: OriginalOptions, lanes: readonly Lane[]) {
    this.#options = options;
    this.#lanes = lanes;
  }

  static async open(options: OriginalOptions, numWorkers: number): Promise<OriginalLoader> {
    const lanes = Array.from({ length: numWorkers }, () => new Lane(options));
    await Promise.all(lanes.map(({ ready }) => ready));
    return new OriginalLoader(options, lanes);
  }

  /** Files that were found before they were complete. */
  get halfRead(): number {
    return this.#lanes.reduce((sum, { halfRead }) => sum + halfRead, this.#halfRead);
  }

  async *iterate(order: readonly number[]): AsyncGenerator<GraphData, void, void> {
    const count = this.#lanes.length;
    if (count === 0) {
      const dataset = new OriginalPrefetch(this.#options);
      for (const index of order) yield await dataset.get(index);
      this.#halfRead = dataset.halfRead;
      return;
    }
    const results: (Promise<GraphData> | undefined)[] = [];
    const start = (): void => {
      const index = order[results.length];
      if (index !== undefined) results.push(this.#lanes[results.length % count]?.ask(index));
    };
    for (let ahead = 0; ahead < PREFETCH_FACTOR * count; ahead++) start();
    for (let at = 0; at < order.length; at++) {
      const graph = await (results[at] as Promise<GraphData>);
      results[at] = undefined;
      start();
      yield graph;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

/** A worker, which answers in the order in which it is asked. */
class Lane {
  readonly ready: Promise<unknown>;
  readonly #worker: Worker;
  readonly #asked: ((graph: GraphData) => void)[] = [];
  halfRead = 0;

  constructor(options: OriginalOptions) {
    this.#worker = new Worker(new URL('./original-worker.ts', import.meta.url), { workerData: options });
    this.ready = once(this.#worker, 'message');
    this.#worker.on(
      'message',
      (message: { readonly graph: GraphData; readonly halfRead: number } | 'ready') => {
        if (message === 'ready') return;
        this.halfRead = message.halfRead;
        this.#asked.shift()?.(message.graph);
      },
    );
  }

  ask(index: number): Promise<GraphData> {
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#worker.postMessage(index);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
