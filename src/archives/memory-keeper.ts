import type { Keeper } from '../core/keeper.ts';

/** Bytes that are kept at the most: directories of many archives, restart points of a member of some gigabytes. */
const MAX_KEPT_BYTES = 32 * 1024 ** 2;

/** Keeper in memory: what was not asked for the longest goes first. */
export class MemoryKeeper implements Keeper {
  readonly #kept = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_KEPT_BYTES) {
    this.#maxBytes = maxBytes;
  }

  async keep(path: string, version: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await this.forget(path, version);
    if (bytes.length > this.#maxBytes) return;
    this.#kept.set(keyOf(path, version), bytes);
    this.#bytes += bytes.length;
    for (const [key, oldest] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#kept.delete(key);
      this.#bytes -= oldest.length;
    }
  }

  recall(path: string, version: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const key = keyOf(path, version);
    const bytes = this.#kept.get(key);
    if (bytes !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, bytes);
    }
    return Promise.resolve(bytes);
  }

  forget(path: string, version: string): Promise<void> {
    const key = keyOf(path, version);
    this.#bytes -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
    return Promise.resolve();
  }
}

function keyOf(path: string, version: string): string {
  return JSON.stringify([path, version]);
}
