/** Factor over the requests of which each brings as much as one alone, that may run next while all of them do. */
const RISE_FACTOR = 2;

/** Share of what added requests would bring at the best from which on their number doubles, and else grows slowly. */
const LINEAR_SHARE = 0.5;

/** Factor of requests that are tried at a time where they are known not to bring as much as one alone, and of fewer. */
const STEP_FACTORS = { up: 1.5, down: 0.75 } as const;

/** Factor over the bytes a second from which on more requests have brought more. */
const GAIN_FACTOR = 1.04;

/** Share of the bytes a second that fewer requests must bring, so that the others were needless. */
const KEPT_SHARE = 0.98;

/** Share of the requests that may run which must have run, so that something is learnt of them (as in RFC 7661). */
const REACHED_SHARE = 0.6;

/** Number of requests that are measured at the least: while there are ever more, before that ends, and in trials. */
const MIN_MEASURED = { rising: 2, against: 6, settled: 12 } as const;

/** Number of measurements between two trials: at first, and at the most. */
const FIRST_PAUSE = 1;
const MAX_PAUSE = 32;

/** Bytes a millisecond, and how many requests at a time brought them. */
interface Measured {
  readonly load: number;
  readonly rate: number;
}

/** Measurement that goes on. */
interface Window {
  readonly begun: number;
  /** Requests that ended, their bytes, and the time that they took in all. */
  ends: number;
  bytes: number;
  ms: number;
  /** Requests that ran, times the milliseconds for which they did. */
  load: number;
}

/** Rise, which goes on by itself; the time between trials; trial of more, and of fewer. */
type Phase = 'rising' | 'settled' | 'up' | 'down';

/**
 * Limit of the requests at a time to one server by what they bring: it doubles for as long as twice as many bring twice
 * the bytes a second, grows by steps while they bring more, and a rise that brings no more is taken back. From then on
 * somewhat more and somewhat fewer are tried in turn, ever more seldom, for the server and the way to it may change.
 */
export class GainLimit {
  readonly #most: number;
  readonly #now: () => number;
  #requests = 1;
  #phase: Phase = 'rising';
  #running = 0;
  /** Time at which the number of requests that may run changed last. */
  #allowed = 0;
  /** Time at which the number of running requests changed last. */
  #changed = 0;
  /** Requests that ran at the most, and ends of requests without a measurement, since others were allowed. */
  #peak = 0;
  #missed = 0;
  /** Requests that are passed over after a change of their number. */
  #unsettled = 0;
  #window: Window | undefined;
  /** Measurement that a rise or a trial is compared with; undefined before there is one. */
  #known: Measured | undefined;
  /** Requests to go back to from a rise or a trial that brings nothing. */
  #kept = 1;
  /** Measurements until the next trial, and how many they were before the last. */
  #untilTrial = FIRST_PAUSE;
  #pause = FIRST_PAUSE;
  #isUpNext = true;
  /** True until the first rise has ended. */
  #isFirst = true;

  /**
   * @param most - requests at a time that there may ever be
   * @param now - the time, milliseconds
   */
  constructor(most: number, now: () => number = (): number => performance.now()) {
    this.#most = most;
    this.#now = now;
  }

  /** Requests that may run at a time now. */
  get requests(): number {
    return this.#requests;
  }

