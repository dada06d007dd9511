import { ConfigError } from '../../core/errors.ts';
import { showValue } from '../../core/show-value.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { checkIndex } from '../sample-files.ts';
import type { FoundSeries } from './found-series.ts';
import type { TimeRules } from './time-options.ts';
import type { TimeGap, TimeSamples, TimeSeries } from './time-series.ts';
import { chooseSteps, windowsOf } from './windows.ts';

/** Series that are looked at between two looks at the time. */
const SERIES_PER_STEP = 8;

/** Samples that series make: single steps, or windows of them. What is kept of each is one number. */
export class SeriesSamples implements TimeSamples {
  readonly why: string;
  readonly gaps: readonly TimeGap[];
  readonly tooShort: readonly string[];
  readonly isWindowed: boolean;
  readonly #series: readonly FoundSeries[];
  /** Positions of the chosen steps, those of all series one after the other. */
  readonly #chosen: Uint32Array;
  /** Place of the first chosen step of each sample. */
  readonly #firsts: Uint32Array;
  /** First sample of each series; behind them the number of samples. */
  readonly #starts: Uint32Array;
  readonly #length: number;
  readonly #every: number;
  /** True where samples may have files in common. */
  readonly hasShared: boolean;

  private constructor(
    facts: Pick<TimeSamples, 'why' | 'gaps' | 'tooShort'>,
    series: readonly FoundSeries[],
    columns: { readonly chosen: Uint32Array; readonly firsts: Uint32Array; readonly starts: Uint32Array },
    window: TimeRules['window'],
  ) {
    this.why = facts.why;
    this.gaps = facts.gaps;
    this.tooShort = facts.tooShort;
    this.isWindowed = window !== undefined;
    this.#series = series;
    this.#chosen = columns.chosen;
    this.#firsts = columns.firsts;
    this.#starts = columns.starts;
    this.#length = window?.length ?? 1;
    this.#every = window?.every ?? 1;
    const isApart = ({ from, parts }: FoundSeries): boolean =>
      from === 'files' && parts.every(({ isStatic }) => !isStatic);
    this.hasShared = this.isWindowed || !series.every(isApart);
  }

  /**
   * Makes the samples of series.
   *
   * @param why - what was found
   * @throws ConfigError for steps that no series has, and where no series is as long as a window
   */
  static async of(
    series: readonly FoundSeries[],
    rules: TimeRules,
    why: string,
    slice: TimeSlice,
  ): Promise<SeriesSamples> {
    const window = rules.window ?? { length: 1, stride: 1, every: 1 };
    const total = series.reduce((sum, { steps }) => sum + steps.length, 0);
    const chosen = new Uint32Array(total);
    const firsts = new Uint32Array(total);
    let [chosenCount, count] = [0, 0];
    const starts = new Uint32Array(series.length + 1);
    const gaps: TimeGap[] = [];
    const tooShort: string[] = [];
    const unseen = new Set(Array.isArray(rules.steps) ? (rules.steps as readonly number[]) : []);
    let longest = 0;
    for (const [number, each] of series.entries()) {
      const { id, steps, times, lacking } = each;
      const timeAt = (at: number): number | undefined => times?.[at];
      const own = chooseSteps({ steps, lacking, timeAt }, rules.steps, (step, time) =>
        askStep(rules, step, time),
      );
      if (unseen.size > 0) for (let at = 0; at < steps.length; at++) unseen.delete(steps[at] as number);
      chosen.set(own.positions, chosenCount);
      for (const first of windowsOf(own, window)) firsts[count++] = chosenCount + first;
      chosenCount += own.positions.length;
      for (const hole of own.holes) gaps.push({ series: id, ...hole });
      if (count === starts[number]) tooShort.push(id);
      starts[number + 1] = count;
      longest = Math.max(longest, own.positions.length);
      if (number % SERIES_PER_STEP === 0) await slice.pause();
    }
    refuseUnseen([...unseen], series);
    if (count === 0 && series.every(({ fault }) => fault === undefined))
      throw noSamples(rules, { why, longest, gaps });
    const columns = { chosen, firsts: firsts.subarray(0, count), starts };
    return new SeriesSamples({ why, gaps, tooShort }, series, columns, rules.window);
  }

  get length(): number {
    return this.#firsts.length;
  }

  /** Steps of a sample. */
  get windowLength(): number {
    return this.#length;
  }

  get seriesCount(): number {
    return this.#series.length;
  }

  seriesOf(sample: number): number {
    checkIndex(sample, this.length);
    let [low, high] = [0, this.#series.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#starts[middle] as number) <= sample) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  series(number: number): TimeSeries {
    return this.found(number);
  }

  /** Gives a series with what is known of where it was found. */
  found(number: number): FoundSeries {
    return this.#series[number] as FoundSeries;
  }

  /** Says whether a series has any sample. */
  hasSamples(number: number): boolean {
    return this.#starts[number] !== this.#starts[number + 1];
  }

  /** Gives the position of the first step of a sample. */
  firstAt(sample: number): number {
    checkIndex(sample, this.length);
    return this.#chosen[this.#firsts[sample] as number] as number;
  }

  positionsAt(sample: number): readonly number[] {
    checkIndex(sample, this.length);
    const first = this.#firsts[sample] as number;
    return Array.from({ length: this.#length }, (_, at) => this.#chosen[first + at * this.#every] as number);
  }
}

function askStep({ steps }: TimeRules, step: number, time: number | undefined): boolean {
  const answer: unknown = typeof steps === 'function' ? steps(step, time) : true;
  if (typeof answer === 'boolean') return answer;
  throw new ConfigError(
    'time.steps',
    `The function of time.steps gave ${showValue(answer)} for the step ${step}: it must say true or false.`,
  );
}

/** @throws ConfigError for numbers in a list of steps that are in no series */
function refuseUnseen(unseen: readonly number[], series: readonly FoundSeries[]): void {
  if (unseen.length === 0) return;
  const shown = unseen.slice(0, 3).join(', ');
  const [first] = series;
  const has =
    first === undefined || first.steps.length === 0
      ? 'There are no steps'
      : `${first.id} has ${describeSteps(first.steps)}`;
  throw new ConfigError(
    'time.steps',
    `time.steps lists ${shown}${unseen.length > 3 ? ` and ${unseen.length - 3} more` : ''}, which no series has. ${has}.`,
  );
}

/** Describes steps by their number and bounds: `201 steps (10040 … 11040)`. */
export function describeSteps(steps: ArrayLike<number>): string {
  const [first, last] = [steps[0], steps[steps.length - 1]];
  if (steps.length === 1) return `1 step (${first})`;
  return `${steps.length} steps (${first} … ${last})`;
}

function noSamples(
  { window, steps }: TimeRules,
  found: { readonly why: string; readonly longest: number; readonly gaps: readonly TimeGap[] },
): ConfigError {
  const { why, longest, gaps } = found;
  if (longest === 0 || window === undefined)
    return new ConfigError('time.steps', `time.steps leaves no step of any series. ${why}`);
  const { length, every } = window;
  const needed = 1 + (length - 1) * every;
  const holes =
    longest < needed || gaps.length === 0
      ? ''
      : `, and ${gaps.length} holes between them, which no window spans`;
  const chosen = steps === undefined ? '' : ' that time.steps leaves';
  return new ConfigError(
    'time.window',
    `No series is as long as a window, ${needed} steps: the longest has ${longest}${chosen}${holes}. ${why}`,
  );
}
