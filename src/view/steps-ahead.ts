/** Most steps that are fetched ahead, and the most bytes of their arrays. */
const MAX_STEPS_AHEAD = 8;
const MAX_BYTES_AHEAD = 64 * 1024 ** 2;

/** Steps of one array of one sample, as they are looked at. */
export interface PlayedSteps {
  /** Name of what is looked at: another one gives up what was on its way. */
  readonly key: string;
  readonly numSteps: number;
  /** Bytes that a step takes, about. */
  readonly bytes: number;
  /** Function that brings a step. */
  readonly bring: (step: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Steps that come before they are asked for: those behind the one that is looked at, in the direction of play, one after the
 * other. Another direction, array or sample gives them up.
 */
export class StepsAhead {
  #key: string | undefined;
  #direction = 1;
  #step = 0;
  #brought = new Set<number>();
  #running: AbortController | undefined;

  /** @param ahead - direction, as far as the page tells it */
  look(steps: PlayedSteps, step: number, ahead: 1 | -1 | 0 | undefined): void {
    const isSame = this.#key === steps.key;
    const moved = isSame ? Math.sign(step - this.#step) : 1;
    const direction = ahead ?? (moved === 0 ? this.#direction : moved);
    const goesOn = isSame && direction === this.#direction;
    if (!goesOn) this.stop();
    if (!isSame) this.#brought = new Set();
    this.#key = steps.key;
    this.#direction = direction;
    this.#step = step;
    this.#brought.add(step);
    if (direction !== 0 && this.#running === undefined) void this.#run(steps);
  }

  /** Gives up what is on its way. */
  stop(): void {
    this.#running?.abort(new Error('another step is looked at'));
    this.#running = undefined;
  }

  async #run(steps: PlayedSteps): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    try {
      for (;;) {
        const next = this.#next(steps);
        if (next === undefined) return;
        await steps.bring(next, running.signal);
        if (running.signal.aborted) return;
        this.#brought.add(next);
      }
    } catch {
      // Whoever asks for the step is told.
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }

  /** Finds the next step that has not come; undefined where enough have. */
  #next({ numSteps, bytes }: PlayedSteps): number | undefined {
    const most = Math.max(1, Math.min(MAX_STEPS_AHEAD, Math.floor(MAX_BYTES_AHEAD / Math.max(1, bytes))));
    for (let far = 1; far <= most; far++) {
      const step = this.#step + far * this.#direction;
      if (step < 0 || step >= numSteps) return undefined;
      if (!this.#brought.has(step)) return step;
    }
    return undefined;
  }
}
