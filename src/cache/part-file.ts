import fs, { constants } from 'node:fs';
import { promisify } from 'node:util';
import { DiskCalls } from './disk-calls.ts';
import { type Sharing, share } from './sharing.ts';

/** Files up to this size are written at once when all of their bytes have come. */
const SMALL_FILE_BYTES = 1024 ** 2;

/** Number of bytes that are read at a time. */
const READ_BYTES = 256 * 1024;

/**
 * Flag by which a write is safe on disk when it returns (open(2)): one call where there were two. Elsewhere
 * than on Linux it promises less than `fdatasync` does as Node.js calls it.
 */
const DSYNC = process.platform === 'linux' ? constants.O_DSYNC : 0;

// Looked up when called, so that tests can count the calls.
const read = promisify((fd: number, buffer: Buffer, length: number, position: number, done: Done<number>) =>
  fs.read(fd, buffer, 0, length, position, done),
);
const datasync = promisify((fd: number, done: Done<void>) => fs.fdatasync(fd, done));
const truncate = promisify((fd: number, length: number, done: Done<void>) => fs.ftruncate(fd, length, done));

type Done<Result> = (error: NodeJS.ErrnoException | null, result: Result) => void;

/** Place of a new file. */
export interface PartFileOptions {
  /** Rights of others in it. @defaultValue none */
  readonly sharing?: Sharing | undefined;
  /** System calls of the disk that it lies on. @defaultValue those of any disk */
  readonly calls?: DiskCalls | undefined;
}

/**
 * A file that is being written. Not a `FileHandle`, whose closing is another task for another thread: with small files
 * such tasks are what costs most.
 */
export class PartFile {
  /**
   * True when it should be written by one call when all of its bytes have come: that makes them safe as well.
   */
  readonly atOnce: boolean;
  #fd: number | undefined;

  readonly #calls: DiskCalls;

  private constructor(fd: number, atOnce: boolean, calls: DiskCalls) {
    this.#fd = fd;
    this.#calls = calls;
    this.atOnce = atOnce;
  }

  /** Makes a new file, for so many bytes. */
  static async create(
    path: string,
    size: number,
    { sharing, calls = new DiskCalls('network') }: PartFileOptions = {},
  ): Promise<PartFile> {
    const atOnce = DSYNC !== 0 && size <= SMALL_FILE_BYTES;
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (atOnce ? DSYNC : 0);
    const fd = await calls.open(path, flags, 0o600);
    // In spite of the umask.
    if (sharing !== undefined) share(path, sharing);
    return new PartFile(fd, atOnce, calls);
  }

  /** Opens the beginning of a file. */
  static async reopen(path: string, calls: DiskCalls): Promise<PartFile> {
    return new PartFile(await calls.open(path, constants.O_RDWR, 0o600), false, calls);
  }

  /** Writes at `position`; @returns how many bytes it wrote. */
  write(buffers: readonly Uint8Array[], position: number): number | Promise<number> {
    return this.#calls.write(this.#open(), buffers, position);
  }

  /** Makes safe what was written. */
  async sync(): Promise<void> {
    if (!this.atOnce) await datasync(this.#open());
  }

  async truncate(length: number): Promise<void> {
    await truncate(this.#open(), length);
  }

  /** Reads the first `length` bytes; a piece is valid until the next one is asked for. */
  async *read(length: number): AsyncGenerator<Uint8Array, void, void> {
    // No stream: one that is left early closes the file, also where it was told not to.
    const buffer = Buffer.allocUnsafeSlow(Math.min(length, READ_BYTES));
    for (let at = 0; at < length; ) {
      const count = await read(this.#open(), buffer, Math.min(buffer.byteLength, length - at), at);
      if (count === 0) throw new Error(`the beginning of a file has ${at} bytes instead of ${length}`);
      yield buffer.subarray(0, count);
      at += count;
    }
  }

  /** Writes the first `length` bytes into a new file: what was removed under its name is still there while it is open. */
  async copyTo(path: string, length: number, options?: PartFileOptions): Promise<void> {
    const copy = await PartFile.create(path, length, options);
    try {
      let at = 0;
      for await (const bytes of this.read(length)) {
        for (let rest: Uint8Array = bytes; rest.byteLength > 0; ) {
          const count = await copy.write([rest], at);
          rest = rest.subarray(count);
          at += count;
        }
      }
      await copy.sync();
    } finally {
      copy.close();
    }
  }

  /** Bytes that the file has; it may have been cut by others. */
  get size(): number {
    return fs.fstatSync(this.#open()).size;
  }

  /** Shows others that it is being worked on, though nothing is written yet. */
  touch(): void {
    const now = Date.now() / 1000;
    fs.futimesSync(this.#open(), now, now);
  }

  /**
   * Closes the file, with which nothing may run any more. A second call does nothing: the number may be
   * another file's by then.
   */
  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) fs.closeSync(fd);
  }

  #open(): number {
    if (this.#fd === undefined) throw new Error('a file was used after it was closed');
    return this.#fd;
  }
}
