import type { FileEntry, ListOptions, ReadOptions, Source, SourceFile } from '../io.ts';
import { isVascuError } from '../io.ts';
import { isCollectionName } from './find-file.ts';

/** Source of which only some files are listed, with what belongs to them: so that files are looked at as samples. */
export class PickedSource implements Source {
  readonly id: string;
  readonly inPlace: boolean | undefined;
  readonly #inner: Source;
  readonly #paths: readonly string[];
  readonly #close: () => Promise<void>;

  /**
   * @param paths - of mesh files
   * @param close - closes what the inner source belongs to
   */
  constructor(inner: Source, paths: readonly string[], close: () => Promise<void>) {
    this.#inner = inner;
    this.#paths = paths;
    this.#close = close;
    this.id = inner.id;
    this.inPlace = inner.inPlace;
  }

  async *list({ prefix = '', signal }: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    const found = new Map<string, FileEntry>();
    for (const path of this.#paths) {
      found.set(path, await this.#inner.stat(path, { signal }));
      const sidecar = `${path.replace(/\.[^./]*$/, '')}.json`;
      const entry = await this.#inner.stat(sidecar, { signal }).catch((error: unknown) => {
        if (isVascuError(error, 'NOT_FOUND')) return undefined;
        throw error;
      });
      if (entry !== undefined) found.set(sidecar, entry);
      if (!isCollectionName(path)) continue;
      // Pieces lie in its folder or below.
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      for await (const each of this.#inner.list({ prefix: folder, signal })) found.set(each.path, each);
    }
    const paths = [...found.keys()].filter((path) => path.startsWith(prefix)).sort();
    for (const path of paths) yield found.get(path) as FileEntry;
  }

  stat(path: string, options?: ReadOptions): Promise<FileEntry> {
    return this.#inner.stat(path, options);
  }

  open(path: string, options?: Parameters<Source['open']>[1]): Promise<SourceFile> {
    return this.#inner.open(path, options);
  }

  locate(path: string, options?: ReadOptions): ReturnType<NonNullable<Source['locate']>> {
    return this.#inner.locate?.(path, options);
  }

  get mayAskTwice(): boolean | undefined {
    return this.#inner.mayAskTwice;
  }

  get isBusy(): boolean | undefined {
    return this.#inner.isBusy;
  }

  get maxConcurrency(): number | undefined {
    return this.#inner.maxConcurrency;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
