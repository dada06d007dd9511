/** Circumstances of {@link WorkerGrowth}. */
export interface GrowthOptions {
  /** The most threads; 0 for none at all. */
  readonly most: number;
  /** True when the calling thread may decode beside a thread: nothing of the user's is in the work. */
  readonly helps: boolean;
  /** Clock, milliseconds. @defaultValue `performance.now` */
  readonly now?: (() => number) | undefined;
}

/** Time that a thread costs until it decodes as fast as the calling thread does, milliseconds: before one has started. */
const USUAL_PRICE_MS = 150;
const MIN_PRICE_MS = 100;
const MAX_PRICE_MS = 1000;

/** Price of a thread, in times that it took to be ready: its code is slow while it is new. */
const PRICE_PER_START = 3;

/** Time of decoding that tells how long samples take: before it, it is the time of code that is new, milliseconds. */
const MIN_DECODED_MS = 60;

/** Samples that the same needs. */
const MIN_DECODED_SAMPLES = 2;

/** Weight of what samples before the last one took, against one that came after them. */
const MEMORY = 0.75;

/** Worth of the calling thread beside threads, of one of them: it has the loop to run, and helps little or is relieved. */
const HELP_SHARE = 0.5;

/** Time that a number of threads is looked at before one is taken away, milliseconds; doubled when it was missed. */
const MIN_WINDOW_MS = 2000;
const MAX_WINDOW_MS = 64_000;

/** Samples that are looked at before one is taken away. */
const MIN_WINDOW_SAMPLES = 8;

/** Share of the time for which the loop may be held up by decoding although there are threads enough. */
const MAX_HELD_SHARE = 0.02;

/** Share of their time that the threads which stay may be at work. */
const MAX_BUSY_SHARE = 0.5;

/** Share of its time that the calling thread may decode in the place of the last thread. */
const MAX_BUSY_HERE_SHARE = 0.02;

/**
 * Rule by which threads are added while a loop waits for decoding, and taken away again.
 *
 * The loop is held up by decoding while it waits and there are samples, with their files at hand, that nobody has begun
 * to decode. A thread is added when the time that it would save of that, by what was held up so far and what is
 * expected of the samples to come, is worth its price. One is taken away when the others would have half of their time
 * left and the loop is not held up. Time and events come from outside: the same events give the same numbers.
 */
export class WorkerGrowth {
  readonly #helps: boolean;
  readonly #now: () => number;
  #most: number;
  #threads = 0;
  /** Time at which the thread was asked for that has not started yet. */
  #startedAt: number | undefined;
  #price = USUAL_PRICE_MS;
  /** True when there were two threads: from then on the calling thread has no part in decoding beside one. */
  #hasOutgrown = false;
  /** Times that the number of threads was lowered and had to be raised again. */
  #wasMissed = 0;
  #hasShrunk = false;

  #isAsked = false;
  #inHand = 0;
  #left = 0;
  #decodedMs = 0;
  #decodedSamples = 0;
  /** Time since which nothing was accounted for. */
  #last: number;
  /** Time that the loop was held up since a sample was decoded. */
  #heldSince = 0;
  /** Weighted sums over the samples so far, of times held up and of samples. */
  #recentHeld = 0;
  #recentSamples = 0;
  #window = { start: 0, held: 0, busy: 0, samples: 0 };

  constructor({ most, helps, now = (): number => performance.now() }: GrowthOptions) {
    this.#most = most;
    this.#helps = helps;
    this.#now = now;
    this.#last = now();
    this.#window.start = this.#last;
  }

  /** Number of threads that there should be. */
  get threads(): number {
    return this.#threads;
  }

  /** True when the calling thread is to decode beside one thread. */
  get isHelping(): boolean {
    return this.#helps && !this.#hasOutgrown;
  }

