import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { ConfigError, DisposedError, FormatError, NotFoundError } from '../core/errors.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { shorten } from '../core/show-value.ts';

/** Bytes asked of the system at a time: an abort takes effect between two such pieces. */
const PIECE_BYTES = 64 * 1024 ** 2;

/** Without blocking, so that a pipe cannot hold the call for ever (not on Windows, which has no such flag). */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A file opened for reading anywhere in it. */
export interface FileAccess extends RandomAccess, AsyncDisposable {
  /** Absolute or relative, as given to {@link openFileAccess}. */
  readonly path: string;
  readInto(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file of this machine for reading. Its size is what it is now: a file that becomes shorter afterwards
 * gives a `FormatError` where its bytes end.
 *
 * @throws NotFoundError when there is no such file, or it is no file
 * @throws ConfigError (option `file`) when this user may not read it
 */
export async function openFileAccess(path: string): Promise<FileAccess> {
  const handle = await open(path, OPEN_FLAGS).catch((cause: unknown) => {
    throw explain(path, cause);
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new NotFoundError(`${path} is not a file but a folder, pipe or device.`);
    return new LocalFileAccess(handle, path, stats.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Characters of a path that a message shows at the most. */
const MAX_PATH_CHARACTERS = 300;

/** Codes of a path at which there cannot be a file; the last one is said of a NUL in it. */
const NO_SUCH_FILE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE'];

function explain(path: string, cause: unknown): unknown {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const shown = shorten(path, MAX_PATH_CHARACTERS);
  if (NO_SUCH_FILE.includes(code)) return new NotFoundError(`There is no file ${shown}.`, { cause });
  if (code !== 'EACCES' && code !== 'EPERM') return cause;
  return new ConfigError('file', `No permission to read ${shown}.`, { cause });
}

class LocalFileAccess implements FileAccess {
  readonly path: string;
  readonly size: number;
  readonly #handle: FileHandle;
  #closing: Promise<void> | undefined;

  constructor(handle: FileHandle, path: string, size: number) {
    this.#handle = handle;
    this.path = path;
    this.size = size;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(offset, length);
    // Not cleared first: either every byte is overwritten, or the read fails.
    const target = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
    await this.readInto(offset, target, signal);
    return target;
  }

  async readInto(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void> {
    this.#check(offset, target.byteLength);
    let done = 0;
    while (done < target.byteLength) {
      signal?.throwIfAborted();
      if (this.#closing !== undefined) throw this.#disposed();
      const length = Math.min(PIECE_BYTES, target.byteLength - done);
      const { bytesRead } = await this.#handle.read(target, done, length, offset + done);
      if (bytesRead === 0) {
        throw new FormatError('the file became shorter while it was read', {
          path: this.path,
          offset: offset + done,
        });
      }
      done += bytesRead;
    }
    signal?.throwIfAborted();
  }

  close(): Promise<void> {
    this.#closing ??= this.#handle.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(offset: number, length: number): void {
    if (this.#closing !== undefined) throw this.#disposed();
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (inside && offset + length <= this.size) return;
    throw new RangeError(
      `${this.path}: bytes ${offset} to ${offset + length} do not lie in its ${this.size} bytes.`,
    );
  }

  #disposed(): DisposedError {
    return new DisposedError(`${this.path} was read after it was closed.`);
  }
}
