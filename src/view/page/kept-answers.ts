/** Answer that is there, or on its way. */
interface Kept<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  /** Number of those who wait for it, while it is on its way. */
  waiting: number;
  bytes: number;
  isHere: boolean;
}

/**
 * Answers that are kept up to a number of bytes, the last used the longest. One that is on its way is asked for once;
 * its request ends when nobody waits for it any more.
 */
export class KeptAnswers<T> {
  readonly #kept = new Map<string, Kept<T>>();
  readonly #maxBytes: number;
  readonly #bytesOf: (value: T) => number;
  #bytes = 0;

  constructor(maxBytes: number, bytesOf: (value: T) => number = () => 0) {
    this.#maxBytes = maxBytes;
    this.#bytesOf = bytesOf;
  }

  /** Tells whether an answer is here already. */
  has(key: string): boolean {
    return this.#kept.get(key)?.isHere === true;
  }

  /** Gives an answer, asking for it where it is not there. */
  async get(key: string, ask: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const kept = this.#kept.get(key) ?? this.#ask(key, ask);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    if (kept.isHere || signal === undefined) {
      if (!kept.isHere) kept.waiting++;
      return kept.promise;
    }
    kept.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        kept.waiting--;
        // Not at once: what comes in the place of the one who leaves may want the same.
        setTimeout(() => {
          if (kept.waiting === 0 && !kept.isHere) this.#drop(key, kept);
        });
      };
      signal.addEventListener('abort', leave, { once: true });
      kept.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }

  /** Forgets all answers and ends what is on its way. */
  clear(): void {
    for (const [key, kept] of this.#kept) this.#drop(key, kept);
    this.#bytes = 0;
  }

  #ask(key: string, ask: (signal: AbortSignal) => Promise<T>): Kept<T> {
    const controller = new AbortController();
    const kept: Kept<T> = {
      promise: ask(controller.signal),
      controller,
      waiting: 0,
      bytes: 0,
      isHere: false,
    };
    kept.promise.then(
      (value) => {
        if (this.#kept.get(key) !== kept) return;
        kept.isHere = true;
        kept.bytes = this.#bytesOf(value);
        this.#bytes += kept.bytes;
        this.#makeRoom(kept);
      },
      // A failure is not kept: the next one asks again.
      () => this.#kept.get(key) === kept && this.#kept.delete(key),
    );
    return kept;
  }

  #makeRoom(last: Kept<T>): void {
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      if (kept !== last && kept.isHere) this.#drop(key, kept);
    }
  }

  #drop(key: string, kept: Kept<T>): void {
    if (this.#kept.get(key) === kept) this.#kept.delete(key);
    if (kept.isHere) this.#bytes -= kept.bytes;
    else kept.controller.abort(new DOMException('No longer asked for', 'AbortError'));
  }
}
