/** Factor over the downloads that fill the way by what is known of it: as long as more of them bring more, and then. */
const STARTING_GAIN = 2;
const STEADY_GAIN = 1.25;

/** Number of downloads that run together at the least, once something is known: one waits while another comes. */
const MIN_CONCURRENT_DOWNLOADS = 2;

/** Growth of the rate in a round, below which more downloads are said to bring no more. */
const MIN_GROWTH_FACTOR = 1.2;

/** Number of rounds without such growth that end the start. */
const MAX_STALLS = 2;

/** Number of downloads of a round at the least. */
const MIN_ROUND_DOWNLOADS = 4;

/** Part of a download that is no reason for one more. */
const ROUNDING_SLACK = 0.05;

/** Factor by which a trial changes the number of downloads, if that is one or more. */
const TRIAL_FACTOR = 1.25;

/** Number of rounds of a trial; between two of them at first, and at the most. */
const TRIAL_ROUNDS = 2;
const FIRST_PAUSE_ROUNDS = 4;
const MAX_PAUSE_ROUNDS = 128;

/** Share of the rate that may be lost by fewer downloads at a time. */
const LOSS_SHARE = 0.05;

/** Shortest time over which a rate is measured, milliseconds: in less, a busy machine sees bytes come in bursts. */
const MIN_MEASURED_MS = 25;

/** Moment of which is known how many bytes had come. */
interface Mark {
  readonly at: number;
  /** Bytes that had come of all downloads. */
  readonly came: number;
}

/** A download that is under way. */
export interface Delivery {
  readonly begun: Mark;
  /** Moment before it, {@link MIN_MEASURED_MS} or more. */
  readonly earlier: Mark;
  /** True when no fewer ran with it than there was leave for. */
  readonly isFull: boolean;
}

/** A change of the number of downloads of which it is not known yet what it brings. */
interface Trial {
  /** Factor, downloads at a time and rate before it. */
  readonly factor: number;
  readonly limit: number;
  readonly rate: number;
  rounds: number;
}

/**
 * Control of how many downloads from one source run together: as many as the way holds. By Little's law that is the
 * rate of all of them times what one takes alone. The rate is that of what came while one was under way, the largest of
 * the last two rounds; what one takes alone is the shortest time of its size (as BBR does: Cardwell and others, 2016).
 * It begins with one, and never has more than double what brings the bytes that come; a rise beyond that brings more of
 * them or is taken back.
 */
