import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { DisposedError, FormatError, NotFoundError } from '../core/errors.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { explainSystemError } from '../core/system-error.ts';

/** Number of bytes asked of the system at a time: an abort takes effect between two such pieces. */
const PIECE_BYTES = 64 * 1024 ** 2;

/**
 * Flags of opening without blocking, so that a pipe cannot hold the call for ever (not on Windows, which has no such
 * flag).
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** A file opened for reading anywhere in it. */
export interface FileAccess extends RandomAccess, AsyncDisposable {
  /** Path, absolute or relative, as given to {@link openFileAccess}. */
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
  const handle = await open(path, OPEN_FLAGS).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENXIO') throw new NotFoundError(`${path} is not a file but a socket.`, { cause });
    throw explainSystemError(cause, { verb: 'read', file: path, option: 'file' }) ?? cause;
  });
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      const cause = Object.assign(new Error('it is no file'), { code: 'EISDIR' });
      throw new NotFoundError(`${path} is not a file but a folder, pipe or device.`, { cause });
    }
    return new LocalFileAccess(handle, path, stats.size);
  } catch (error) {
    await handle.close();
    throw error;
  }
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
      const { bytesRead } = await this.#handle
        .read(target, done, length, offset + done)
        .catch((cause: unknown) => {
          const action = { verb: 'read', file: this.path, option: 'file' } as const;
          throw explainSystemError(cause, action) ?? cause;
        });
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
