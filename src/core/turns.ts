import { abortable } from './abort.ts';

/** Queue that lets one action run at a time, in the order in which they were asked for. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Runs `action` when all before it have ended; rejects with the signal's reason where that comes first. */
  async run<Result>(action: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    const before = this.#last;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#last = before.then(() => ended);
    try {
      await abortable(before, signal);
      return await action();
    } finally {
      end();
    }
  }
}
