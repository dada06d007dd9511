import { free } from './detach.ts';

/**
 * Memory that is used again. Fresh memory costs more than reading a raw file from the page cache, since the
 * system must map and clear each page; a loop that gives its buffers back pays that once.
 */
export class BufferPool {
  /** Buffers that were given back, the oldest first. */
  readonly #free: ArrayBuffer[] = [];
  #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes - the most that is kept, bytes */
  constructor(maxBytes: number = 1024 ** 3) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept for later. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Most memory that is kept, bytes. */
  get maxBytes(): number {
    return this.#maxBytes;
  }

  set maxBytes(bytes: number) {
    this.#maxBytes = bytes;
    this.#trim();
  }

  /** Takes a buffer of exactly `byteLength` bytes if one was given back, else a new one. Its content is undefined. */
  take(byteLength: number): ArrayBuffer {
    const index = this.#free.findLastIndex((buffer) => buffer.byteLength === byteLength);
    if (index < 0) return new ArrayBuffer(byteLength);
    const [buffer] = this.#free.splice(index, 1);
    this.#bytes -= byteLength;
    return buffer as ArrayBuffer;
  }

  /**
   * Takes the smallest buffer that was given back and has `byteLength` to twice as many bytes, else a new one of
   * exactly that many. Its content is undefined.
   */
  takeAtLeast(byteLength: number): ArrayBuffer {
    const fitting = this.#free
      .map((buffer) => buffer.byteLength)
      .filter((length) => length >= byteLength && length <= 2 * byteLength);
    return this.take(fitting.length === 0 ? byteLength : Math.min(...fitting));
  }

  /**
   * Gives back a buffer that nobody uses any more. Where that is more than is kept, what has waited longest is freed: of
   * samples that differ in size, some of it may never fit again.
   */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength > this.#maxBytes) return free(buffer);
    if (buffer.byteLength === 0) return;
    this.#free.push(buffer);
    this.#bytes += buffer.byteLength;
    this.#trim();
  }

  #trim(): void {
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#free.shift() as ArrayBuffer;
      this.#bytes -= oldest.byteLength;
      free(oldest);
    }
  }
}
