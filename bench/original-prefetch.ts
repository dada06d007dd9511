import { closeSync, existsSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { GraphData } from '../src/core/graph.ts';

/** What a peer needs to know, on any thread. */
export interface OriginalOptions {
  readonly url: string;
  /** Where its files lie, for all of its processes. */
  readonly folder: string;
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly prefetchSize: number;
  /** Milliseconds of work on each sample. */
  readonly prepareMs: number;
}

const decoder: string = '../dist/decode/decode.js';

/**
 * The prefetch of the original package, as the facts of this project describe it:
 *
 * - `get` fetches its own file where it is not there. Where the index is at least `prefetchSize` beyond the highest one
 *   that started a prefetch, it also starts a thread that fetches the next `prefetchSize` files of the dataset, one
 *   after the other, whatever the order is.
 * - Downloads go straight to their place, and a file that exists counts as complete; what is on its way but not
 *   there yet is fetched a second time.
 *
 * - Beside each file lies a `.json`, which is fetched after it.
 *
 * In two things it is better than described: whoever finds a half-written file waits for the rest of it, where the original
 * hands it to VTK; and samples are decoded by this package.
 */
export class OriginalPrefetch {
  readonly #options: OriginalOptions;
  #last: number;
  /** Files that were found before they were complete. */
  halfRead = 0;

  constructor(options: OriginalOptions) {
    this.#options = options;
    this.#last = -options.prefetchSize;
  }

  async get(index: number): Promise<GraphData> {
    const { paths, prefetchSize, prepareMs } = this.#options;
    if (index >= this.#last + prefetchSize) {
      this.#last = index;
      void this.#fetchAll(index + 1);
    }
    const path = paths[index] as string;
    await this.#getSample(path);
    const graph = await this.#decode(path);
    if (prepareMs > 0) await pause(prepareMs);
    return graph;
  }

  async #fetchAll(from: number): Promise<void> {
    const { paths, prefetchSize } = this.#options;
    for (const path of paths.slice(from, from + prefetchSize)) await this.#getSample(path);
  }

  async #getSample(path: string): Promise<void> {
    await this.#getFile(path);
    await this.#getFile(path.replace(/\.[^.]+$/, '.json'));
  }

  async #getFile(path: string): Promise<void> {
    const { url, folder } = this.#options;
    const place = join(folder, path);
    if (existsSync(place)) return;
    const response = await fetch(url + path);
    const file = openSync(place, 'w');
    for await (const chunk of response.body ?? []) writeSync(file, chunk as Uint8Array);
    closeSync(file);
  }

  async #decode(path: string): Promise<GraphData> {
    const { folder, bytes } = this.#options;
    const file = join(folder, path);
    const { decodeSample } = (await import(decoder)) as typeof import('../src/decode/decode.ts');
    for (let isHalf = false; ; isHalf = true) {
      if (statSync(file).size === bytes) {
        try {
          const { graph } = await decodeSample({
            id: path,
            path,
            kept: undefined,
            parts: [{ name: undefined, path, file, pieces: new Map() }],
            keep: false,
            sizes: new Map(),
            attributes: undefined,
            normalize: false,
            metadata: {},
            transforms: [],
            run: { id: path, index: 0, epoch: 0, seed: 0, isKept: false },
          });
          return graph;
        } catch (error) {
          // Another one of its writers has begun with it anew.
          if ((error as { code?: unknown }).code !== 'FORMAT') throw error;
        }
      }
      if (!isHalf) this.halfRead++;
      await pause(1);
    }
  }
}

export function pause(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
