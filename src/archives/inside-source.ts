import { BatchedEntries, batchesOf } from '../core/batched-entries.ts';
import { nameFile } from '../core/name-file.ts';
import { assertInside } from '../core/safe-path.ts';
import type { ByteRange, FileEntry, ListOptions, ReadOptions, Source, SourceFile } from '../core/source.ts';

/** Folder of a source, or an archive in it, as a source of its own: paths count from it. */
export class InsideSource implements Source {
  readonly id: string;
  readonly check?: NonNullable<Source['check']>;
  readonly #source: Source;
  readonly #folder: string;

  constructor(source: Source, folder: string) {
    this.id = nameFile(source.id, folder);
    this.#source = source;
    this.#folder = `${folder}/`;
    const check = source.check?.bind(source);
    if (check !== undefined) this.check = (options) => check({ ...options, path: options?.path ?? folder });
  }

  get mayAskTwice(): boolean {
    return this.#source.mayAskTwice === true;
  }

  get maxConcurrency(): number | undefined {
    return this.#source.maxConcurrency;
  }

  get isBusy(): boolean {
    return this.#source.isBusy === true;
  }

  get inPlace(): boolean | undefined {
    return this.#source.inPlace;
  }

  async locate(path: string, options: ReadOptions = {}): Promise<string | undefined> {
    assertInside(path);
    return this.#source.locate?.(this.#folder + path, options);
  }

  list(options: ListOptions = {}): AsyncIterable<FileEntry> {
    return new BatchedEntries(() => this.#batches(options), options.signal);
  }

  async assertFolder(path: string, options: ReadOptions = {}): Promise<void> {
    await this.#source.assertFolder?.(path === '' ? this.#folder.slice(0, -1) : this.#folder + path, options);
  }

  async stat(path: string, options: ReadOptions = {}): Promise<FileEntry> {
    options.signal?.throwIfAborted();
    assertInside(path);
    return this.#inside(await this.#source.stat(this.#folder + path, options));
  }

  async open(
    path: string,
    options: ReadOptions & {
      readonly range?: ByteRange | undefined;
      readonly ifVersion?: string | undefined;
    } = {},
  ): Promise<SourceFile> {
    options.signal?.throwIfAborted();
    assertInside(path);
    return this.#inside(await this.#source.open(this.#folder + path, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
  }

  async *#batches(options: ListOptions): AsyncGenerator<readonly FileEntry[], void, void> {
    const { prefix = '', signal, onLeftOut } = options;
    const listing = this.#source.list({
      prefix: this.#folder + prefix,
      signal,
      onLeftOut: onLeftOut && ((leftOut) => onLeftOut({ ...leftOut, path: this.#toInner(leftOut.path) })),
    });
    let isEmpty = prefix === '';
    for await (const batch of batchesOf(listing)) {
      isEmpty &&= batch.length === 0;
      yield batch.map((entry) => this.#inside(entry));
    }
    // That there is no such archive is another thing than one without files.
    if (isEmpty) await this.#source.stat(this.#folder.slice(0, -1), { signal });
  }

  #inside<Entry extends FileEntry>(entry: Entry): Entry {
    return { ...entry, path: this.#toInner(entry.path) };
  }

  #toInner(path: string): string {
    return path.startsWith(this.#folder) ? path.slice(this.#folder.length) : path;
  }
}
