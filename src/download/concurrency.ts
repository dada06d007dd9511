import { RateByLoad } from './rate-by-load.ts';

/** Factor over the downloads that fill the way by what is known of it: as long as more of them bring more, and then. */
const STARTING_GAIN = 2;
const STEADY_GAIN = 1.3;

/** Number of downloads that run together at the least, once something is known: one waits while another comes. */
const MIN_CONCURRENT_DOWNLOADS = 2;

/** Growth of the rate in a round, below which the start is over if it stays so. */
const MIN_GROWTH_FACTOR = 1.2;

/** Number of rounds without such growth that end the start. */
const MAX_STALLS = 2;

/** Number of downloads of a round at the least. */
const MIN_ROUND_DOWNLOADS = 4;

/** Shortest time over which a rate is measured, milliseconds: in less, a busy machine sees bytes come in bursts. */
const MIN_MEASURED_MS = 25;

/** Weight of a download among the waits that are averaged, and the factor over their mean from which one is no measure. */
const WAIT_WEIGHT = 1 / 32;
const MAX_WAIT_FACTOR = 4;

/** Part of a download that is no reason for one more. */
const ROUNDING_SLACK = 0.05;

/** Factor by which fewer are tried than are thought to bring as much. */
const TRIAL_FACTOR = 1.5;

/** Number of rounds at the highest limit after which that is tried, at first and at the most. */
const FIRST_PAUSE_ROUNDS = 4;
const MAX_PAUSE_ROUNDS = 64;

/** Binary digits by which sizes differ whose downloads have nothing to say of each other. */
const MAX_CLASSES_APART = 2;

/** State of all downloads at some moment. */
interface Mark {
  readonly at: number;
  /** Bytes that had come. */
  readonly came: number;
  /** Time that downloads had run, added up. */
  readonly ran: number;
}

/** A download that is under way. */
export interface Delivery {
  readonly begun: Mark;
  /** Moment before it, some {@link MIN_MEASURED_MS} or more. */
  readonly earlier: Mark;
  /** True when no fewer ran with it than there was leave for. */
  readonly isFull: boolean;
}

/** Outcome of a download that brought its file by one request. */
export interface Delivered {
  readonly bytes: number;
  /** Time in which none of its bytes came: waiting, making room, making safe; milliseconds. */
  readonly idleMs: number;
}

/**
 * Control of how many downloads from one source run together: as many as the way holds. By Little's law that is the
 * rate of all of them times what one takes that shares the way with none. The rate is that of what came while one was
 * under way, the largest of two rounds (as BBR measures it: Cardwell and others, 2016). It begins with one, and never
 * allows more than double the fewest that were seen to bring as much: a rise beyond that is taken back.
 */
export class ConcurrencyControl {
  readonly #now: () => number;
  /** Shortest times in which a file came from its first byte on, milliseconds, by the binary digits of its size. */
  readonly #transfers = new Map<number, number>();
  #waitMs: number | undefined;
  readonly #loads = new RateByLoad();
  #sizeClass = -1;
  #running = 0;
  #came = 0;
  #ran = 0;
  #since = 0;
  #marks: readonly [Mark, Mark] | undefined;
  #told = 1;
  #isStarting = true;
  #stalls = 0;
  /** Downloads that ran together when the first one had come. */
  #begun = 0;
  /** Largest rates, bytes a millisecond: in this round, in the one before, and in any of the start. */
  #rate = 0;
  #lastRate = 0;
  #bestRate = 0;
  /** Downloads that are left of this round. */
  #left = 1;
  /** Limit until the end of the round, where fewer are tried. */
  #tried: number | undefined;
  #isBound = false;
  #pause = FIRST_PAUSE_ROUNDS;
  #nextTrial = FIRST_PAUSE_ROUNDS;

  /** @param now - the time, milliseconds */
  constructor(now: () => number = (): number => performance.now()) {
    this.#now = now;
  }

