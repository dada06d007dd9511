/** Number of downloads that run together at the least, once something is known. */
const MIN_CONCURRENT_DOWNLOADS = 4;

/** Number of downloads at a time that hardly wait for each other. */
const MAX_FEW_DOWNLOADS = 3;

/** Factor over the downloads that fill the way by what is known of it. */
const GAIN_FACTOR = 2;

/** Number of times that are remembered. */
const REMEMBERED_TIMES = 64;

/** Longest wait that is never called long, milliseconds: a busy machine makes a server seem slow for a moment. */
const MIN_SLOW_MS = 100;

/** Number of downloads that count for the bytes a second at the least. */
const MIN_MEASURED_DOWNLOADS = 5;

/**
 * Record of what downloads have shown of the way to a source: how long a first byte takes, and how many bytes come a
 * second while any download runs. It says how many downloads it takes to fill that way: latency times bandwidth is what
 * is under way at a time.
 */
export class DownloadPace {
  readonly #waits = new Recent();
  readonly #idles = new Recent();
  /** Times of downloads that ran among few others, which hardly wait for each other. */
  readonly #fewIdles = new Recent();
  #running = 0;
  /** Time since when bytes could come that were not counted yet. */
  #since = 0;
  #bytes = 0;
  #busyMs = 0;
  readonly #now: () => number;

  /** @param now - the time, milliseconds */
  constructor(now: () => number = (): number => performance.now()) {
    this.#now = now;
  }

  /** Notes that a download begins; @returns how many run now. */
  begin(): number {
    if (this.#running++ === 0) this.#since = this.#now();
    return this.#running;
  }

  /** Notes that its first byte came after so many milliseconds. */
  waited(ms: number): void {
    this.#waits.add(ms);
  }

  /**
   * Notes that it spent so many milliseconds in which none of its bytes came: waiting, making room, making safe.
   *
   * @param among - number of downloads that ran when it began
   */
  idled(ms: number, among: number): void {
    this.#idles.add(ms);
    if (Math.max(among, this.#running) <= MAX_FEW_DOWNLOADS) this.#fewIdles.add(ms);
  }

  /**
   * Notes that it brought so many bytes, and has ended.
   *
   * @param among - number of downloads that ran when it began
   */
  end(bytes: number, among: number): void {
    const now = this.#now();
    // As many count as run at a time: they end together, and fewer would be a burst.
    const decay = 1 - 1 / Math.max(MIN_MEASURED_DOWNLOADS, this.#running, among);
    this.#bytes = this.#bytes * decay + bytes;
    this.#busyMs = this.#busyMs * decay + (now - this.#since);
    this.#since = now;
    this.#running--;
  }

  /**
   * Time that a download is without bytes that waits for no other one, milliseconds. Of a server that works on few at
   * a time more downloads only make it longer, and would be asked for without end.
   */
  get latencyMs(): number | undefined {
    const all = this.#idles.quantile(0.25);
    const few = this.#fewIdles.quantile(0.25);
    return all === undefined || few === undefined ? all : Math.min(all, few);
  }

  /** Bytes a second while any download runs. */
  get bytesPerSecond(): number | undefined {
    return this.#busyMs === 0 ? undefined : (1000 * this.#bytes) / this.#busyMs;
  }

  /** A wait that few first bytes exceed, milliseconds; undefined before enough of them came. */
  get slowMs(): number | undefined {
    const most = this.#waits.count < 8 ? undefined : this.#waits.quantile(0.9);
    return most === undefined ? undefined : Math.max(MIN_SLOW_MS, 1.5 * most + 20);
  }

  /**
   * Computes how many downloads of so many bytes each should run together.
   *
   * @param most - number of requests at a time that the server takes
   */
  concurrencyFor(bytes: number, most: number): number {
    const { latencyMs, bytesPerSecond } = this;
    // The first one alone: whoever waits for it gets all that comes.
    if (latencyMs === undefined || bytesPerSecond === undefined) return 1;
    const underWay = (latencyMs / 1000) * bytesPerSecond;
    const needed = 1 + Math.ceil((GAIN_FACTOR * underWay) / Math.max(1, bytes));
    return Math.min(most, Math.max(MIN_CONCURRENT_DOWNLOADS, needed));
  }
}

/** The times that were met last. They are asked for with each file that may begin, and seldom change in between. */
class Recent {
  readonly #values: number[] = [];
  #sorted: Float64Array | undefined;

  get count(): number {
    return this.#values.length;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > REMEMBERED_TIMES) this.#values.shift();
    this.#sorted = undefined;
  }

  quantile(part: number): number | undefined {
    this.#sorted ??= Float64Array.from(this.#values).sort();
    return this.#sorted[Math.floor(part * (this.#sorted.length - 1))];
  }
}
