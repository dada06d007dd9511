import type { RandomAccess } from '../../core/mesh.ts';
import { readFully } from '../../core/read-fully.ts';
import { StretchReader } from './stretch-reader.ts';

/** Bytes read at once when the need is smaller. */
const BYTES_PER_READ = 64 * 1024;

/** Place of the first `byte`, or −1; the method of typed arrays is 25 times slower than that of Node's buffers. */
const indexOfByte: (bytes: Uint8Array, byte: number) => number =
  globalThis.Buffer === undefined
    ? (bytes, byte) => bytes.indexOf(byte)
    : (bytes, byte) => Buffer.prototype.indexOf.call(bytes, byte);

/**
 * A stretch of a file in memory that moves as it is read. Offsets are those of the file. It serves the
 * header and small pieces; large arrays bypass it.
 */
export class FileWindow {
  readonly file: RandomAccess;
  readonly signal: AbortSignal | undefined;
  #start = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @param head - first bytes of the file, where they were read before */
  constructor(file: RandomAccess, signal?: AbortSignal, head?: Uint8Array<ArrayBuffer>) {
    this.file = file;
    this.signal = signal;
    if (head === undefined) return;
    this.#bytes = head;
    this.#buffer = head;
  }

  /**
   * Gives the bytes from `offset`: at least `length` of them unless the file ends before, and as many more as are in
   * memory. The view is valid until the next call.
   */
  async at(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = Math.min(offset + length, this.file.size);
    const from = offset - this.#start;
    if (
      this.#start >= 0 &&
      from >= 0 &&
      end <= this.#start + this.#bytes.length &&
      from <= this.#bytes.length
    ) {
      return this.#bytes.subarray(from);
    }
    const wanted = Math.max(0, Math.min(Math.max(length, BYTES_PER_READ), this.file.size - offset));
    if (this.#buffer.length < wanted) this.#buffer = new Uint8Array(wanted);
    this.#bytes = this.#buffer.subarray(0, wanted);
    // Nothing is in memory until all of it is.
    this.#start = -1;
    await readFully(this.file, offset, this.#bytes, this.signal);
    this.#start = offset;
    return this.#bytes;
  }

  /** Finds the offset of the first `byte` at or after `from`, or −1. */
  async indexOf(byte: number, from: number): Promise<number> {
    const near = await this.at(from, 1);
    const found = indexOfByte(near, byte);
    if (found >= 0) return from + found;
    const rest = new StretchReader(this.file, from + near.length, this.file.size, this.signal);
    try {
      while (await rest.more()) {
        const place = indexOfByte(rest.bytes, byte);
        if (place >= 0) return rest.position + place;
        rest.bytes = rest.bytes.subarray(rest.bytes.length);
      }
      return -1;
    } finally {
      await rest.close();
    }
  }

  /** Finds the offset of the first byte at or after `from` that is no XML white space, or the file's size. */
  async skipSpace(from: number): Promise<number> {
    let offset = from;
    while (offset < this.file.size) {
      const bytes = await this.at(offset, 1);
      for (let index = 0; index < bytes.length; index++) {
        const byte = bytes[index] as number;
        if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return offset + index;
      }
      offset += bytes.length;
    }
    return this.file.size;
  }
}
