import { onAbort, throwIfAborted } from './on-abort.ts';
import type { OriginLimit } from './origin-limit.ts';

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

interface Waiter {
  readonly go: () => void;
}

/** Queue of requests: as many run at a time as the origin's limit says; the others wait in their order. */
export class Slots {
  readonly limit: OriginLimit;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #waiting: Waiter[] = [];

  constructor(limit: OriginLimit) {
    this.limit = limit;
  }

  /** True when requests wait for their turn. */
  get isQueueing(): boolean {
    return this.#waiting.length > 0;
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
    const { era } = this.limit;
    const before = this.#running;
    // Its slot may have been given back and taken by another request.
    const load = (): number => Math.max(before, this.#running);
    let isTaken = true;
    return {
      release: () => {
        if (!isTaken) return;
        isTaken = false;
        this.#running--;
        this.#wake();
      },
      answered: () => {
        this.limit.answered(load());
        this.#wake();
      },
      refused: (how, waitMs) => this.limit.refused(era, load(), how, waitMs),
      givenUp: () => this.limit.givenUp(),
    };
  }

  get #isFree(): boolean {
    return this.#running < this.limit.requests && this.limit.waitMs <= 0;
  }

  #start(): void {
    this.#running++;
    this.limit.begin();
  }

  #wake(): void {
    while (this.#waiting.length > 0 && this.#isFree) {
      this.#start();
      this.#waiting.shift()?.go();
    }
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const isLate = this.#waiting.length > 0 && this.#running < this.limit.requests;
    if (isLate) this.#timer = setTimeout(() => this.#wake(), Math.ceil(this.limit.waitMs));
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
