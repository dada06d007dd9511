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

/** Gives any listing in batches: where its entries come one by one, each is a batch. */
export async function* batchesOf(
  listing: AsyncIterable<FileEntry>,
): AsyncGenerator<readonly FileEntry[], void, void> {
  if (listing instanceof BatchedEntries) yield* listing.batches();
  else for await (const entry of listing) yield [entry];
}
