import { onAbort, throwIfAborted } from './on-abort.ts';

/** At most so many at a time; the others wait in their order. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves, once there is a free slot, with the function that gives it back. */
  async take(signals: readonly AbortSignal[]): Promise<() => void> {
    throwIfAborted(signals);
    if (this.#free > 0) this.#free--;
    else await this.#wait(signals);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const [next] = this.#waiting;
      if (next === undefined) this.#free++;
      else next();
    };
  }

  #wait(signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        this.#waiting.delete(go);
        stop();
        resolve();
      };
      const stop = onAbort(signals, (reason) => {
        this.#waiting.delete(go);
        reject(reason);
      });
      this.#waiting.add(go);
    });
  }
}
