import type { FileEntry } from './source.ts';

/** Listing that has begun. */
export interface BegunListing {
  /** Table that holds the entries, in their order, and never changes; undefined where there is none. */
  readonly table: object | undefined;
  /** Gives the entries one by one. */
  entries(): AsyncIterable<FileEntry>;
}

/**
 * Listing whose entries are rows of a table that is there already: who knows the table takes it as it is, and makes
 * neither an entry of each row nor a second table of these.
 */
export class TabledEntries implements AsyncIterable<FileEntry> {
  readonly #begin: () => Promise<BegunListing>;

  constructor(begin: () => Promise<BegunListing>) {
    this.#begin = begin;
  }

  begin(): Promise<BegunListing> {
    return this.#begin();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FileEntry, void, void> {
    yield* (await this.#begin()).entries();
  }
}
