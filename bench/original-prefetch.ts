import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSample } from '../src/dataset/decode.ts';

/**
 * The prefetch of the original package, as the facts of this project describe it: an access fetches its own file where
 * it is not there yet, and, when it is at least `prefetchSize` beyond the highest one that started a prefetch, starts
 * one thread that fetches the next `prefetchSize` files in the order of the dataset, one after the other. Whoever finds
 * a file that is still being written waits for it here; the original reads it half.
 */
export class OriginalPrefetch {
  readonly #url: string;
  readonly #folder: string;
  readonly #paths: readonly string[];
  readonly #prefetchSize: number;
  readonly #files = new Map<string, Promise<string>>();
  #last = -1;

  constructor(url: string, folder: string, paths: readonly string[], prefetchSize: number) {
    this.#url = url;
    this.#folder = folder;
    this.#paths = paths;
    this.#prefetchSize = prefetchSize;
  }

  /** Decodes a sample on the calling thread, as the original does. */
  async get(index: number): Promise<number> {
    if (index >= this.#last + this.#prefetchSize || this.#last < 0) {
      this.#last = index;
      void this.#fetchAll(index + 1);
    }
    const path = this.#paths[index] as string;
    const file = await this.#fetch(path);
    const { graph } = await decodeSample({
      id: path,
      path,
      file,
      isDecoded: false,
      keep: false,
      pieces: new Map(),
      attributes: undefined,
      normalize: false,
      metadata: {},
      transforms: [],
    });
    return graph.numNodes;
  }

  async #fetchAll(from: number): Promise<void> {
    for (const path of this.#paths.slice(from, from + this.#prefetchSize)) await this.#fetch(path);
  }

  #fetch(path: string): Promise<string> {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = this.#download(path);
      this.#files.set(path, file);
    }
    return file;
  }

  async #download(path: string): Promise<string> {
    const response = await fetch(this.#url + path);
    const file = join(this.#folder, path);
    await writeFile(file, new Uint8Array(await response.arrayBuffer()));
    return file;
  }
}
