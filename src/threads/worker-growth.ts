/** Circumstances of {@link WorkerGrowth}. */
export interface GrowthOptions {
  /** The most threads, one for each processor; 0 for none at all. */
  readonly most: number;
  /** True when the calling thread may decode beside threads: nothing of the user's is in the work. */
  readonly helps: boolean;
  /** Clock, milliseconds. @defaultValue `performance.now` */
  readonly now?: (() => number) | undefined;
}

/**
 * Time that a thread costs until it decodes as fast as the calling thread does, milliseconds: before one has started,
 * and beside that, over the number of processors, since it competes with what reads and collects garbage for the others.
 */
const USUAL_PRICE_MS = 200;
const COMPETING_PRICE_MS = 1200;
const MIN_PRICE_MS = 100;
const MAX_PRICE_MS = 1000;

/** Price of a thread, in times that it took to be ready: its code is slow while it is new. */
const PRICE_PER_START = 3;

/** Share of the price that the samples to come have to be worth, whatever those before them would have been. */
const MIN_EXPECTED_SHARE = 0.25;

/** Time of decoding that tells how long samples take: before it, it is the time of code that is new, milliseconds. */
const MIN_DECODED_MS = 50;

/** Groups of samples that are looked at for what one takes: the faster half of them, since the others were disturbed. */
const RECENT_GROUPS = 6;

/** Share of the waiting that a thread has to save. */
const MIN_SAVED_SHARE = 0.15;

/** Samples that a thread has decoded before it is known what it is worth. */
const MIN_THREAD_SAMPLES = 4;

/** Part of what a thread decodes that the calling thread does at the least, or it is better left to its loop. */
const MIN_HELP_SHARE = 0.6;

/** Time of decoding below which the calling thread does not help: threads would wait for it to be given the next sample. */
const MIN_HELPED_MS = 10;

/**
 * Time of decoding that is worth handing a sample over, milliseconds: to there and back costs half a millisecond of
 * each thread's time, and waiting for a turn on a machine that has other things to do.
 */
const MIN_HANDED_MS = 2;

/** Samples that threads have decoded before it is judged what a new one has brought. */
const MIN_JUDGED_SAMPLES = 12;
const MIN_JUDGED_MS = 150;

/** Share of the waiting before it came that is left at the most, or the thread is taken back. */
const MAX_LEFT_SHARE = 0.95;

/** Time for which no thread is added after one was taken back, milliseconds; each time four times as long. */
const MIN_PAUSE_MS = 4000;

