import type { FileEntry } from './source.ts';

/**
 * Listing whose entries are at hand many at a time: who takes them in batches waits once for each of these, which of
 * tens of thousands is most of the time.
 */
export class BatchedEntries implements AsyncIterable<FileEntry> {
  readonly #list: () => AsyncIterable<readonly FileEntry[]>;
  readonly #signal: AbortSignal | undefined;

  /** @param list - begins the listing */
  constructor(list: () => AsyncIterable<readonly FileEntry[]>, signal?: AbortSignal) {
    this.#list = list;
    this.#signal = signal;
  }

  batches(): AsyncIterable<readonly FileEntry[]> {
    return this.#list();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FileEntry, void, void> {
    for await (const batch of this.#list()) {
      for (const entry of batch) {
        this.#signal?.throwIfAborted();
        yield entry;
      }
    }
  }
}
