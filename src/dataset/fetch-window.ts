/** Factor over the fetches that fill the way, up to which more run while little is to come of those. */
const MAX_EXCESS_FACTOR = 3;

/** Share of the depth that was right a fetch ago which is kept at the least: estimates of bandwidth go up and down. */
const KEPT_DEPTH_SHARE = 0.95;

/** Number of fetches whose bytes have all come and are being made safe, beside those that fill the way. */
const MAX_SAVING = 32;

/** Bytes that came within fewer milliseconds say nothing of how fast others come. */
const MIN_MEASURED_MS = 2;

/** A fetch that is under way. */
export interface Fetch {
  /** Tells that so many of its bytes have come. */
  receive(bytes: number): void;
  end(): void;
}

/**
 * Window of fetches that are under way: decides when the next file is asked for. What counts is how many bytes are still
 * to come, not how many files: files that share a line end together, and if only then the next ones were asked for,
 * nothing would come for as long as an answer takes. The first fetch runs alone, since the loop waits for it; the second
 * one is asked for when the rest of the first will be here before anything of the second can.
 */
export class FetchWindow {
  readonly #concurrencyFor: (bytes: number) => number;
  /** Number of fetches that have not ended, and of those of them of which bytes are still to come. */
  #running = 0;
  #comingFetches = 0;
  #ended = 0;
  /** Bytes of running fetches that are still to come. */
  #coming = 0;
  /** Bytes that fill the way to the source. */
  #depth = 0;
  /** Concurrency that was found for files of one size since a fetch last ended: it is asked for with every chunk. */
  #found = { bytes: -1, concurrency: 1 };
  /** True when the first fetch of all is nearly done. */
  #isFirstNear = false;
  readonly #most: () => number;
  readonly #now: () => number;

  /**
   * @param concurrencyFor - how many fetches of so many bytes fill the way to the source; 1 while nothing is known
   * @param most - how many the source takes at the most
   * @param now - the time, milliseconds
   */
  constructor(
    concurrencyFor: (bytes: number) => number,
    most: () => number,
    now: () => number = (): number => performance.now(),
  ) {
    this.#concurrencyFor = concurrencyFor;
    this.#most = most;
    this.#now = now;
  }

  /** Says whether a fetch of so many bytes should begin. */
  admits(bytes: number): boolean {
    if (this.#ended === 0) return this.#running === 0 || (this.#running === 1 && this.#isFirstNear);
    if (this.#found.bytes !== bytes) this.#found = { bytes, concurrency: this.#concurrencyFor(bytes) };
    const { concurrency } = this.#found;
    // Nothing comes of those that are made safe: they leave the way to others.
    const running = this.#comingFetches;
    if (this.#running - running >= MAX_SAVING) return false;
    if (running < concurrency) return true;
    this.#depth = Math.max(this.#depth, (concurrency - 1) * bytes);
    return (
      concurrency > 1 &&
      running < Math.min(MAX_EXCESS_FACTOR * concurrency, this.#most()) &&
      this.#coming <= this.#depth
    );
  }

  /** @param onReceive - called when there may be room for another one */
  begin(bytes: number, onReceive: () => void): Fetch {
    let left = bytes;
    const see = this.#ended === 0 && this.#running === 0 ? this.#watchFirst(bytes) : undefined;
    let isComing = true;
    this.#running++;
    this.#comingFetches++;
    this.#coming += bytes;
    const receive = (received: number): void => {
      const now = Math.max(0, bytes - received);
      this.#coming += now - left;
      left = now;
      if (isComing === left > 0) return;
      isComing = left > 0; // What came may turn out to be wrong, and come again.
      this.#comingFetches += isComing ? 1 : -1;
    };
    return {
      receive: (received) => {
        receive(received);
        see?.(received);
        if (this.#coming <= this.#depth || this.#isFirstNear) onReceive();
      },
      end: () => {
        receive(bytes);
        this.#running--;
        this.#ended++;
        this.#found = { bytes: -1, concurrency: 1 };
        this.#depth *= KEPT_DEPTH_SHARE;
        this.#isFirstNear = false;
      },
    };
  }

  /** Looks whether the rest of a fetch takes no longer than its first byte did. */
  #watchFirst(bytes: number): (received: number) => void {
    const begun = this.#now();
    let first: { readonly at: number; readonly received: number } | undefined;
    return (received) => {
      const now = this.#now();
      first ??= { at: now, received };
      const ms = now - first.at;
      const left = bytes - received;
      const leftMs = ms < MIN_MEASURED_MS ? Infinity : (left * ms) / (received - first.received);
      this.#isFirstNear = this.#ended === 0 && (left <= 0 || leftMs <= first.at - begun);
    };
  }
}
