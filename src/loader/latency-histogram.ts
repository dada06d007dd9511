/** Shares of waits that took at most so long, milliseconds. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The longest one, exactly. */
  readonly max: number;
}

/** Number of buckets for each doubling of time: values come out within 2^(1/16), about 4.4 %. */
const BUCKETS_PER_DOUBLING = 8;
/** Time as which all shorter ones count, milliseconds. */
const MIN_TIME_MS = 2 ** -10;
/** Number of buckets, from 1 µs to 2^22 ms, about 70 minutes. */
const BUCKET_COUNT = 32 * BUCKETS_PER_DOUBLING;

/** Counts of times in buckets that grow by a fixed factor: percentiles in 2 KiB, however many times there are. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKET_COUNT);
  #count = 0;
  #max = 0;

  add(milliseconds: number): void {
    const doublings = Math.log2(Math.max(milliseconds, MIN_TIME_MS) / MIN_TIME_MS);
    const bucket = Math.min(BUCKET_COUNT - 1, Math.floor(doublings * BUCKETS_PER_DOUBLING));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count++;
    this.#max = Math.max(this.#max, milliseconds);
  }

  /** Summarizes the times; it has zeros while nothing has been added. */
  summary(): Latency {
    return {
      count: this.#count,
      p50: this.#percentile(0.5),
      p95: this.#percentile(0.95),
      p99: this.#percentile(0.99),
      max: this.#max,
    };
  }

  /** Finds the middle of the bucket in which the value of rank ⌈share · count⌉ lies, never beyond the longest. */
  #percentile(share: number): number {
    const rank = Math.ceil(share * this.#count);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (count > 0 && seen >= rank)
        return Math.min(this.#max, MIN_TIME_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING));
    }
    return 0;
  }
}