/** Worth of threads to a loop beside what they decode, in threads: it need not decode itself. */
const RELIEF_SHARE = 0.5;

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
  readonly #processors: number;
  #most: number;
  #threads = 0;
  /** Time at which the thread was asked for that has not started yet. */
  #startedAt: number | undefined;
  #price: number;
  /** True when the calling thread is of little help beside threads. */
  #isRelieved = false;
  /** Times that the number of threads was lowered and had to be raised again. */
  #timesMissed = 0;
  #hasShrunk = false;

  #isAsked = false;
  #inHand = 0;
  /** Samples of this epoch that are to come, those that came, and those of the epochs before it. */
  #left = 0;
  #epochSamples = 0;
  #pastSamples = 0;
  /** Time since which nothing was accounted for. */
  #last: number;
  /** Times that the loop waited, and was held up, since a sample was decoded. */
  #since = { waited: 0, held: 0 };
  /** The same of the samples that are decoded at a time, which end together. */
  #group = { waited: 0, held: 0, decoded: 0, samples: 0 };
  /** The same for each sample of the last groups. */
  readonly #recent = { waited: [] as number[], held: [] as number[], decoded: [] as number[] };
  #hasBegun = false;
  #decodedMs = 0;
  /** Threads before those that are still to be judged, and the time that the loop usually waited for a sample then. */
  #before: { readonly threads: number; readonly waited: number } | undefined;
  #timesTakenBack = 0;
  #notBefore = -Infinity;
  #window: { readonly start: number; held: number; busy: number; here: number; threads: number };

  constructor({ most, helps, now = (): number => performance.now() }: GrowthOptions) {
    this.#most = most;
    this.#processors = Math.max(1, most);
    this.#price = USUAL_PRICE_MS + COMPETING_PRICE_MS / this.#processors;
    this.#helps = helps;
    this.#now = now;
    this.#last = now();
    this.#window = newWindow(this.#last);
  }

  /** Number of threads that there should be. */
  get threads(): number {
    return this.#threads;
  }

  /** True when the calling thread is to decode beside threads. */
  get isHelping(): boolean {
    return this.#helps && !this.#isRelieved;
  }

  /** Notes that an epoch begins, of which so many samples are to come, and that the loop waits for the first one. */
  begin(samples: number): void {
    this.#account();
    this.#pastSamples += this.#epochSamples;
    this.#epochSamples = 0;
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
    this.#epochSamples++;
    const window = this.#window;
    // Of the first one most of the time goes into loading what decodes it.
    if (this.#hasBegun) {
      this.#decodedMs += milliseconds;
      window.held += this.#since.held;
      this.#addToGroup(milliseconds);
    }
    this.#hasBegun = true;
    this.#since = { waited: 0, held: 0 };
    window.busy += milliseconds;
    if (place === 'here') window.here++;
    else window.threads++;
    this.#decide();
  }

  /** Notes that the thread that was added last has started. */
  start(): void {
    if (this.#startedAt === undefined) return;
    const ms = PRICE_PER_START * (this.#now() - this.#startedAt);
    this.#price = Math.min(MAX_PRICE_MS, Math.max(MIN_PRICE_MS, ms));
    this.#startedAt = undefined;
    this.#window = newWindow(this.#now());
  }

  /** Notes that no more than so many threads can be started. */
  limit(threads: number): void {
    this.#startedAt = undefined;
    this.#before = undefined;
    this.#most = threads;
    this.#threads = Math.min(this.#threads, threads);
  }

  #addToGroup(decoded: number): void {
    const group = this.#group;
    group.waited += this.#since.waited;
    group.held += this.#since.held;
    group.decoded += decoded;
    group.samples++;
    if (group.samples <= this.#lanes) return;
    for (const name of ['waited', 'held', 'decoded'] as const) {
      this.#recent[name].push(group[name] / group.samples);
      if (this.#recent[name].length > RECENT_GROUPS) this.#recent[name].shift();
    }
    this.#group = { waited: 0, held: 0, decoded: 0, samples: 0 };
  }

  #account(): void {
    const now = this.#now();
    if (this.#isAsked) {
      this.#since.waited += now - this.#last;
      if (this.#inHand > this.#lanes) this.#since.held += now - this.#last;
    }
    this.#last = now;
  }

  /** Samples that are decoded at a time. */
  get #lanes(): number {
    const started = this.#threads - (this.#startedAt === undefined ? 0 : 1);
    return started === 0 ? 1 : started + (this.isHelping ? 1 : 0);
  }

  #decide(): void {
    if (this.#startedAt !== undefined || this.#judge()) return;
    if (this.#shouldGrow()) this.#grow();
    else if (this.#last - this.#window.start >= this.#windowMs) this.#review();
  }

  /** Takes threads back that have brought nothing; true while that is not known. */
  #judge(): boolean {
    if (this.#before === undefined) return false;
    const { start, threads } = this.#window;
    // One thread alone decodes no faster than the calling thread did: it is judged with a second one.
    if (this.#threads === 1 && !this.isHelping && this.#shouldGrow()) return false;
    if (threads < MIN_JUDGED_SAMPLES || this.#last - start < MIN_JUDGED_MS) return true;
    if (usualOf(this.#recent.waited) > MAX_LEFT_SHARE * this.#before.waited) {
      this.#threads = this.#before.threads;
      this.#notBefore = this.#last + MIN_PAUSE_MS * 4 ** this.#timesTakenBack++;
      this.#window = newWindow(this.#last);
    }
    this.#before = undefined;
    return false;
  }

  #shouldGrow(): boolean {
    if (this.#threads >= this.#most || this.#inHand <= this.#lanes) return false;
    if (this.#decodedMs < MIN_DECODED_MS || this.#last < this.#notBefore) return false;
    if (usualOf(this.#recent.decoded) < MIN_HANDED_MS) return false;
    if (this.#threads > 0 && this.isHelping && this.#window.threads < MIN_THREAD_SAMPLES) return false;
    const saved = 1 - this.#worthOf(this.#threads) / this.#worthOf(this.#threads + 1);
    // After this epoch as much is expected to come as came before it.
    const expected = usualOf(this.#recent.held) * (this.#left + this.#pastSamples);
    return (
      saved >= MIN_SAVED_SHARE &&
      saved * expected >= MIN_EXPECTED_SHARE * this.#price &&
      saved * (expected + this.#window.held) >= this.#price
    );
  }

  /** Rates how much is decoded at a time, the calling thread alone being 1. */
  #worthOf(threads: number): number {
    if (threads === 0) return 1;
    return Math.min(this.#processors, threads + (this.isHelping ? this.#help : RELIEF_SHARE));
  }

  /** Share of what a thread decodes that the calling thread does beside it. */
  get #help(): number {
    const { here, threads } = this.#window;
    return this.#threads === 0 ? 1 : Math.min(1, (here * this.#threads) / Math.max(1, threads));
  }

  #grow(): void {
    const decoded = usualOf(this.#recent.decoded);
    this.#isRelieved = this.#threads === 0 ? decoded < MIN_HELPED_MS : this.#help < MIN_HELP_SHARE;
    this.#before ??= { threads: this.#threads, waited: usualOf(this.#recent.waited) };
    this.#threads++;
    this.#startedAt = this.#last;
    if (this.#hasShrunk) this.#timesMissed++;
    this.#hasShrunk = false;
  }

  /** Takes a thread away that is not needed, and begins to look anew. */
  #review(): void {
    const { start, held, busy, here, threads } = this.#window;
    if (here + threads < MIN_WINDOW_SAMPLES) return;
    const ms = this.#last - start;
    const rest = this.#threads - 1;
    const mostBusy = rest === 0 ? MAX_BUSY_HERE_SHARE : rest * MAX_BUSY_SHARE;
    if (rest >= 0 && held <= MAX_HELD_SHARE * ms && busy <= mostBusy * ms) {
      this.#threads = rest;
      this.#hasShrunk = true;
    }
    this.#window = newWindow(this.#last);
  }

  get #windowMs(): number {
    return Math.min(MAX_WINDOW_MS, MIN_WINDOW_MS * 2 ** this.#timesMissed);
  }
}

function newWindow(start: number): {
  readonly start: number;
  held: number;
  busy: number;
  here: number;
  threads: number;
} {
  return { start, held: 0, busy: 0, here: 0, threads: 0 };
}

/** Computes what a sample usually takes: the mean of the faster half, 0 where there is none. */
function usualOf(values: readonly number[]): number {
  const faster = values.toSorted((a, b) => a - b).slice(0, Math.ceil(values.length / 2));
  return faster.reduce((sum, value) => sum + value, 0) / Math.max(1, faster.length);
}
