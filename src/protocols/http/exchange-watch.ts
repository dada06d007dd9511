import { IdleTimer } from './idle-timer.ts';
import { onAbort } from './on-abort.ts';

/** Ends of an exchange from outside. */
export interface ExchangeEnds {
  /** Listener that gets the reason of the signal that has aborted. */
  readonly aborted: (reason: unknown) => void;
  /** Listener that is called when nothing has happened for too long. */
  readonly silent: () => void;
}

/**
 * Watch over an exchange from its request to the last byte of its answer: its signals and the time-out of silence, set up
 * once for both.
 */
export class ExchangeWatch {
  readonly #idleTimeoutMs: number;
  #ends: ExchangeEnds;
  #timer: IdleTimer | undefined;
  #unlisten = (): void => undefined;

  /** @param ends - is told at once where a signal has aborted already */
  constructor(signals: readonly AbortSignal[], idleTimeoutMs: number, ends: ExchangeEnds) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#ends = ends;
    this.#unlisten = onAbort(signals, (reason) => this.#ends.aborted(reason));
  }

  /** Begins to count the time of silence. */
  start(): void {
    this.#timer ??= new IdleTimer(this.#idleTimeoutMs, () => this.#ends.silent());
  }

  /** Notes that something happened: the time begins anew. */
  touch(): void {
    this.#timer?.touch();
  }

  /** Tells somebody else from now on. */
  handOver(ends: ExchangeEnds): void {
    this.#ends = ends;
    this.start();
    this.touch();
  }

  end(): void {
    this.#timer?.stop();
    this.#unlisten();
  }
}
