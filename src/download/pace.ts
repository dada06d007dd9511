/** Numbers of downloads that run together, at the least, once something is known, and at the most. */
const MIN_CONCURRENT_DOWNLOADS = 4;
const MAX_CONCURRENT_DOWNLOADS = 16;

/** Number of times that are remembered. */
const REMEMBERED_TIMES = 64;

/** Longest wait that is never called long, milliseconds: a busy machine makes a server seem slow for a moment. */
const MIN_SLOW_MS = 100;

/** Share of what was measured before that still counts after a download: about the last five count. */
const DECAY_FACTOR = 0.8;

/**
 * Record of what downloads have shown of the way to a source: how long a first byte takes, and how many bytes come a
 * second while any download runs. It says how many downloads it takes to fill that way: latency times bandwidth is what
 * is under way at a time.
 */
export class DownloadPace {
  readonly #waits: number[] = [];
  readonly #idles: number[] = [];
  #running = 0;
  /** Time since when bytes could come that were not counted yet. */
  #since = 0;
  #bytes = 0;
  #busyMs = 0;

  /** Notes that a download begins. */
  begin(): void {
    if (this.#running++ === 0) this.#since = performance.now();
  }

  /** Notes that its first byte came after so many milliseconds. */
  waited(ms: number): void {
    remember(this.#waits, ms);
  }

  /** Notes that it spent so many milliseconds in which none of its bytes came: waiting, making room, making safe. */
  idled(ms: number): void {
    remember(this.#idles, ms);
  }

  /** Notes that it brought so many bytes, and has ended. */
  end(bytes: number): void {
    const now = performance.now();
    this.#bytes = this.#bytes * DECAY_FACTOR + bytes;
    this.#busyMs = this.#busyMs * DECAY_FACTOR + (now - this.#since);
    this.#since = now;
    this.#running--;
  }

  /** Time that a download is without bytes, milliseconds; most take longer, since they wait for each other. */
  get latencyMs(): number | undefined {
    return quantile(this.#idles, 0.25);
  }

  /** Bytes a second while any download runs. */
  get bytesPerSecond(): number | undefined {
    return this.#busyMs === 0 ? undefined : (1000 * this.#bytes) / this.#busyMs;
  }

  /** A wait that few first bytes exceed, milliseconds; undefined before enough of them came. */
  get slowMs(): number | undefined {
    const most = this.#waits.length < 8 ? undefined : quantile(this.#waits, 0.9);
    return most === undefined ? undefined : Math.max(MIN_SLOW_MS, 1.5 * most + 20);
  }

  /** Computes how many downloads of so many bytes each should run together. */
  concurrencyFor(bytes: number): number {
    const { latencyMs, bytesPerSecond } = this;
    // The first one alone: whoever waits for it gets all that comes.
    if (latencyMs === undefined || bytesPerSecond === undefined) return 1;
    if (bytes === 0) return MAX_CONCURRENT_DOWNLOADS;
    const underWay = (latencyMs / 1000) * bytesPerSecond;
    return Math.min(
      MAX_CONCURRENT_DOWNLOADS,
      Math.max(MIN_CONCURRENT_DOWNLOADS, 1 + Math.ceil((1.3 * underWay) / bytes)),
    );
  }
}

function remember(values: number[], value: number): void {
  values.push(value);
  if (values.length > REMEMBERED_TIMES) values.shift();
}

function quantile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))];
}
