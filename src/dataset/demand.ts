/** Number of samples that somebody waits for: what is fetched ahead gives way to them. */
export class Demand {
  #waiting = 0;

  get isNone(): boolean {
    return this.#waiting === 0;
  }

  /** Counts whoever waits for what `action` brings. */
  async during<Result>(action: () => Promise<Result>): Promise<Result> {
    this.#waiting++;
    try {
      return await action();
    } finally {
      this.#waiting--;
    }
  }
}
