import { UnsupportedError } from '../core/errors.ts';
import { Inflater, STEP_BYTES } from '../formats/kernels/inflater.ts';

/** Pass that waits for somebody to go on with it. */
interface Parked {
  close(): void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Longest time that a pass waits, and most that do: each may hold a connection. */
const PARK_MS = 5000;
const MAX_PARKED = 4;
/** Inflaters that are kept for the next pass: a mebibyte each. */
const MAX_FREE_INFLATERS = 4;
/** Buffers that readers have given back which are kept: a quarter of a mebibyte each. */
const MAX_FREE_BUFFERS = 16;
/** Time without progress after which a pass is taken to have stalled. */
const STALL_MS = 5000;

/** Counts of what the passes of a source did. */
export interface PassCounts {
  inflatedBytes: number;
  restarts: number;
}

/** Passes over deflated members of a source: those under way and those that wait. */
export class PassLot {
  readonly counts: PassCounts = { inflatedBytes: 0, restarts: 0 };
  readonly #end = new AbortController();
  readonly #parked = new Map<object, Parked>();
  readonly #running = new Map<object, number>();
  readonly #free: Inflater[] = [];
  readonly #buffers: ArrayBuffer[] = [];
  readonly #work = new Set<Promise<void>>();

  /** Aborts when the source is closed. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** True when a pass is under way. */
  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** True when a pass under way makes progress, though perhaps not yet to where somebody waits. */
  get isProgressing(): boolean {
    const now = performance.now();
    return [...this.#running.values()].some((last) => now - last < STALL_MS);
  }

  /** Notes that a pass has come further. */
  progress(pass: object): void {
    this.#running.set(pass, performance.now());
  }

  /** Notes that a pass is no longer under way. */
  stop(pass: object): void {
    this.#running.delete(pass);
  }

  /** Lets a pass wait; `close` is called when it has waited long enough. */
  park(pass: object, close: () => void): void {
    const timer = setTimeout(() => {
      this.#parked.delete(pass);
      close();
    }, PARK_MS);
    timer.unref();
    this.#parked.set(pass, { close, timer });
    for (const [oldest, parked] of this.#parked) {
      if (this.#parked.size <= MAX_PARKED) return;
      this.unpark(oldest);
      parked.close();
    }
  }

  /** Notes that a pass goes on, or has ended. */
  unpark(pass: object): void {
    clearTimeout(this.#parked.get(pass)?.timer);
    this.#parked.delete(pass);
  }

  /** @throws UnsupportedError where WebAssembly is missing */
  takeInflater(): Inflater {
    const inflater = this.#free.pop() ?? Inflater.create();
    if (inflater !== undefined) return inflater;
    throw new UnsupportedError(
      'deflate',
      'Deflated members of archives are read by WebAssembly, which is missing here.',
    );
  }

  giveInflater(inflater: Inflater): void {
    if (this.#free.length < MAX_FREE_INFLATERS) this.#free.push(inflater);
  }

  /** Copies bytes for a reader, large ones into a buffer that one has given back. */
  copy(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (2 * bytes.length < STEP_BYTES) return bytes.slice();
    const chunk = new Uint8Array(this.#buffers.pop() ?? new ArrayBuffer(STEP_BYTES), 0, bytes.length);
    chunk.set(bytes);
    return chunk;
  }

  /** Takes back what {@link PassLot.copy} gave. */
  recycle({ buffer }: Uint8Array<ArrayBuffer>): void {
    const isFull = this.#buffers.length === MAX_FREE_BUFFERS;
    if (buffer.byteLength === STEP_BYTES && !isFull) this.#buffers.push(buffer);
  }

  /** Keeps account of work that the end has to wait for. */
  track(work: Promise<void>): void {
    this.#work.add(work);
    const forget = (): void => void this.#work.delete(work);
    work.then(forget, forget);
  }

  /** Resolves when nothing is under way: what is known to go on from is kept then. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.allSettled(this.#work);
  }

  /** @param reason - with which what is under way fails */
  close(reason: unknown): void {
    this.#end.abort(reason);
    for (const [pass, parked] of this.#parked) {
      this.unpark(pass);
      parked.close();
    }
  }
}