  /** Notes that a request goes to the server; @returns the time, which its end is to be told with */
  begin(): number {
    this.#count(1);
    if (this.#running >= this.#requests) this.#measure();
    return this.#changed;
  }

  /** Notes that a request has ended, which brought so many bytes. */
  end(bytes: number, begun: number): void {
    this.#count(-1);
    const ms = this.#changed - begun;
    const window = this.#window;
    if (window === undefined) {
      if (this.#phase === 'down' && this.#running <= this.#requests) this.#measure();
      else if (++this.#missed >= Math.max(MIN_MEASURED.settled, 2 * this.#requests)) this.#lower();
      return;
    }
    // Those from before were among others for a part of their time, and the next ones met what these had left.
    if (begun < this.#allowed || ms <= 0 || bytes === 0 || this.#unsettled-- > 0) return;
    window.bytes += bytes;
    window.ms += ms;
    if (++window.ends >= this.#wanted) this.#judge(window);
  }

  /** Requests that a measurement takes; the first of all alone tells something. */
  get #wanted(): number {
    const requests = this.#requests;
    if (this.#phase !== 'rising' || !this.#isFirst)
      return Math.max(MIN_MEASURED.settled, Math.ceil(1.5 * requests));
    return this.#known === undefined ? 1 : Math.max(MIN_MEASURED.rising, requests);
  }

  /** Lets no more run than did, since nothing would ever be learnt of a number that is not reached. */
  #lower(): void {
    this.#allow(Math.min(this.#requests, this.#peak));
    if (this.#phase === 'settled') this.#kept = this.#requests;
    this.#measure();
  }

  #measure(): void {
    this.#window ??= { begun: this.#now(), ends: 0, bytes: 0, ms: 0, load: 0 };
  }

  #count(by: 1 | -1): void {
    const now = this.#now();
    if (this.#window !== undefined) this.#window.load += this.#running * (now - this.#changed);
    this.#changed = now;
    this.#running += by;
    this.#peak = Math.max(this.#peak, this.#running);
  }

  #judge(window: Window): void {
    this.#window = undefined;
    const ms = this.#now() - window.begun;
    if (ms <= 0) return;
    const load = Math.min(this.#requests, window.load / ms);
    if (load < REACHED_SHARE * this.#requests) return;
    // Of so many that run, each brings so much in so long (Little, 1961): a burst of ends is no faster server.
    const found: Measured = { load, rate: (load * window.bytes) / window.ms };
    const known = this.#known;
    if (known === undefined) {
      this.#known = found;
      if (this.#phase === 'rising') this.#climb(found, found.load);
    } else if (this.#phase === 'settled') this.#settle({ load, rate: (known.rate + found.rate) / 2 });
    else if (this.#phase === 'down') this.#conclude(found.rate >= KEPT_SHARE * known.rate);
    else if (found.rate >= GAIN_FACTOR * known.rate && load > known.load) this.#rise(found, known);
    else if (window.ends >= MIN_MEASURED.against) this.#conclude(false);
    else this.#window = window;
  }

  /** Goes on with more, since those that were added brought more bytes. */
  #rise(found: Measured, before: Measured): void {
    const added = found.load - before.load;
    const share = Math.min(1, (before.load * (found.rate / before.rate - 1)) / added);
    this.#pause = FIRST_PAUSE;
    if (share >= LINEAR_SHARE) this.#climb(found, before.load + share * added);
    else this.#climb(found, (STEP_FACTORS.up / RISE_FACTOR) * found.load);
  }

  /** @param worth - requests of which each brings as much as one alone */
  #climb(found: Measured, worth: number): void {
    this.#known = found;
    this.#phase = 'rising';
    this.#kept = this.#requests;
    this.#allow(Math.max(this.#requests + 1, RISE_FACTOR * worth));
    if (this.#requests === this.#kept) this.#stay();
  }

  /** Ends a rise or a trial: keeps what it came to, and tries the same again soon, or goes back. */
  #conclude(isKept: boolean): void {
    if (isKept) {
      this.#pause = FIRST_PAUSE;
      this.#isUpNext = false;
    } else {
      if (this.#phase !== 'rising') this.#pause = Math.min(MAX_PAUSE, 2 * this.#pause);
      this.#isUpNext = this.#phase === 'down';
      this.#allow(this.#kept);
    }
    this.#stay();
  }

  /** Keeps to as many requests until the next trial. */
  #stay(): void {
    this.#phase = 'settled';
    this.#isFirst = false;
    this.#known = undefined;
    this.#kept = this.#requests;
    this.#untilTrial = this.#pause;
  }

  #settle(found: Measured): void {
    this.#known = found;
    if (--this.#untilTrial > 0) return;
    const isUp = this.#requests === 1 || (this.#isUpNext && this.#requests < this.#most);
    this.#phase = isUp ? 'up' : 'down';
    const tried = STEP_FACTORS[this.#phase] * this.#requests;
    this.#allow(isUp ? Math.max(this.#requests + 1, tried) : Math.min(this.#requests - 1, tried));
  }

  #allow(requests: number): void {
    this.#requests = Math.max(1, Math.min(this.#most, Math.round(requests)));
    this.#peak = this.#running;
    this.#missed = 0;
    this.#unsettled = this.#isFirst ? 0 : this.#requests;
    this.#allowed = this.#now();
  }
}
