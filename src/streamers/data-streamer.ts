import { type LinkedSignal, linkSignals } from '../core/abort.ts';
import { DisposedError, FormatError, isVascuError } from '../core/errors.ts';
import { compileGlob } from '../core/glob.ts';
import type { Metadata } from '../core/graph.ts';
import type { FileEntry, ReadOptions, Source } from '../core/source.ts';
import { openFileAccess } from './file-access.ts';
import { decodeText, parseMetadata, sidecarOf } from './metadata-file.ts';

/** A file of this machine that stays where it is until it is let go. */
export interface HeldFile extends Disposable {
  /** Absolute path. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** What a streamer did so far. */
export interface StreamerStats {
  /** Files that were on this machine when they were asked for; every file of a local folder is. */
  readonly hits: number;
  /** Files that had to be brought here. */
  readonly misses: number;
  readonly bytesDownloaded: number;
  /** Files removed from the cache to make room. */
  readonly evictions: number;
}

/** Options of {@link DataStreamer.listFiles}. */
export interface ListFilesOptions extends ReadOptions {
  /** See `compileGlob`: `*.vtu` matches base names at any depth, `a/**` everything below `a`. @defaultValue all */
  readonly pattern?: string | undefined;
  /** Only paths that begin with this. @defaultValue all */
  readonly prefix?: string | undefined;
}

/** The largest metadata or index file that is read whole, bytes. */
const MAX_WHOLE_BYTES = 256 * 1024 ** 2;

/**
 * Brings the files of a {@link Source} to where programs can open them. What every kind of storage has in
 * common; each says with {@link DataStreamer.openFile} how a file comes here.
 */
export abstract class DataStreamer implements AsyncDisposable {
  readonly source: Source;
  readonly #signal: AbortSignal | undefined;
  #closed = false;

  /** @param signal - ends every call when aborted, for as long as the streamer lives */
  constructor(source: Source, signal: AbortSignal | undefined) {
    this.source = source;
    this.#signal = signal;
  }

  /**
   * Makes a file available on this machine and holds it.
   *
   * @throws NotFoundError when there is no such file
   */
  abstract openFile(path: string, options?: ReadOptions): Promise<HeldFile>;

  abstract stats(): StreamerStats;

  /** Every file, sorted by path. @throws ConfigError when the pattern makes no sense */
  async listFiles(options: ListFilesOptions = {}): Promise<FileEntry[]> {
    const matches = options.pattern === undefined ? undefined : compileGlob(options.pattern);
    const link = this.link(options.signal);
    try {
      const entries: FileEntry[] = [];
      for await (const entry of this.source.list({ prefix: options.prefix, signal: link.signal })) {
        if (matches?.(entry.path) !== false) entries.push(entry);
      }
      return entries;
    } finally {
      link.unlink();
    }
  }

  /**
   * The absolute path of a file on this machine.
   *
   * @throws NotFoundError when there is no such file
   */
  async getFile(path: string, options: ReadOptions = {}): Promise<string> {
    const held = await this.openFile(path, options);
    held[Symbol.dispose]();
    return held.path;
  }

  /**
   * The whole content of a small file.
   *
   * @throws FormatError when it is larger than 256 MiB
   */
  async readWhole(path: string, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const link = this.link(options.signal);
    try {
      const held = await this.openFile(path, { signal: link.signal });
      try {
        if (held.size > MAX_WHOLE_BYTES) {
          throw new FormatError(`${held.size} bytes are too many for a file of this kind`, { path });
        }
        const file = await openFileAccess(held.path);
        try {
          return await file.read(0, file.size, link.signal);
        } finally {
          await file.close();
        }
      } finally {
        held[Symbol.dispose]();
      }
    } finally {
      link.unlink();
    }
  }

  /**
   * What the sidecar says: of a mesh, `case_1.json` beside `case_1.vtu`, and `{}` where there is none; or of
   * the `.json` file itself. A dataset's root metadata file is not looked at.
   *
   * @throws NotFoundError when `path` does not exist
   * @throws FormatError when the sidecar is not a JSON object
   */
  async getMetadata(path: string, options: ReadOptions = {}): Promise<Metadata> {
    const link = this.link(options.signal);
    try {
      const sidecar = path.toLowerCase().endsWith('.json') ? path : sidecarOf(path);
      if (sidecar !== path) await this.source.stat(path, { signal: link.signal });
      try {
        const bytes = await this.readWhole(sidecar, { signal: link.signal });
        return parseMetadata(decodeText(bytes, sidecar), sidecar);
      } catch (error) {
        if (sidecar !== path && isVascuError(error, 'NOT_FOUND')) return {};
        throw error;
      }
    } finally {
      link.unlink();
    }
  }

  /** Ends the use of the source. Files already handed out stay. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.source[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The signal of one call: the streamer's and the call's own.
   *
   * @throws DisposedError after {@link DataStreamer.close}
   */
  protected link(signal: AbortSignal | undefined): LinkedSignal {
    if (this.#closed) {
      throw new DisposedError(`The streamer of ${this.source.id} was used after it was closed.`);
    }
    const link = linkSignals(this.#signal, signal);
    link.signal.throwIfAborted();
    return link;
  }
}