  /** Number of samples that are decoded at a time. */
  get #lanes(): number {
    const started = this.#threads - (this.#startedAt === undefined ? 0 : 1);
    return Math.max(1, started === 1 && this.isHelping ? 2 : started);
  }

  /** Notes that an epoch begins, of which so many samples are to come, and that the loop waits for the first one. */
  begin(samples: number): void {
    this.#account();
    this.#left = samples;
    this.#isAsked = true;
  }

  /** Notes that the loop waits. */
  ask(): void {
    this.#account();
    this.#isAsked = true;
    this.#decide();
  }

  /** Notes that the body of the loop runs. */
  handOut(): void {
    this.#account();
    this.#isAsked = false;
  }

  /** Notes how many samples, with their files at hand, are being decoded or wait for it. */
  hold(samples: number): void {
    this.#account();
    this.#inHand = samples;
  }

  /** Notes that a sample was decoded, and the time it took. */
  decode(milliseconds: number, place: 'here' | 'thread'): void {
    this.#account();
    this.#left = Math.max(0, this.#left - 1);
    // Of the first one most of the time goes into loading what decodes it.
    if (this.#decodedSamples > 0) {
      this.#recentHeld = MEMORY * this.#recentHeld + this.#heldSince;
      this.#recentSamples = MEMORY * this.#recentSamples + 1;
      this.#window.held += this.#heldSince;
    }
    this.#heldSince = 0;
    this.#window.samples++;
    if (place === 'thread') this.#window.busy += milliseconds;
    this.#decodedSamples++;
    this.#decodedMs += milliseconds;
    this.#decide();
  }

  /** Notes that the thread that was added last has started. */
  start(): void {
    if (this.#startedAt === undefined) return;
    const ms = PRICE_PER_START * (this.#now() - this.#startedAt);
    this.#price = Math.min(MAX_PRICE_MS, Math.max(MIN_PRICE_MS, ms));
    this.#startedAt = undefined;
    if (this.#threads > 1) this.#hasOutgrown = true;
    this.#restart();
  }

  /** Notes that only so many threads could be started, and asks for no more. */
  limit(threads: number): void {
    this.#startedAt = undefined;
    this.#most = threads;
    this.#threads = Math.min(this.#threads, threads);
  }

  #account(): void {
    const now = this.#now();
    if (this.#isAsked && this.#inHand > this.#lanes) this.#heldSince += now - this.#last;
    this.#last = now;
  }

  #decide(): void {
    if (this.#startedAt !== undefined) return;
    if (this.#shouldGrow()) this.#grow();
    else if (this.#last - this.#window.start >= this.#windowMs) this.#review();
  }

  #shouldGrow(): boolean {
    if (this.#threads >= this.#most || this.#inHand <= this.#lanes) return false;
    if (this.#decodedSamples < MIN_DECODED_SAMPLES || this.#decodedMs < MIN_DECODED_MS) return false;
    const expected = (this.#recentHeld / this.#recentSamples) * this.#left;
    const saved = 1 - worthOf(this.#threads) / worthOf(this.#threads + 1);
    return (this.#window.held + expected) * saved >= this.#price;
  }

  #grow(): void {
    this.#threads++;
    this.#startedAt = this.#last;
    if (this.#hasShrunk) this.#wasMissed++;
    this.#hasShrunk = false;
    this.#restart();
  }

  /** Takes a thread away that is not needed, and begins to look anew. */
  #review(): void {
    const { start, held, busy, samples } = this.#window;
    if (samples < MIN_WINDOW_SAMPLES) return;
    const ms = this.#last - start;
    const rest = this.#threads - 1;
    const mostBusy = rest === 0 ? MAX_BUSY_HERE_SHARE : rest * MAX_BUSY_SHARE;
    if (rest >= 0 && held <= MAX_HELD_SHARE * ms && busy <= mostBusy * ms) {
      this.#threads = rest;
      this.#hasShrunk = true;
    }
    this.#restart();
  }

  get #windowMs(): number {
    return Math.min(MAX_WINDOW_MS, MIN_WINDOW_MS * 2 ** this.#wasMissed);
  }

  #restart(): void {
    this.#window = { start: this.#now(), held: 0, busy: 0, samples: 0 };
  }
}

/** Rates how much is decoded at a time, the calling thread alone being 1. */
function worthOf(threads: number): number {
  return threads === 0 ? 1 : threads + HELP_SHARE;
}
