import type { StepChoice, TimeRules } from './time-options.ts';

/** Share of the spacing by which numbers of steps may miss their places: times are written with few digits. */
const SPACING_TOLERANCE = 0.01;

/** Steps of a hole that are listed at the most. */
const MAX_LISTED_STEPS = 10_000;

/** Digits to which steps that are not there are computed. */
const STEP_DIGITS = 12;

/** Steps of one series, those that are lacking among them. */
export interface StepList {
  /** Numbers of all steps, ascending. */
  readonly steps: ArrayLike<number>;
  /** Positions of steps that are lacking; they are in no sample. @defaultValue none */
  readonly lacking?: ReadonlySet<number> | undefined;
  /** Gives the time of a position where it is known. */
  timeAt(position: number): number | undefined;
}

/** Hole between two steps that are wanted; undefined before the first or behind the last one. */
interface StepHole {
  readonly after: number | undefined;
  readonly before: number | undefined;
  /** Steps in it. */
  readonly steps: readonly number[];
}

/** Steps that are wanted of a series. */
export interface ChosenSteps {
  /** Positions of the steps, ascending. */
  readonly positions: Uint32Array;
  /** 1 for each of them that has a hole before it; undefined for none. */
  readonly holeBefore: Uint8Array | undefined;
  readonly holes: readonly StepHole[];
}

/**
 * Finds the distance of steps that are evenly spaced but for holes: half of the distances are it, or more than half where
 * steps are no whole numbers, and all others are multiples of it. Undefined where they are not.
 */
export function findSpacing(steps: ArrayLike<number>): number | undefined {
  if (steps.length < 2) return undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 1; at < steps.length; at++) {
    least = Math.min(least, (steps[at] as number) - (steps[at - 1] as number));
  }
  let same = 0;
  let areWhole = Number.isInteger(steps[0]);
  for (let at = 1; at < steps.length; at++) {
    const multiple = ((steps[at] as number) - (steps[at - 1] as number)) / least;
    const whole = Math.round(multiple);
    if (Math.abs(multiple - whole) > SPACING_TOLERANCE * whole) return undefined;
    if (whole === 1) same++;
    areWhole &&= Number.isInteger(steps[at]);
  }
  const isMost = areWhole ? 2 * same >= steps.length - 1 : 2 * same > steps.length - 1;
  return isMost ? least : undefined;
}

/**
 * Chooses the steps of a series that are wanted, and finds the holes between them: steps that are lacking, and, where steps
 * are evenly spaced, those that are not there. What was not wanted is no hole.
 */
export function chooseSteps(
  list: StepList,
  choice: StepChoice | undefined,
  ask: (step: number, time: number | undefined) => boolean,
): ChosenSteps {
  const { steps, lacking } = list;
  const spacing = findSpacing(steps);
  const wanted = wantedPositions(list, choice, spacing, ask);
  const positions = lacking === undefined ? wanted : wanted.filter((at) => !lacking.has(at));
  const holes: StepHole[] = [];
  let holeBefore: Uint8Array | undefined;
  if (spacing === undefined && lacking === undefined) return { positions, holeBefore, holes };
  const chosenSpacing =
    spacing !== undefined && wanted.length < steps.length
      ? findSpacing(wanted.reduce<number[]>((all, at) => (all.push(steps[at] as number), all), []))
      : undefined;
  let next = 0;
  let before: number | undefined;
  let missing: number[] = [];
  for (const at of wanted) {
    const step = steps[at] as number;
    if (lacking?.has(at) === true) {
      missing.push(step);
      continue;
    }
    if (before !== undefined && spacing !== undefined)
      missing.push(...unlisted(steps, before, at, spacing, chosenSpacing));
    if (missing.length > 0) {
      const after = before === undefined ? undefined : (steps[before] as number);
      holes.push({ after, before: step, steps: missing.sort((a, b) => a - b) });
      holeBefore ??= new Uint8Array(positions.length);
      holeBefore[next] = 1;
      missing = [];
    }
    before = at;
    next++;
  }
  if (missing.length > 0)
    holes.push({
      after: before === undefined ? undefined : (steps[before] as number),
      before: undefined,
      steps: missing,
    });
  return { positions, holeBefore, holes };
}

/** Lists the steps that an even spacing leads one to expect between two positions, and that no file has. */
function unlisted(
  steps: ArrayLike<number>,
  from: number,
  to: number,
  spacing: number,
  chosenSpacing: number | undefined,
): number[] {
  const distance = (steps[to] as number) - (steps[from] as number);
  // What would not have been wanted between them is no hole.
  if (chosenSpacing !== undefined && isNear(distance, chosenSpacing)) return [];
  const found: number[] = [];
  for (let at = from + 1; at <= to && found.length < MAX_LISTED_STEPS; at++) {
    const [before, step] = [steps[at - 1] as number, steps[at] as number];
    const count = Math.round((step - before) / spacing) - 1;
    for (let missing = 1; missing <= count && found.length < MAX_LISTED_STEPS; missing++)
      found.push(Number((before + missing * spacing).toPrecision(STEP_DIGITS)));
  }
  return found;
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= SPACING_TOLERANCE * Math.abs(b);
}

function wantedPositions(
  { steps, timeAt }: StepList,
  choice: StepChoice | undefined,
  spacing: number | undefined,
  ask: (step: number, time: number | undefined) => boolean,
): Uint32Array {
  const all = new Uint32Array(steps.length);
  for (let at = 0; at < all.length; at++) all[at] = at;
  if (choice === undefined) return all;
  if (typeof choice === 'function') return all.filter((at) => ask(steps[at] as number, timeAt(at)));
  if (isList(choice)) {
    const wanted = new Set(choice);
    return all.filter((at) => wanted.has(steps[at] as number));
  }
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, every = 1 } = choice;
  const inside = all.filter((at) => (steps[at] as number) >= from && (steps[at] as number) <= to);
  if (every === 1 || inside.length === 0) return inside;
  if (spacing === undefined) return inside.filter((_, place) => place % every === 0);
  // By their numbers, so that a hole does not move all that come behind it.
  const first = steps[inside[0] as number] as number;
  return inside.filter((at) => Math.round(((steps[at] as number) - first) / spacing) % every === 0);
}

/** Tells a list of steps from bounds. */
function isList(choice: Exclude<StepChoice, (...given: never) => boolean>): choice is readonly number[] {
  return Array.isArray(choice);
}

/** Finds where windows begin, as places among the chosen steps: no window spans a hole. */
export function* windowsOf(
  { positions, holeBefore }: ChosenSteps,
  window: NonNullable<TimeRules['window']>,
): Generator<number, void, void> {
  const { length, stride, every } = window;
  const span = (length - 1) * every;
  let clear = 0;
  // Behind the last hole that was met.
  let looked = 0;
  for (let first = 0; first + span < positions.length; first += stride) {
    if (holeBefore !== undefined) {
      for (; looked <= first + span; looked++) if (holeBefore[looked] === 1) clear = looked;
      if (clear > first) continue;
    }
    yield first;
  }
}