export class ConcurrencyControl {
  readonly #now: () => number;
  /** Shortest times, milliseconds, by the size's number of binary digits. */
  readonly #shortest = new Map<number, number>();
  #running = 0;
  #came = 0;
  #marks: readonly [Mark, Mark] | undefined;
  /** Downloads at a time that there was leave for last, and before it was rounded and bounded. */
  #told = 1;
  #wanted = 1;
  #isStarting = true;
  #stalls = 0;
  /** Downloads that ran together when the first one had come. */
  #begun = 0;
  /** Largest rates, bytes a millisecond: in this round, in the one before, and in any of the start. */
  #rate = 0;
  #lastRate = 0;
  #bestRate = 0;
  #left = 1;
  #factor = 1;
  #trial: Trial | undefined;
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
    this.#running++;
    const begun: Mark = { at: this.#now(), came: this.#came };
    const [earlier, later] = this.#marks ?? [begun, begun];
    if (this.#marks === undefined) this.#marks = [begun, begun];
    else if (begun.at - later.at >= MIN_MEASURED_MS) this.#marks = [later, begun];
    return { begun, earlier, isFull: this.#running >= this.#told };
  }

  /** Notes that so many bytes of some download have come. */
  came(bytes: number): void {
    this.#came += bytes;
  }

  /** @param bytes - bytes that it brought; undefined where it failed, which says nothing */
  end({ begun, earlier, isFull }: Delivery, bytes: number | undefined): void {
    const running = this.#running--;
    const now = this.#now();
    const ms = now - begun.at;
    if (bytes === undefined || bytes === 0 || ms <= 0) return;
    const size = sizeClass(bytes);
    this.#shortest.set(size, Math.min(ms, this.#shortest.get(size) ?? Infinity));
    const from = ms < MIN_MEASURED_MS ? earlier : begun;
    const rate = (this.#came - from.came) / (now - from.at);
    if (this.#begun === 0) this.#begun = running;
    const known = this.rate ?? 0;
    if (!isFull && rate <= known) return;
    this.#rate = Math.max(this.#rate, rate);
    if (--this.#left <= 0) this.#endRound();
  }

  /**
   * Computes how many downloads of so many bytes each should run together.
   *
   * @param most - number of requests at a time that the server takes
   */
  limitFor(bytes: number, most: number): number {
    const { rate } = this;
    this.#told = 1;
    if (rate === undefined) return 1;
    const ms = this.#shortest.get(sizeClass(bytes)) ?? this.#guess(bytes, rate);
    const gain = this.#isStarting ? STARTING_GAIN : STEADY_GAIN * this.#factor;
    this.#wanted = (gain * rate * ms) / Math.max(1, bytes);
    const least = this.#isStarting
      ? Math.max(MIN_CONCURRENT_DOWNLOADS, this.#begun)
      : MIN_CONCURRENT_DOWNLOADS;
    this.#told = Math.max(1, Math.min(most, Math.max(least, Math.ceil(this.#wanted - ROUNDING_SLACK))));
    return this.#told;
  }

  /** Estimates what a download of a size of which none has come takes alone: as long as the next one in size, and its bytes. */
  #guess(bytes: number, rate: number): number {
    let nearest: { readonly apart: number; readonly size: number; readonly ms: number } | undefined;
    for (const [size, ms] of this.#shortest) {
      const apart = Math.abs(size - sizeClass(bytes));
      if (nearest === undefined || apart < nearest.apart) nearest = { apart, size, ms };
    }
    if (nearest === undefined) return bytes / rate;
    return Math.max(bytes, nearest.ms * rate + bytes - 2 ** nearest.size) / rate;
  }

  #endRound(): void {
    if (this.#isStarting) {
      this.#stalls = this.#rate < MIN_GROWTH_FACTOR * this.#bestRate ? this.#stalls + 1 : 0;
      this.#isStarting = this.#stalls < MAX_STALLS;
      this.#bestRate = Math.max(this.#bestRate, this.#rate);
    } else this.#try();
    this.#lastRate = this.#rate;
    this.#rate = 0;
    this.#left = Math.max(MIN_ROUND_DOWNLOADS, this.#told);
  }

  /** Tries whether more downloads bring more bytes, or fewer no less, once in a while. */
  #try(): void {
    const rate = this.rate ?? 0;
    if (this.#trial === undefined) {
      if (--this.#nextTrial > 0) return;
      const limit = this.#told;
      this.#trial = { factor: this.#factor, limit, rate, rounds: TRIAL_ROUNDS };
      // What was raised by chance is lowered again.
      const isDown = this.#factor > 1 && this.#pause > FIRST_PAUSE_ROUNDS;
      const oneMore = (limit + 1) / Math.max(ROUNDING_SLACK, this.#wanted);
      if (isDown) this.#factor = Math.max(1, this.#factor / TRIAL_FACTOR);
      else this.#factor *= Math.max(TRIAL_FACTOR, oneMore);
      return;
    }
    if (--this.#trial.rounds > 0) return;
    const { factor, limit } = this.#trial;
    const isUp = this.#factor > factor;
    const least = isUp ? (1 + this.#told / limit) / 2 : 1 - LOSS_SHARE;
    const pays = this.#told !== limit && this.#rate >= least * this.#trial.rate;
    if (!pays) this.#factor = factor;
    this.#pause = pays && isUp ? FIRST_PAUSE_ROUNDS : Math.min(MAX_PAUSE_ROUNDS, 2 * this.#pause);
    this.#nextTrial = this.#pause;
    this.#trial = undefined;
  }
}

function sizeClass(bytes: number): number {
  return Math.ceil(Math.log2(Math.max(1, bytes)));
}
