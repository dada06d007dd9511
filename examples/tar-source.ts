import { ReadableStream } from 'node:stream/web';
import { DisposedError, FormatError, NotFoundError } from 'vascusim';
import type { ByteRange, FileEntry, ReadOptions, Source, SourceFile } from 'vascusim/io';
import { type Archive, openArchive } from './tar-archive.ts';

type ListOptions = ReadOptions & { readonly prefix?: string | undefined };
type OpenOptions = ReadOptions & { range?: ByteRange | undefined; ifVersion?: string | undefined };

/** The files of a tar archive as a source. They are read where they lie; nothing is unpacked. */
export class TarSource implements Source {
  readonly id: string;
  readonly #path: string;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
    this.id = `tar:${path}`; // names the cache's entries, so it must not change and holds no secret
  }

  async *list({ prefix = '', signal }: ListOptions = {}): AsyncGenerator<FileEntry, void, void> {
    await using archive = await this.#open(signal);
    for (const { start: _, ...entry } of archive.members.values()) {
      signal?.throwIfAborted();
      if (entry.path.startsWith(prefix)) yield entry;
    }
  }

  async stat(path: string, { signal }: ReadOptions = {}): Promise<FileEntry> {
    await using archive = await this.#open(signal);
    const { start: _, ...entry } = this.#find(archive, path);
    return entry;
  }

  async open(path: string, { range, ifVersion, signal }: OpenOptions = {}): Promise<SourceFile> {
    const entry = await this.stat(path, { signal });
    const { start, end } = range ?? { start: 0, end: entry.size };
    if (ifVersion !== undefined && ifVersion !== entry.version) throw this.#changed(path);
    if (![start, end].every(Number.isInteger) || start < 0 || end < start || end > entry.size)
      throw new RangeError(`Bytes ${start} to ${end} of ${path} are not inside its ${entry.size}.`);
    const body = ReadableStream.from(this.#read(entry, start, end, signal));
    return { ...entry, body: body as SourceFile['body'] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
  }

  async *#read({ path, version }: FileEntry, from: number, end: number, signal: AbortSignal | undefined) {
    await using archive = await this.#open(signal);
    const { start, version: now } = this.#find(archive, path);
    if (now !== version) throw this.#changed(path);
    for (let at = from; at < end; ) {
      signal?.throwIfAborted();
      const chunk = new Uint8Array(Math.min(2 ** 16, end - at));
      const { bytesRead } = await archive.handle.read(chunk, 0, chunk.length, start + at);
      if (bytesRead === 0) throw new FormatError('the archive ends too early', { path: this.#path });
      yield chunk.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async #open(signal: AbortSignal | undefined): Promise<Archive> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw new DisposedError(`${this.id} was closed.`);
    return openArchive(this.#path);
  }

  #find({ members }: Archive, path: string) {
    const member = members.get(path);
    if (member === undefined) throw new NotFoundError(`${this.id} has no file ${JSON.stringify(path)}.`);
    return member;
  }

  #changed(path: string): NotFoundError {
    return new NotFoundError(`${path} of ${this.id} has changed since it was listed.`);
  }
}
