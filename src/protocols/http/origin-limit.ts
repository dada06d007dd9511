import type { GainLimit } from './gain-limit.ts';

/** Requests at a time with which a server is met that has said nothing yet. */
export const FIRST_REQUESTS = 32;

/** Number of answers for each request at a time after which one more is tried at a number that was refused. */
const ANSWERS_PER_PROBE = 16;

/** Time between two requests where even one at a time was too much: at first, and at the most; milliseconds. */
const FIRST_GAP_MS = 25;
const MAX_GAP_MS = 3200;

/**
 * Factor by which the time between requests shrinks with each answer, and time below which it is none, milliseconds.
 */
const GAP_FACTOR = 0.9;
const MIN_GAP_MS = 5;

/** Number of refusals one after the other of single requests, after which it is no matter of their number. */
const MAX_LONE_REFUSALS = 8;

/** Time for which a server that has refused one of many is thought to do so again, milliseconds. */
const SUSPICION_MS = 60_000;

/** Time for which single requests that are refused are then nobody's affair but their own, milliseconds. */
const LONE_REFUSALS_MS = 60_000;

/** Number of waits that a server may ask for, one after the other without an answer. */
const MAX_WAITS = 3;

/** Longest wait that a server may ask of all requests, milliseconds. */
const MAX_WAIT_MS = 60_000;

/**
 * Limit of the requests that run at a time to one origin, as far as its answers have shown what it takes. It begins low
 * and grows by one with each answer. A server that refuses some of many gets half as many, at once, and from then on one
 * more with each round of answers (additive increase, multiplicative decrease: Chiu and Jain, 1989); to one that refuses
 * even single ones they go farther apart.
 */
export class OriginLimit {
  readonly most: number;
  /** Limit by what requests bring, under this one; undefined for none. */
  readonly gain: GainLimit | undefined;
  readonly #now: () => number;
  #allowed: number;
  #isLimited = false;
  /** Requests at a time that are served once it is no longer limited: double those that were ever refused. */
  #freeFrom = 0;
  /** Requests at a time that were refused last. */
  #refusedAt = Infinity;
  #era = 0;
  #gapMs = 0;
  #alone = 0;
  #waits = 0;
  #unmendedUntil = 0;
  #suspectUntil = 0;
  #hasAnswered = false;
  #notBefore = 0;

  /**
   * @param most - requests at a time that there may ever be
   * @param first - requests at a time while the server has said nothing
   * @param now - the time, milliseconds
   * @param gain - limit by what requests bring
   */
  constructor(
    most: number,
    first: number = FIRST_REQUESTS,
    now: () => number = (): number => performance.now(),
    gain?: GainLimit,
  ) {
    this.most = most;
    this.gain = gain;
    this.#allowed = Math.min(most, first);
    this.#now = now;
  }

  /** True when fewer requests are made than could be, because the server refused some. */
  get isLimited(): boolean {
    return this.#isLimited;
  }

  /** Requests that may run at a time now. */
  get requests(): number {
    return Math.min(Math.floor(this.#allowed), this.gain?.requests ?? Infinity);
  }

  /** Number that grows with each decrease: what was sent before it says nothing of what was sent after. */
  get era(): number {
    return this.#era;
  }

  /** Time from now until the next request may begin, milliseconds; 0 or less for at once. */
  get waitMs(): number {
    return this.#notBefore === 0 ? 0 : this.#notBefore - this.#now();
  }

  /** Notes that a request begins. */
  begin(): void {
    if (this.#gapMs > 0) this.#notBefore = Math.max(this.#notBefore, this.#now() + this.#gapMs);
  }

  /** @param load - requests at a time among which it was answered */
  answered(load: number): void {
    this.#alone = 0;
    this.#waits = 0;
    this.#hasAnswered = true;
    // Nothing is learnt of a number that was not reached: by half, as in RFC 7661, while none was refused.
    if (load >= (this.#era === 0 ? this.requests / 2 : this.requests)) this.#grow();
  }

  /**
   * @param era - {@link OriginLimit.era} when it was sent
   * @param load - requests at a time among which it was refused
   * @param how - by an answer, or by its connections
   * @param waitMs - what the server asks to wait, milliseconds
   * @returns whether asking again, later and among fewer, may help
   */
  refused(era: number, load: number, how: 'answer' | 'connection', waitMs = 0): boolean {
    const now = this.#now();
    const among = Math.min(this.requests, load);
    if (among < 2 && !this.#isLimited && now >= this.#suspectUntil) return false;
    if (waitMs > MAX_WAIT_MS) return false;
    this.#suspectUntil = now + SUSPICION_MS;
    if (era === this.#era) {
      this.#era++;
      if (waitMs > 0 && ++this.#waits > MAX_WAITS) return false;
      if (among > 1) {
        this.#isLimited = true;
        this.#refusedAt = among;
        this.#freeFrom = Math.max(this.#freeFrom, 2 * among);
        this.#allowed = Math.max(1, Math.floor(Math.min(this.#allowed, among) / 2));
      } else if (how === 'connection') {
        // One that takes no connection at all is no matter of their number.
        if (!this.#hasAnswered) return false;
        this.#hasAnswered = false;
      } else if (!this.#spread(now)) return false;
    }
    this.#notBefore = Math.max(this.#notBefore, now + Math.max(waitMs, this.#gapMs));
    return true;
  }

  /** Notes that a request was refused so often that it is its own affair: the others are not kept apart for it. */
  givenUp(): void {
    this.#leaveUnmended(this.#now());
  }

  #grow(): void {
    if (this.#gapMs > 0) {
      this.#gapMs *= GAP_FACTOR;
      if (this.#gapMs < MIN_GAP_MS) this.#gapMs = 0;
      return;
    }
    const rounds = this.#allowed + 1 < this.#refusedAt ? 1 : ANSWERS_PER_PROBE;
    const growth = this.#era === 0 ? 1 : 1 / (rounds * this.#allowed);
    this.#allowed = Math.min(this.most, this.#allowed + growth);
    if (this.#allowed >= this.#refusedAt) this.#refusedAt = Infinity;
    if (this.#allowed >= Math.min(this.most, this.#freeFrom)) this.#isLimited = false;
  }

  /** Lets single requests go farther apart. @returns false where that does not help */
  #spread(now: number): boolean {
    this.#isLimited = this.most > 1;
    this.#freeFrom = Math.max(this.#freeFrom, FIRST_REQUESTS);
    this.#allowed = 1;
    if (now < this.#unmendedUntil) return false;
    if (++this.#alone < MAX_LONE_REFUSALS) {
      this.#gapMs = Math.min(MAX_GAP_MS, Math.max(FIRST_GAP_MS, 2 * this.#gapMs));
      return true;
    }
    this.#leaveUnmended(now);
    return false;
  }

  #leaveUnmended(now: number): void {
    this.#gapMs = 0;
    this.#unmendedUntil = now + LONE_REFUSALS_MS;
  }
}
