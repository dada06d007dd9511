/**
 * Rate below which a transfer is at a crawl, bytes a second: any line brings more, but one that many share, or a broken
 * one.
 */
const CRAWL_BYTES_PER_SECOND = 1024;

/** Watch over a transfer: whether bytes come at a crawl while they are waited for. */
export class CrawlWatch {
  readonly #windowMs: number;
  #bytes = 0;
  #waitedMs = 0;
  /** Time since when bytes are waited for; undefined while they are not. */
  #since: number | undefined;

  /** @param windowMs - how long bytes must be waited for until a rate is judged */
  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Notes that bytes are waited for from now on. */
  waits(now: number): void {
    this.#since = now;
  }

  /** Counts bytes that came. */
  came(bytes: number, now: number): void {
    if (this.#since !== undefined) this.#waitedMs += now - this.#since;
    this.#since = undefined;
    this.#bytes += bytes;
  }

  /** Tells what came in which time, where that is a crawl; undefined where it is not, or nothing is known yet. */
  judge(now: number): { readonly bytes: number; readonly seconds: number } | undefined {
    const waited = this.#waitedMs + (this.#since === undefined ? 0 : now - this.#since);
    if (waited < this.#windowMs) return undefined;
    const found = { bytes: this.#bytes, seconds: Math.round(waited / 1000) };
    const isCrawl = (1000 * this.#bytes) / waited < CRAWL_BYTES_PER_SECOND;
    this.#bytes = 0;
    this.#waitedMs = 0;
    if (this.#since !== undefined) this.#since = now;
    return isCrawl ? found : undefined;
  }
}
