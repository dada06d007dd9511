import { linkSignals } from '../core/abort.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type Deflated, InflateStream } from './inflate-stream.ts';
import type { PassLot } from './pass-lot.ts';
import type { RestartPoint } from './restart-state.ts';
import type { Tap } from './tap.ts';

/** Longest time that a reader may keep others waiting who want what lies further on. */
const MAX_HOLD_MS = 1000;

/** One pass over deflated data, front to back, from which any number of readers take their ranges as they come by. */
export class InflatePass {
  readonly #data: Deflated;
  readonly #lot: PassLot;
  readonly #stream: InflateStream;
  readonly #inflater: ReturnType<PassLot['takeInflater']>;
  readonly #abort = new AbortController();
  readonly #unlink: () => void;
  readonly #taps = new Set<Tap>();
  readonly #onHeldUp: (taps: readonly Tap[]) => void;
  readonly #onEnd: (pass: InflatePass) => void;
  /** Reader that has to take a chunk before the pass goes on. */
  #waitingFor: Tap | undefined;
  #holdTimer: ReturnType<typeof setTimeout> | undefined;
  #isHeldUp = false;
  /** Bytes that came last, valid until the next ones come. */
  #last: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #isRunning = false;
  #isClosed = false;

  /**
   * @param onHeldUp - gets readers that another one holds up, and whom this pass gives up
   * @param onEnd - called when the pass can give no more
   */
  constructor(
    data: Deflated,
    from: RestartPoint | undefined,
    lot: PassLot,
    onHeldUp: (taps: readonly Tap[]) => void,
    onEnd: (pass: InflatePass) => void,
  ) {
    this.#data = data;
    this.#lot = lot;
    this.#onHeldUp = onHeldUp;
    this.#onEnd = onEnd;
    const { signal, unlink } = linkSignals(lot.signal, this.#abort.signal);
    this.#unlink = unlink;
    try {
      this.#inflater = lot.takeInflater();
    } catch (error) {
      unlink();
      throw error;
    }
    try {
      this.#stream = new InflateStream(data, this.#inflater, from, signal);
    } catch (error) {
      lot.giveInflater(this.#inflater);
      unlink();
      throw error;
    }
    if (from !== undefined) lot.counts.restarts++;
    lot.signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Ends with the source, also where a reader takes nothing. */
  readonly #end = (): void => {
    this.#close();
    this.#empty((tap) => tap.fail(this.#lot.signal.reason));
  };

  /** Bytes of output that have gone by. */
  get position(): number {
    return this.#stream.position;
  }

  /** Place from which on a reader can still join: the bytes that came last are there while the pass waits. */
  get reach(): number {
    return this.#isRunning ? this.position : this.position - this.#last.length;
  }

  /** True when a reader that takes nothing keeps the pass from going on. */
  get isHeldUp(): boolean {
    return this.#isHeldUp;
  }

  /** Adds a reader whose range lies ahead. */
  add(tap: Tap): void {
    this.#taps.add(tap);
    this.#lot.unpark(this);
    if (this.#isRunning) this.#watchHold();
    else this.#lot.track(this.#run());
  }

  /** Removes a reader that reads no more: where it was the last, what still comes is waited for by nobody. */
  remove(tap: Tap): void {
    if (this.#taps.delete(tap) && this.#taps.size === 0) this.#close();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    this.#lot.progress(this);
    const slice = new TimeSlice();
    try {
      // What came last may be what a reader begins with that has joined since.
      if (this.#last.length > 0) await this.#give(this.#last);
      while (this.#taps.size > 0 && !this.#isClosed) {
        const wanted = Math.max(...[...this.#taps].map(({ checkedEnd }) => checkedEnd));
        const bytes = await this.#stream.next(wanted);
        await slice.pause();
        if (bytes === undefined) {
          this.#close();
          this.#empty((tap) => tap.finish());
          return;
        }
        this.#lot.progress(this);
        this.#lot.counts.inflatedBytes += bytes.length;
        this.#last = bytes;
        await this.#give(bytes);
      }
    } catch (error) {
      this.#close();
      this.#empty((tap) => tap.fail(error));
    } finally {
      this.#isRunning = false;
      this.#lot.stop(this);
      if (this.#isClosed) this.#dispose();
      else this.#park();
    }
  }

  #empty(end: (tap: Tap) => void): void {
    const taps = [...this.#taps];
    this.#taps.clear();
    for (const tap of taps) end(tap);
  }

  /** Gives each reader what it wants of these bytes, the last that have come. */
  async #give(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const end = this.position;
    const start = end - bytes.length;
    const ascending = [...this.#taps].sort((a, b) => a.range.start - b.range.start);
    for (const tap of ascending) {
      const from = Math.max(0, tap.range.start - start);
      const to = Math.min(bytes.length, tap.range.end - start);
      if (from < to) await this.#write(tap, this.#lot.copy(bytes.subarray(from, to)));
      const isLast = this.#data.size === undefined || tap.checkedEnd >= this.#data.size;
      if (isLast || end < tap.checkedEnd) continue;
      this.#taps.delete(tap);
      tap.finish();
    }
  }

  async #write(tap: Tap, chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#waitingFor = tap;
    this.#watchHold();
    await tap.write(chunk);
    this.#waitingFor = undefined;
    this.#isHeldUp = false;
    clearTimeout(this.#holdTimer);
    this.#holdTimer = undefined;
  }

  /** Gives readers up that wait for another one for too long. */
  #watchHold(): void {
    if (this.#waitingFor === undefined || this.#holdTimer !== undefined || this.#taps.size < 2) return;
    this.#holdTimer = setTimeout(() => {
      this.#holdTimer = undefined;
      this.#isHeldUp = true;
      const heldUp = [...this.#taps].filter(
        (tap) => tap !== this.#waitingFor && tap.range.start >= this.position,
      );
      for (const tap of heldUp) this.#taps.delete(tap);
      this.#onHeldUp(heldUp);
    }, MAX_HOLD_MS);
  }

  #park(): void {
    this.#lot.track(this.#data.points.flush());
    this.#lot.park(this, () => this.#close());
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#lot.unpark(this);
    this.#onEnd(this);
    this.#abort.abort(new Error('Nobody reads this any more.'));
    this.#unlink();
    if (!this.#isRunning) this.#dispose();
  }

  /** Lets go of what it uses, when nothing of it runs. */
  #dispose(): void {
    this.#lot.signal.removeEventListener('abort', this.#end);
    this.#lot.track(this.#data.points.flush());
    void this.#stream.close();
    this.#lot.giveInflater(this.#inflater);
  }
}
