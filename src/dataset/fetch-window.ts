/** The most fetches that run at a time. */
const MOST = 16;

/** How much of the depth that was right a fetch ago is kept at the least: estimates of bandwidth go up and down. */
const KEPT = 0.95;

/** A fetch that is under way. */
export interface Fetch {
  /** So many of its bytes have come. */
  receive(bytes: number): void;
  end(): void;
}

/**
 * Decides when the next file is asked for. What counts is how many bytes are still to come, not how many files:
 * files that share a line end together, and if only then the next ones were asked for, nothing would come for as long
 * as an answer takes. The first fetches run by ones, twos and fours, since the loop waits for them in their order.
 */
export class FetchWindow {
  readonly #concurrencyFor: (bytes: number) => number;
  #running = 0;
  #ended = 0;
  /** Bytes of running fetches that are still to come. */
  #coming = 0;
  /** Bytes that fill the way to the source. */
  #depth = 0;

  /** @param concurrencyFor - how many fetches of so many bytes fill the way to the source; 1 while nothing is known */
  constructor(concurrencyFor: (bytes: number) => number) {
    this.#concurrencyFor = concurrencyFor;
  }

  /** Whether a fetch of so many bytes should begin. */
  admits(bytes: number): boolean {
    const concurrency = Math.min(this.#concurrencyFor(bytes), 2 ** this.#ended);
    if (this.#running < concurrency) return true;
    this.#depth = Math.max(this.#depth, (concurrency - 1) * bytes);
    return concurrency > 1 && this.#running < MOST && this.#coming <= this.#depth;
  }

  /** @param onReceive - called when there may be room for another one */
  begin(bytes: number, onReceive: () => void): Fetch {
    let left = bytes;
    this.#running++;
    this.#coming += bytes;
    const receive = (received: number): void => {
      const now = Math.max(0, bytes - received);
      this.#coming += now - left;
      left = now;
    };
    return {
      receive: (received) => {
        receive(received);
        if (this.#coming <= this.#depth) onReceive();
      },
      end: () => {
        receive(bytes);
        this.#running--;
        this.#ended++;
        this.#depth *= KEPT;
      },
    };
  }
}
