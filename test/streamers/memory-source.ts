import { NotFoundError, UnsupportedError } from '../../src/core/errors.ts';
import type {
  ByteRange,
  FileEntry,
  ListOptions,
  ReadOptions,
  Source,
  SourceFile,
} from '../../src/core/source.ts';

/** A request as it came. */
export interface MemoryRequest extends ByteRange {
  readonly path: string;
}

/** Files in memory, with every request for their bytes. */
export class MemorySource implements Source {
  readonly id = 'memory://test';
  readonly requests: MemoryRequest[] = [];
  /** Bytes that were given out. */
  bytes = 0;
  /** Whether parts of files are given. */
  ranges = true;
  /** Called before a request is answered; may throw, or change files. */
  onOpen: ((request: MemoryRequest) => void | Promise<void>) | undefined;
  /** What is given out in the place of the bytes of a range. */
  forge: ((bytes: Uint8Array<ArrayBuffer>, request: MemoryRequest) => Uint8Array<ArrayBuffer>) | undefined;
  readonly #files = new Map<string, { readonly content: Uint8Array; readonly version: string }>();

  put(path: string, content: Uint8Array, version = '1'): void {
    this.#files.set(path, { content, version });
  }

  async *list({ prefix = '' }: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    for (const path of [...this.#files.keys()].sort())
      if (path.startsWith(prefix)) yield await this.stat(path);
  }

  stat(path: string): Promise<FileEntry> {
    const file = this.#files.get(path);
    if (file === undefined) return Promise.reject(new NotFoundError(`There is no file ${path}.`));
    return Promise.resolve({ path, size: file.content.byteLength, version: file.version });
  }

  async open(
    path: string,
    options: ReadOptions & { readonly range?: ByteRange; readonly ifVersion?: string } = {},
  ): Promise<SourceFile> {
    const { size } = await this.stat(path);
    const { start, end } = options.range ?? { start: 0, end: size };
    const request = { path, start, end };
    this.requests.push(request);
    await this.onOpen?.(request);
    const entry = await this.stat(path);
    if (options.ifVersion !== undefined && options.ifVersion !== entry.version)
      throw new NotFoundError(`${path} has changed.`);
    if (!this.ranges && start > 0)
      throw new UnsupportedError('range', `${path}: no parts of files are given.`);
    const content = this.#files.get(path)?.content.slice(start, end) as Uint8Array<ArrayBuffer>;
    const isPart = end - start < entry.size;
    const given = isPart ? (this.forge?.(content, request) ?? content) : content;
    this.bytes += given.byteLength;
    const body = new Blob([given]).stream() as SourceFile['body'];
    return { ...entry, ...(isPart && !this.ranges ? { fromStart: true } : {}), body };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
