import { CacheError, DisposedError } from '../core/errors.ts';
import type { FilePart, FilePlace, PartedFile } from '../core/held-file.ts';
import { type FileAccess, openFileAccess } from './file-access.ts';

/** Opens a file wherever it lies: in one piece or in parts. */
export function openPlace(place: FilePlace): Promise<FileAccess> {
  return typeof place === 'string' ? openFileAccess(place) : openPartedFile(place);
}

/**
 * Opens a file of which some parts are here. A read that touches any other byte rejects with a `CacheError`; never is
 * anything else given in the place of what is not here.
 *
 * @throws NotFoundError when the file of a part is gone
 * @throws CacheError when it has another size
 */
async function openPartedFile(file: PartedFile): Promise<FileAccess> {
  const opening = await Promise.allSettled(file.parts.map(({ path }) => openFileAccess(path)));
  const opened = opening.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  try {
    const failed = opening.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    for (const [index, { start, end, offset }] of file.parts.entries()) {
      const access = opened[index] as FileAccess;
      if (offset === undefined ? access.size !== end - start : access.size < offset + end - start) {
        throw new CacheError(
          `The cached bytes ${start} to ${end} of ${file.name} are ${access.size} bytes. Run CacheManager.verify with repair: true.`,
        );
      }
    }
  } catch (error) {
    await Promise.all(opened.map((access) => access.close()));
    throw error;
  }
  return new PartedAccess(file, opened);
}

class PartedAccess implements FileAccess {
  readonly path: string;
  readonly size: number;
  readonly #parts: readonly FilePart[];
  readonly #opened: readonly FileAccess[];
  #closed = false;

  constructor({ name, size, parts }: PartedFile, opened: readonly FileAccess[]) {
    this.path = name;
    this.size = size;
    this.#parts = parts;
    this.#opened = opened;
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(offset, length);
    const target = new Uint8Array(length);
    await this.readInto(offset, target, signal);
    return target;
  }

  async readInto(offset: number, target: Uint8Array<ArrayBuffer>, signal?: AbortSignal): Promise<void> {
    this.#check(offset, target.byteLength);
    for (let done = 0; done < target.byteLength; ) {
      const at = offset + done;
      const index = this.#parts.findIndex(({ start, end }) => start <= at && at < end);
      const part = this.#parts[index];
      if (part === undefined) throw this.#missing(at, offset + target.byteLength);
      const length = Math.min(target.byteLength - done, part.end - at);
      const access = this.#opened[index] as FileAccess;
      await access.readInto(
        at - part.start + (part.offset ?? 0),
        target.subarray(done, done + length),
        signal,
      );
      done += length;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#opened.map((access) => access.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(offset: number, length: number): void {
    if (this.#closed) throw new DisposedError(`${this.path} was read after it was closed.`);
    const inside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (inside && offset + length <= this.size) return;
    throw new RangeError(
      `${this.path}: bytes ${offset} to ${offset + length} do not lie in its ${this.size} bytes.`,
    );
  }

  #missing(start: number, end: number): CacheError {
    return new CacheError(
      `${this.path}: bytes ${start} to ${end} are read, and only other parts of the file were fetched. Read it with mode: 'whole'.`,
    );
  }
}
