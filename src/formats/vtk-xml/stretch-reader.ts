import type { RandomAccess } from '../../core/mesh.ts';
import { readFully } from '../../core/read-fully.ts';

/** Bytes read at once. */
const BYTES_PER_STEP = 256 * 1024;
/** The most unused bytes that a further step is put behind. */
const MAX_CARRIED_BYTES = 64 * 1024;

type Buffers = readonly [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];

/** Pairs of buffers that nobody uses; fresh memory would cost more than the reading. */
const idle: Buffers[] = [];

/** Reader of a stretch of a file from front to back: each step while the one before is worked on. */
export class StretchReader {
  /** Bytes that were read and not used yet, in memory that is valid until the next call. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  readonly #file: RandomAccess;
  readonly #end: number;
  readonly #signal: AbortSignal | undefined;
  readonly #buffers: Buffers;
  /** Offset in the file behind {@link StretchReader.bytes}. */
  #next: number;
  #reading: Promise<number> | undefined;
  /** Number of the buffer that the step under way goes into. */
  #into: 0 | 1 = 0;

  /** @param end - nothing is read at or behind this offset */
  constructor(file: RandomAccess, start: number, end: number, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#next = start;
    this.#end = end;
    this.#signal = signal;
    this.#buffers = idle.pop() ?? [
      new Uint8Array(MAX_CARRIED_BYTES + BYTES_PER_STEP),
      new Uint8Array(MAX_CARRIED_BYTES + BYTES_PER_STEP),
    ];
  }

  /** Offset in the file of the first byte not used yet. */
  get position(): number {
    return this.#next - this.bytes.length;
  }

  /** Puts the next step behind the bytes there are, {@link MAX_CARRIED_BYTES} at the most; false where no more follow. */
  async more(): Promise<boolean> {
    const length = await (this.#reading ?? this.#begin());
    this.#reading = undefined;
    if (length === 0) return false;
    const rest = this.bytes;
    const buffer = this.#buffers[this.#into];
    buffer.set(rest, MAX_CARRIED_BYTES - rest.length);
    this.bytes = buffer.subarray(MAX_CARRIED_BYTES - rest.length, MAX_CARRIED_BYTES + length);
    this.#next += length;
    this.#into = this.#into === 0 ? 1 : 0;
    this.#reading = this.#begin();
    // Its failure is told by the call that waits for it.
    this.#reading.catch(() => undefined);
    return true;
  }

  async #begin(): Promise<number> {
    const length = Math.min(BYTES_PER_STEP, this.#end - this.#next);
    if (length <= 0) return 0;
    const target = this.#buffers[this.#into].subarray(MAX_CARRIED_BYTES, MAX_CARRIED_BYTES + length);
    await readFully(this.#file, this.#next, target, this.#signal);
    return length;
  }

  /** Makes `length` bytes be there, if so many follow and it is a part small enough; tells whether they are. */
  async fill(length: number): Promise<boolean> {
    while (this.bytes.length < length && this.bytes.length <= MAX_CARRIED_BYTES && (await this.more()));
    return this.bytes.length >= length;
  }

  /** Fills `target` with the next bytes, which must follow, without a copy where they were not read yet. */
  async readInto(target: Uint8Array<ArrayBuffer>): Promise<void> {
    let done = 0;
    do {
      const part = this.bytes.subarray(0, target.length - done);
      target.set(part, done);
      done += part.length;
      this.bytes = this.bytes.subarray(part.length);
    } while (done < target.length && this.#reading !== undefined && (await this.more()));
    if (done === target.length) return;
    await readFully(this.#file, this.#next, target.subarray(done), this.#signal);
    this.#next += target.length - done;
  }

  /** Ends the step under way; the buffers are used for other files then. */
  async close(): Promise<void> {
    await this.#reading?.catch(() => undefined);
    this.bytes = new Uint8Array(0);
    if (idle.length < 16) idle.push(this.#buffers);
  }
}
