/** Downloads that run together at the least and at the most. */
const LEAST = 2;
const MOST = 16;

/** Waits for a first byte that are remembered. */
const REMEMBERED = 64;

/** How much of what was measured before still counts after a download: about the last ten count. */
const DECAY = 0.9;

/**
 * What downloads have shown of the way to a source: how long a first byte takes, and how many bytes come a second
 * while any download runs. It says how many downloads it takes to fill that way: latency times bandwidth is what is
 * under way at a time.
 */
export class DownloadPace {
  readonly #waits: number[] = [];
  #running = 0;
  /** Since when bytes could come that were not counted yet. */
  #since = 0;
  #bytes = 0;
  #busyMs = 0;

  /** A download begins. */
  begin(): void {
    if (this.#running++ === 0) this.#since = performance.now();
  }

  /** Its first byte came after so many milliseconds. */
  waited(ms: number): void {
    this.#waits.push(ms);
    if (this.#waits.length > REMEMBERED) this.#waits.shift();
  }

  /** It brought so many bytes, and has ended. */
  end(bytes: number): void {
    const now = performance.now();
    this.#bytes = this.#bytes * DECAY + bytes;
    this.#busyMs = this.#busyMs * DECAY + (now - this.#since);
    this.#since = now;
    this.#running--;
  }

  /** Shortest wait for a first byte, milliseconds: longer ones have waited for other downloads. */
  get latencyMs(): number | undefined {
    return this.#waits.length === 0 ? undefined : Math.min(...this.#waits);
  }

  /** Bytes a second while any download runs. */
  get bytesPerSecond(): number | undefined {
    return this.#busyMs === 0 ? undefined : (1000 * this.#bytes) / this.#busyMs;
  }

  /** A wait that few first bytes exceed, milliseconds; undefined before enough of them came. */
  get slowMs(): number | undefined {
    if (this.#waits.length < 8) return undefined;
    const sorted = this.#waits.toSorted((a, b) => a - b);
    return (sorted[Math.floor(0.9 * (sorted.length - 1))] ?? 0) * 1.5 + 20;
  }

  /** How many downloads of so many bytes each should run together. */
  concurrencyFor(bytes: number): number {
    const { latencyMs, bytesPerSecond } = this;
    if (latencyMs === undefined || bytesPerSecond === undefined || bytes === 0) return LEAST;
    const underWay = (latencyMs / 1000) * bytesPerSecond;
    return Math.min(MOST, Math.max(LEAST, 1 + Math.ceil((1.3 * underWay) / bytes)));
  }
}
