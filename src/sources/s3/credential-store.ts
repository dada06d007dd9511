import { SharedTask } from '../../core/shared-task.ts';
import type { FoundCredentials } from './keys.ts';

/** Time before their end at which keys are asked for anew, milliseconds. */
const RENEWED_BEFORE_MS = 60_000;
/** Least time between two renewals, or tries of one, that only the clock asks for, milliseconds: some are given with little time left. */
const MIN_RENEWAL_GAP_MS = 10_000;

/**
 * Keeper of the keys: finds them when they are first needed, and anew shortly before they end and when they have expired,
 * once for all who wait.
 */
export class CredentialStore {
  readonly #find: (signal: AbortSignal) => Promise<FoundCredentials>;
  #found: FoundCredentials | undefined;
  #triedAt = -Infinity;
  #finding: SharedTask<FoundCredentials> | undefined;

  constructor(find: (signal: AbortSignal) => Promise<FoundCredentials>) {
    this.#find = find;
  }

  /** Gives keys to sign with now. */
  async current(signal: AbortSignal | undefined): Promise<FoundCredentials> {
    const found = this.#found;
    if (found === undefined) return this.#renewed(signal);
    const isDue =
      timeLeft(found) < RENEWED_BEFORE_MS && performance.now() - this.#triedAt > MIN_RENEWAL_GAP_MS;
    if (!isDue) return found;
    try {
      return await this.#renewed(signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (timeLeft(found) <= 0) throw error;
      // Until their end they are good.
      this.#triedAt = performance.now();
      return found;
    }
  }

  /**
   * Finds keys in place of those that the server says have expired.
   *
   * @returns undefined where there are no others
   */
  async replace(
    expired: FoundCredentials,
    signal: AbortSignal | undefined,
  ): Promise<FoundCredentials | undefined> {
    const found = this.#found;
    const next = found === undefined || isSame(found, expired) ? await this.#renewed(signal) : found;
    return isSame(next, expired) ? undefined : next;
  }

  #renewed(signal: AbortSignal | undefined): Promise<FoundCredentials> {
    if (this.#finding === undefined || this.#finding.abandoned) {
      const finding = new SharedTask(async (own) => {
        const found = await this.#find(own);
        this.#found = found;
        this.#triedAt = performance.now();
        return found;
      });
      this.#finding = finding;
      void finding.ended().then(() => {
        if (this.#finding === finding) this.#finding = undefined;
      });
    }
    return this.#finding.join(signal);
  }
}

/** Gives the time until keys end, milliseconds. */
function timeLeft({ expiration }: FoundCredentials): number {
  return (expiration?.getTime() ?? Infinity) - Date.now();
}

function isSame(one: FoundCredentials, other: FoundCredentials): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}
