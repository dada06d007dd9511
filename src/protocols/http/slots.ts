import { onAbort, throwIfAborted } from './on-abort.ts';

/** One of the requests that run at a time. */
export interface Turn {
  /** Gives the slot back. */
  release(): void;
  /** Notes that the server has answered. */
  answered(): void;
  /**
   * Notes that the server has refused, as one does that has too much to do.
   *
   * @param how - by an answer, or by its connections
   * @param waitMs - what it asks to wait, milliseconds
   * @returns whether it may have been too many requests at a time, so that asking again, later and among fewer, may help
   */
  refused(how: 'answer' | 'connection', waitMs?: number): boolean;
  /** Notes that it was refused so often that it is its own affair: the others are not kept apart for it. */
  givenUp(): void;
}

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

interface Waiter {
  readonly go: () => void;
}

/**
 * Queue of requests: at most so many run at a time; the others wait in their order. A server that refuses some of many
 * gets half as many, and one more again with each round of answers (additive increase, multiplicative decrease: Chiu
 * and Jain, 1989); to one that refuses even single ones they go farther apart.
 */
export class Slots {
  readonly #most: number;
  #allowed: number;
  #running = 0;
  /** Requests at a time that were refused last. */
  #refusedAt = Infinity;
  /** Number that grows with each decrease: what was sent before it says nothing of what was sent after. */
  #era = 0;
  #gapMs = 0;
  #alone = 0;
  #waits = 0;
  #unmendedUntil = 0;
  #suspectUntil = 0;
  #hasAnswered = false;
  #notBefore = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Waiter[] = [];

  constructor(count: number) {
    this.#most = count;
    this.#allowed = count;
  }

  /** True when fewer requests are made than could be, because the server refused some. */
  get isLimited(): boolean {
    return this.#allowed < this.#most;
  }

  /**
   * Resolves once there is a free slot.
   *
   * @param isAgain - goes before those that wait already
   */
  async take(signals: readonly AbortSignal[], isAgain = false): Promise<Turn> {
    throwIfAborted(signals);
    if (this.#isFree && (isAgain || this.#waiting.length === 0)) this.#start();
    else await this.#wait(signals, isAgain);
    const era = this.#era;
    const before = this.#running;
    let isTaken = true;
    return {
      release: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#running--;
        this.#wake();
      },
      answered: () => {
        this.#alone = 0;
        this.#waits = 0;
        this.#hasAnswered = true;
        // Nothing is learnt of a number that was not reached (as in RFC 7661).
        // It may have given its slot back already.
        if (this.isLimited && Math.max(before, this.#running) >= Math.floor(this.#allowed)) this.#grow();
      },
      refused: (how, waitMs) => {
        // Its slot may have been given back and taken by another request.
        const load = Math.min(Math.floor(this.#allowed), Math.max(before, this.#running));
        return this.#shrink(era, load, how, waitMs);
      },
      givenUp: () => this.#leaveUnmended(performance.now()),
    };
  }

  get #isFree(): boolean {
    if (this.#running >= Math.floor(this.#allowed)) return false;
    return this.#notBefore === 0 || this.#notBefore <= performance.now();
  }

  #start(): void {
    this.#running++;
    if (this.#gapMs > 0) this.#notBefore = Math.max(this.#notBefore, performance.now() + this.#gapMs);
  }

  #wake(): void {
    while (this.#waiting.length > 0 && this.#isFree) {
      this.#start();
      this.#waiting.shift()?.go();
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isLate = this.#waiting.length > 0 && this.#running < Math.floor(this.#allowed);
    if (isLate) this.#timer = setTimeout(() => this.#wake(), Math.ceil(this.#notBefore - performance.now()));
  }

  #grow(): void {
    if (this.#gapMs > 0) {
      this.#gapMs *= GAP_FACTOR;
      if (this.#gapMs < MIN_GAP_MS) this.#gapMs = 0;
      return;
    }
    const rounds = this.#allowed + 1 < this.#refusedAt ? 1 : ANSWERS_PER_PROBE;
    this.#allowed = Math.min(this.#most, this.#allowed + 1 / (rounds * this.#allowed));
    if (this.#allowed >= this.#refusedAt) this.#refusedAt = Infinity;
    this.#wake();
  }

  /** @param load - requests at a time among which it was refused */
  #shrink(era: number, load: number, how: 'answer' | 'connection', waitMs = 0): boolean {
    const now = performance.now();
    if (load < 2 && !this.isLimited && now >= this.#suspectUntil) return false;
    if (waitMs > MAX_WAIT_MS) return false;
    this.#suspectUntil = now + SUSPICION_MS;
    if (era === this.#era) {
      this.#era++;
      if (waitMs > 0 && ++this.#waits > MAX_WAITS) return false;
      if (load > 1) {
        this.#refusedAt = load;
        this.#allowed = Math.max(1, Math.floor(Math.min(this.#allowed, load) / 2));
      } else if (how === 'connection') {
        // One that takes no connection at all is no matter of their number.
        if (!this.#hasAnswered) return false;
        this.#hasAnswered = false;
      } else if (!this.#spread(now)) return false;
    }
    this.#notBefore = Math.max(this.#notBefore, now + Math.max(waitMs, this.#gapMs));
    return true;
  }

  /** Lets single requests go farther apart. @returns false where that does not help */
  #spread(now: number): boolean {
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

  #wait(signals: readonly AbortSignal[], isAgain: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        go: () => {
          stop();
          resolve();
        },
      };
      const stop = onAbort(signals, (reason) => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        if (this.#waiting.length === 0) clearTimeout(this.#timer);
        reject(reason);
      });
      if (isAgain) this.#waiting.unshift(waiter);
      else this.#waiting.push(waiter);
      this.#wake();
    });
  }
}