  /** Bytes that came a millisecond; undefined before a download has ended. */
  get rate(): number | undefined {
    const rate = Math.max(this.#rate, this.#lastRate);
    return rate === 0 ? undefined : rate;
  }

  begin(): Delivery {
    const begun = this.#mark();
    this.#running++;
    const [earlier, later] = this.#marks ?? [begun, begun];
    if (this.#marks === undefined) this.#marks = [begun, begun];
    else if (begun.at - later.at >= MIN_MEASURED_MS) this.#marks = [later, begun];
    return { begun, earlier, isFull: this.#running >= this.#told };
  }

  /** Notes that so many bytes of some download have come. */
  came(bytes: number): void {
    this.#came += bytes;
  }

  /** @param delivered - undefined where it failed or was tried again, which says nothing of the way */
  end({ begun, earlier, isFull }: Delivery, delivered: Delivered | undefined): void {
    const now = this.#mark();
    const running = this.#running--;
    const ms = now.at - begun.at;
    if (delivered === undefined || delivered.bytes === 0 || ms <= 0) return;
    const { bytes, idleMs } = delivered;
    this.#noteTimes(classOf(bytes), Math.max(0, ms - idleMs), idleMs);
    const from = ms < MIN_MEASURED_MS ? earlier : begun;
    const rate = (now.came - from.came) / (now.at - from.at);
    this.#loads.note((now.ran - from.ran) / (now.at - from.at), rate);
    if (this.#begun === 0) this.#begun = running;
    if (isFull || rate > (this.rate ?? 0)) this.#rate = Math.max(this.#rate, rate);
    if (--this.#left <= 0) this.#endRound();
  }

  /**
   * Computes how many downloads of so many bytes each should run together.
   *
   * @param most - number of requests at a time that the server takes
   */
  limitFor(bytes: number, most: number): number {
    this.#told = this.#limitFor(bytes, most);
    return this.#told;
  }

  #limitFor(bytes: number, most: number): number {
    const { rate } = this;
    if (rate === undefined || this.#waitMs === undefined) return 1;
    const ms = this.#waitMs + this.#transferMs(bytes, rate);
    const gain = this.#isStarting ? STARTING_GAIN : STEADY_GAIN;
    const least = this.#isStarting
      ? Math.max(MIN_CONCURRENT_DOWNLOADS, this.#begun)
      : MIN_CONCURRENT_DOWNLOADS;
    const wanted = Math.max(least, Math.ceil((gain * rate * ms) / Math.max(1, bytes) - ROUNDING_SLACK));
    const ceiling = this.ceilingFor(bytes);
    this.#isBound = wanted > ceiling;
    return Math.max(1, Math.min(most, this.#tried ?? Math.min(wanted, ceiling)));
  }

  /** Computes how many downloads of so many bytes each may run together, whatever is to come of them. */
  ceilingFor(bytes: number): number {
    const isKnown = Math.abs(classOf(bytes) - this.#sizeClass) <= MAX_CLASSES_APART;
    return isKnown ? Math.max(MIN_CONCURRENT_DOWNLOADS, Math.floor(2 * this.#loads.knee)) : Infinity;
  }

  /** Estimates how long a file takes from its first byte on that shares the way with none. */
  #transferMs(bytes: number, rate: number): number {
    const seen = this.#transfers.get(classOf(bytes));
    return seen === undefined ? bytes / rate : seen;
  }

  #noteTimes(sizeClass: number, transferMs: number, waitMs: number): void {
    if (Math.abs(sizeClass - this.#sizeClass) > MAX_CLASSES_APART) this.#loads.forget();
    this.#sizeClass = sizeClass;
    this.#transfers.set(sizeClass, Math.min(transferMs, this.#transfers.get(sizeClass) ?? Infinity));
    this.#waitMs ??= waitMs;
    // What takes much longer than the others is no matter of the way.
    const counted = Math.min(waitMs, MAX_WAIT_FACTOR * Math.max(1, this.#waitMs));
    this.#waitMs += WAIT_WEIGHT * (counted - this.#waitMs);
  }

  #endRound(): void {
    if (this.#isStarting) {
      this.#stalls = this.#rate < MIN_GROWTH_FACTOR * this.#bestRate ? this.#stalls + 1 : 0;
      this.#isStarting = this.#stalls < MAX_STALLS;
      this.#bestRate = Math.max(this.#bestRate, this.#rate);
    }
    const before = this.#loads.knee;
    this.#loads.look();
    if (this.#loads.knee > before) this.#pause = FIRST_PAUSE_ROUNDS;
    this.#tryFewer();
    this.#lastRate = this.#rate;
    this.#rate = 0;
    this.#left = Math.max(MIN_ROUND_DOWNLOADS, this.#tried ?? this.#told);
  }

  /** Tries for a round whether fewer than are thought to bring as much do so as well, where more are wanted. */
  #tryFewer(): void {
    if (this.#tried !== undefined || !this.#isBound) {
      this.#tried = undefined;
      this.#nextTrial = this.#pause;
      return;
    }
    if (--this.#nextTrial > 0) return;
    // Also one alone: what was seen of it first may have been chance.
    this.#tried = Math.max(1, Math.round(this.#loads.knee / TRIAL_FACTOR));
    this.#pause = Math.min(MAX_PAUSE_ROUNDS, 2 * this.#pause);
  }

  #mark(): Mark {
    const at = this.#now();
    this.#ran += this.#running * (at - this.#since);
    this.#since = at;
    return { at, came: this.#came, ran: this.#ran };
  }
}

/** Counts the binary digits of a number of bytes. */
function classOf(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(1, bytes)));
}
