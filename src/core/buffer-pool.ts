/**
 * Memory that is used again. Fresh memory costs more than reading a raw file from the page cache, since the
 * system must map and clear each page; a loop that gives its buffers back pays that once.
 */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];
  readonly #maxBytes: number;
  #bytes = 0;

  /** @param maxBytes - the most that is kept, bytes */
  constructor(maxBytes: number = 1024 ** 3) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes kept for later. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A buffer of exactly `byteLength` bytes if one was given back, else a new one. Its content is undefined.
   */
  take(byteLength: number): ArrayBuffer {
    const index = this.#free.findIndex((buffer) => buffer.byteLength === byteLength);
    if (index < 0) return new ArrayBuffer(byteLength);
    const [buffer] = this.#free.splice(index, 1);
    this.#bytes -= byteLength;
    return buffer as ArrayBuffer;
  }

  /**
   * The smallest buffer that was given back and has `byteLength` to twice as many bytes, else a new one of exactly
   * that many. Its content is undefined.
   */
  takeAtLeast(byteLength: number): ArrayBuffer {
    const fitting = this.#free
      .map((buffer) => buffer.byteLength)
      .filter((length) => length >= byteLength && length <= 2 * byteLength);
    return this.take(fitting.length === 0 ? byteLength : Math.min(...fitting));
  }

  /** Gives back a buffer that nobody uses any more. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === 0 || this.#bytes + buffer.byteLength > this.#maxBytes) return;
    this.#free.push(buffer);
    this.#bytes += buffer.byteLength;
  }
}
