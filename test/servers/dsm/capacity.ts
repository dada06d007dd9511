/** What a device can do at a time. */
export interface CapacityOptions {
  /** Downloads that it works on at a time; others wait for their turn. @defaultValue all */
  readonly parallel?: number | undefined;
  /** Time that it works on each, milliseconds. @defaultValue 0 */
  readonly workMs?: number | undefined;
  /** Bytes a millisecond that all downloads share. @defaultValue no limit */
  readonly rate?: number | undefined;
}

/** Downloads of a device that can do so much and no more, counted. */
export class Capacity {
  readonly #options: CapacityOptions;
  readonly #waiting: (() => void)[] = [];
  #working = 0;
  #present = 0;
  /** When all bytes that were asked for so far have gone. */
  #free = 0;
  /** Downloads that were there when each of them came, itself among them. */
  readonly loads: number[] = [];

  constructor(options: CapacityOptions = {}) {
    this.#options = options;
  }

  /** Works on a download of so many bytes in its turn, then sends it. */
  async serve(bytes: number, send: () => Promise<void>): Promise<void> {
    const { parallel = Infinity, workMs = 0, rate = Infinity } = this.#options;
    this.loads.push(++this.#present);
    try {
      // Whoever ends hands its turn on.
      if (this.#working >= parallel) await new Promise<void>((resolve) => this.#waiting.push(resolve));
      else this.#working++;
      const now = performance.now();
      this.#free = Math.max(this.#free, now) + bytes / rate;
      const ms = workMs + this.#free - now;
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
      await send();
    } finally {
      this.#present--;
      const next = this.#waiting.shift();
      if (next === undefined) this.#working--;
      else next();
    }
  }
}
