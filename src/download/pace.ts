/** Number of downloads that run together at the least, once something is known. */
const MIN_CONCURRENT_DOWNLOADS = 4;

/** Number of downloads at a time that hardly wait for each other. */
const MAX_FEW_DOWNLOADS = 3;

/** Factor over the downloads that fill the way by what is known of it. */
const GAIN_FACTOR = 2;

/**
 * Factor over the time that a download takes which waits for no other one, up to which more of them may run: as long as
 * it takes less than that, the way is not full.
 */
const CROWDED_FACTOR = 1.75;

/** Number of downloads more for each one that took less than that, until the first took longer, and from then on. */
const ROOMY_STEPS = { first: 2, later: 1 } as const;

/** Number of downloads fewer, for each one that took longer than that. */
const CROWDED_STEP = 0.5;

/** Factor over that for a download that makes its connection first, which takes a trip more. */
const CONNECTING_FACTOR = 2;

/** Downloads at a time at the most by what the first of all has shown. */
const MAX_GUESSED_DOWNLOADS = 32;

/** Time that a first byte takes on the longest of ways, milliseconds: what takes longer is the server's work. */
const MAX_TRIP_MS = 500;

/** Time in which bytes came below which it says nothing but that they came at once, milliseconds. */
const MIN_TRANSFER_MS = 1;

/** Number of times that are remembered. */
const REMEMBERED_TIMES = 64;

/** Longest wait that is never called long, milliseconds: a busy machine makes a server seem slow for a moment. */
const MIN_SLOW_MS = 100;

/** Number of downloads that count for the bytes a second at the least. */
const MIN_MEASURED_DOWNLOADS = 5;

/** Surroundings in which a download began. */
export interface DownloadStart {
  /** Number of downloads that ran then, itself among them. */
  readonly among: number;
  /** True when more ran than ever before: it has to make a connection. */
  readonly connects: boolean;
}

/** Times of a download that has brought all its bytes, milliseconds. */
export interface DownloadTimes {
  readonly ms: number;
  /** Part of that in which none of its bytes came. */
  readonly idleMs: number;
}

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
  #mostRunning = 0;
  /** Time since when bytes could come that were not counted yet. */
  #since = 0;
  #bytes = 0;
  #busyMs = 0;
  /** Downloads at a time that were found to hardly wait for each other, and the bytes of one of them. */
  readonly #roomy = { downloads: MIN_CONCURRENT_DOWNLOADS, bytes: 0, wasCrowded: false };
  readonly #now: () => number;

  /** @param now - the time, milliseconds */
  constructor(now: () => number = (): number => performance.now()) {
    this.#now = now;
  }

  /** Notes that a download begins. */
  begin(): DownloadStart {
    if (this.#running++ === 0) this.#since = this.#now();
    const connects = this.#running > this.#mostRunning;
    this.#mostRunning = Math.max(this.#mostRunning, this.#running);
    return { among: this.#running, connects };
  }

  /** Notes that its first byte came after so many milliseconds. */
  waited(ms: number): void {
    this.#waits.add(ms);
  }

  /**
   * Notes that it spent so many milliseconds in which none of its bytes came: waiting, making room.
   *
   * @param start - what {@link DownloadPace.begin} gave
   */
  idled(ms: number, { among }: DownloadStart): void {
    this.#idles.add(ms);
    if (Math.max(among, this.#running) <= MAX_FEW_DOWNLOADS) this.#fewIdles.add(ms);
  }

  /**
   * Notes that it brought so many bytes, and has ended.
   *
   * @param start - what {@link DownloadPace.begin} gave
   * @param times - undefined where it failed
   */
  end(bytes: number, start: DownloadStart, times?: DownloadTimes): void {
    const { among } = start;
    const now = this.#now();
    // As many count as run at a time: they end together, and fewer would be a burst.
    const decay = 1 - 1 / Math.max(MIN_MEASURED_DOWNLOADS, this.#running, among);
    this.#bytes = this.#bytes * decay + bytes;
    this.#busyMs = this.#busyMs * decay + (now - this.#since);
    this.#since = now;
    this.#running--;
    if (times !== undefined && bytes > 0) this.#steer(bytes, start, times);
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
    const { downloads, bytes: each } = this.#roomy;
    // Many small ones do not say that the way has room for as many large ones.
    const roomy = Math.floor(downloads * Math.min(1, each / Math.max(1, bytes)));
    return Math.min(most, Math.max(MIN_CONCURRENT_DOWNLOADS, needed, roomy));
  }

  /**
   * Lets one more run for each that hardly waited for others, so that their number doubles with each round (slow start:
   * RFC 5681, 3.1; judged by delay, as Brakmo and Peterson did, 1995). What came a second says only what so many brought:
   * by that alone it takes many rounds to fill a long way, and where all are slow for a while it is never filled again.
   */
  #steer(bytes: number, { among, connects }: DownloadStart, { ms, idleMs }: DownloadTimes): void {
    const { latencyMs } = this;
    if (latencyMs === undefined) return;
    if (this.#roomy.bytes === 0 && among === 1) return this.#guess(bytes, ms - idleMs, idleMs);
    // What even one of the first ones waited for its connection is none of the way's.
    const shortestMs = Math.min(latencyMs, this.#fewIdles.quantile(0) ?? latencyMs);
    const roomy = this.#roomy;
    // Nothing is learnt of a number that was not reached.
    const isReached = among >= roomy.downloads / 2;
    const factor = connects ? CONNECTING_FACTOR * CROWDED_FACTOR : CROWDED_FACTOR;
    if (ms > factor * shortestMs) {
      roomy.wasCrowded ||= isReached;
      roomy.downloads = Math.max(MIN_CONCURRENT_DOWNLOADS, roomy.downloads - CROWDED_STEP);
    } else if (isReached) {
      roomy.bytes += (bytes - roomy.bytes) / (roomy.bytes === 0 ? 1 : roomy.downloads);
      roomy.downloads += roomy.wasCrowded ? ROOMY_STEPS.later : ROOMY_STEPS.first;
    }
  }

  /**
   * Takes from the first download, which was alone, how many fit on the way: as many as come one after the other in the
   * time that it waited (the dispersion of a train of packets: Dovrolis, Ramanathan and Moore, 2001).
   */
  #guess(bytes: number, transferMs: number, idleMs: number): void {
    const downloads = idleMs > MAX_TRIP_MS ? 1 : 1 + idleMs / Math.max(MIN_TRANSFER_MS, transferMs);
    this.#roomy.downloads = Math.min(MAX_GUESSED_DOWNLOADS, Math.max(MIN_CONCURRENT_DOWNLOADS, downloads));
    this.#roomy.bytes = bytes;
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
