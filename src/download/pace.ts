import { ConcurrencyControl, type Delivered, type Delivery } from './concurrency.ts';

/** Number of times that are remembered. */
const REMEMBERED_TIMES = 64;

/** Number of waits from which on it is said what is slow. */
const MIN_WAITS = 8;

/** Longest wait that is never called long, milliseconds: a busy machine makes a server seem slow for a moment. */
const MIN_SLOW_MS = 100;

/**
 * Record of what downloads have shown of the way to a source: how long a first byte takes, how many bytes come a second
 * while any download runs, and so how many downloads it takes to fill that way.
 */
export class DownloadPace {
  readonly #waits = new RecentTimes();
  readonly #idles = new RecentTimes();
  readonly #control: ConcurrencyControl;

  /** @param now - the time, milliseconds */
  constructor(now?: () => number) {
    this.#control = new ConcurrencyControl(now);
  }

  /** Notes that a download begins. */
  begin(): Delivery {
    return this.#control.begin();
  }

  /** Notes that so many bytes of some download have come. */
  came(bytes: number): void {
    this.#control.came(bytes);
  }

  /** Notes that its first byte came after so many milliseconds. */
  waited(ms: number): void {
    this.#waits.note(ms);
  }

  /** Notes that it spent so many milliseconds in which none of its bytes came: waiting, making room, making safe. */
  idled(ms: number): void {
    this.#idles.note(ms);
  }

  /** @param delivered - undefined where it failed or was tried again */
  end(delivery: Delivery, delivered: Delivered | undefined): void {
    this.#control.end(delivery, delivered);
  }

  /** Time that a download is without bytes, milliseconds; most take longer, since they wait for each other. */
  get latencyMs(): number | undefined {
    return this.#idles.quantile(0.25);
  }

  /** Bytes a second while any download runs. */
  get bytesPerSecond(): number | undefined {
    const { rate } = this.#control;
    return rate && 1000 * rate;
  }

  /** A wait that few first bytes exceed, milliseconds; undefined before enough of them came. */
  get slowMs(): number | undefined {
    const most = this.#waits.count < MIN_WAITS ? undefined : this.#waits.quantile(0.9);
    return most === undefined ? undefined : Math.max(MIN_SLOW_MS, 1.5 * most + 20);
  }

  /**
   * Computes how many downloads of so many bytes each should run together.
   *
   * @param most - number of requests at a time that the server takes
   */
  concurrencyFor(bytes: number, most: number): number {
    return this.#control.limitFor(bytes, most);
  }

  /** Computes how many downloads of so many bytes each may run together, whatever is to come of them. */
  ceilingFor(bytes: number): number {
    return this.#control.ceilingFor(bytes);
  }
}

/** The times that were noted last. */
class RecentTimes {
  readonly #times: number[] = [];
  #sorted: readonly number[] | undefined;

  get count(): number {
    return this.#times.length;
  }

  note(ms: number): void {
    this.#times.push(ms);
    if (this.#times.length > REMEMBERED_TIMES) this.#times.shift();
    this.#sorted = undefined;
  }

  quantile(part: number): number | undefined {
    this.#sorted ??= this.#times.toSorted((a, b) => a - b);
    return this.#sorted[Math.floor(part * (this.#sorted.length - 1))];
  }
}
