/** Limits of what may be ahead of the loop. */
export interface FlowLimits {
  /** Number of samples ahead. */
  readonly ahead: number;
  /** Samples in a batch; Infinity where they are not known. */
  readonly batchSize: number;
  readonly prefetchBytes: number;
  /** True when a batch is made while the one before is used. */
  readonly makesAhead: boolean;
}

/**
 * Account of what may be loaded ahead. While the loop waits, the samples of the batch that is being made are those that
 * it waits for; while its body runs, they are ahead too.
 */
export class Flow {
  readonly isAhead: boolean;
  /** True while the next sample for a batch is waited for. */
  isTaking = true;
  readonly #limits: FlowLimits;
  #isAsked = true;
  /** Samples that were taken to make batches of that have not been handed out. */
  #samples = 0;
  #bytes = 0;
  #ready = 0;
  /** Samples that were handed out, or left out. */
  #past = 0;
  #more: (() => void) | undefined;

  constructor(limits: FlowLimits) {
    this.#limits = limits;
    this.isAhead = limits.makesAhead;
  }

  /** Samples that may be loaded ahead now. */
  get samplesLeft(): number {
    const taken = this.#isAsked ? 0 : this.#samples + (this.isTaking ? 1 : 0);
    return Math.max(0, this.#limits.ahead - taken);
  }

  /** Bytes that they may take. */
  get bytesLeft(): number {
    return Math.max(0, this.#limits.prefetchBytes - (this.#isAsked ? 0 : this.#bytes));
  }

  /** Samples of the epoch that were handed out, are left out, or make up the batch that the loop waits for. */
  get reached(): number {
    const { batchSize } = this.#limits;
    const awaited = Number.isFinite(batchSize) ? batchSize : this.#samples + 1;
    return this.#past + (this.#isAsked ? awaited : 0);
  }

  /** Samples that are loaded and have not been handed out. */
  get ready(): number {
    return this.#ready;
  }

  /** Takes the function to call when more may be loaded. */
  onMore(more: () => void): void {
    this.#more = more;
  }

  /** Notes that a sample is loaded. */
  arrive(): void {
    this.#ready++;
  }

  /** Notes that a sample is taken to make a batch of. */
  take(bytes: number): void {
    this.#samples++;
    this.#bytes += bytes;
  }

  /** Notes that a sample is left out. */
  skip(): void {
    this.#past++;
  }

  /** Notes that the loop gets a batch of these samples, and its body begins. */
  handOut({ ids, bytes }: { readonly ids: readonly string[]; readonly bytes: number }): void {
    this.#samples -= ids.length;
    this.#past += ids.length;
    this.#bytes -= bytes;
    this.#ready -= ids.length;
    this.#isAsked = false;
  }

  /** Notes that the loop asks for the next batch. */
  ask(): void {
    this.#isAsked = true;
    this.#more?.();
  }
}
