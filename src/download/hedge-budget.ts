import { isVascuError } from '../core/errors.ts';

/** Number of hedges that may be made before any download has ended. */
const FIRST_HEDGES = 1;

/** Hedges that each download which ends well adds: so hedges are at most a tenth of the requests. */
const HEDGES_PER_DOWNLOAD = 0.1;

/** Most hedges that are saved up for a time when many are slow. */
const MAX_SAVED_HEDGES = 4;

/**
 * Budget of files that may be asked for a second time: never more than {@link FIRST_HEDGES}, and a tenth of the
 * downloads that ended well. A server that fails gets none until it has earned them anew (the token bucket of gRPC's
 * retries, RFC A6), so that one that is overloaded is not asked more than without hedges.
 */
export class HedgeBudget {
  #tokens = FIRST_HEDGES;
  /** Time before which there is none, by the clock of `now`. */
  #notBefore = -Infinity;
  #made = 0;
  #won = 0;

  /** Counts the second requests that were made, and those that answered before the first one. */
  stats(): { readonly made: number; readonly won: number } {
    return { made: this.#made, won: this.#won };
  }

  /** Notes that a download has ended well. */
  earn(): void {
    this.#tokens = Math.min(MAX_SAVED_HEDGES, this.#tokens + HEDGES_PER_DOWNLOAD);
  }

  /**
   * Notes that a request has failed: where another one may help, the server, or the way to it, has trouble.
   *
   * @param now - milliseconds
   */
  failed(error: unknown, now: number = performance.now()): void {
    if (!isVascuError(error, 'NETWORK') || !error.retryable) return;
    this.#tokens = 0;
    this.#notBefore = Math.max(this.#notBefore, now + (error.retryAfterMs ?? 0));
  }

  /** Tells whether a second request may be made now, which then counts as made. */
  take(now: number = performance.now()): boolean {
    // Ten times a tenth is a little less than 1.
    if (this.#tokens < 1 - 1e-9 || now < this.#notBefore) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    this.#made++;
    return true;
  }

  /** Notes that a second request has answered first. */
  win(): void {
    this.#won++;
  }
}
