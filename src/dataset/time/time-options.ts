import { ConfigError } from '../../core/errors.ts';
import type { Metadata } from '../../core/graph.ts';
import { shorten, showValue } from '../../core/show-value.ts';
import { didYouMean } from '../../core/suggest.ts';
import type { TimeOrigin } from './time-series.ts';

/** Steps of a series that are wanted; see {@link TimeOptions.steps}. */
export type StepChoice =
  | {
      /** First step that is wanted. @defaultValue the first one */
      readonly from?: number | undefined;
      /** Last step that is wanted. @defaultValue the last one */
      readonly to?: number | undefined;
      /** Distance between steps that are wanted: 2 for every other one. @defaultValue 1 */
      readonly every?: number | undefined;
    }
  | readonly number[]
  | ((step: number, time: number | undefined) => boolean);

/** Window of steps; see {@link TimeOptions.window}. */
export interface WindowOptions {
  /** Steps of a window. */
  readonly length: number;
  /** Steps from the beginning of a window to that of the next one. @defaultValue 1 */
  readonly stride?: number | undefined;
  /** Steps from one step of a window to its next. @defaultValue 1 */
  readonly every?: number | undefined;
}

/** Options that make samples of the steps of simulations; see `VascuDatasetOptions.time`. */
export interface TimeOptions {
  /**
   * Place where steps come from: `'collection'`, files that list them (`.pvd`, `.vtu.series`, `.vtp.series`); `'arrays'` of one
   * file, called `NAME_00100`, `NAME_0.0101`, `NAME_t0.000` or `NAME_step07`, or in VTK's own form with `TimeValues`;
   * `'files'` whose paths differ in one number. `'auto'` takes for each series the first that there is.
   * @defaultValue `'auto'`
   */
  readonly from?: 'auto' | TimeOrigin | undefined;
  /** Logical names of the arrays that have steps, where suffixes do not tell. @defaultValue those of the largest family */
  readonly names?: readonly string[] | undefined;
  /**
   * Time between two numbers of steps, seconds: a number, the name of an entry of the metadata, or a function of these.
   * @defaultValue the times that a list, the suffixes or the files state, else the numbers of the steps
   */
  readonly dt?: number | string | ((metadata: Metadata) => number) | undefined;
  /** Time of step 0, with `dt`. @defaultValue 0 */
  readonly t0?: number | undefined;
  /** Steps that are wanted: from, to and every, a list of their numbers, or a function. @defaultValue all */
  readonly steps?: StepChoice | undefined;
  /** Treatment of steps that a field or a list lacks: an error of opening, or they are holes. @defaultValue `'error'` */
  readonly missing?: 'error' | 'skip' | undefined;
  /** Window of steps that is one sample, its arrays stacked `[N, T]`. @defaultValue each step is a sample */
  readonly window?: WindowOptions | undefined;
  /**
   * Bytes of meshes, and of the last steps, that are kept while their windows pass, over all threads.
   * @defaultValue 256 MiB
   */
  readonly meshBytes?: number | undefined;
}

/** Options of time as they are used. */
export interface TimeRules extends Pick<TimeOptions, 'names' | 'dt' | 'steps'> {
  readonly from: 'auto' | TimeOrigin;
  readonly t0: number;
  readonly missing: 'error' | 'skip';
  readonly window: Required<{ readonly [Key in keyof WindowOptions]: number }> | undefined;
  readonly meshBytes: number;
}

const ORIGINS = ['auto', 'collection', 'arrays', 'files'] as const;
const TIME_KEYS: readonly (keyof TimeOptions)[] = [
  'from',
  'names',
  'dt',
  't0',
  'steps',
  'missing',
  'window',
  'meshBytes',
];
const WINDOW_KEYS: readonly (keyof WindowOptions)[] = ['length', 'stride', 'every'];
const STEP_KEYS = ['from', 'to', 'every'] as const;

/** Bytes of meshes that are kept by default. */
const DEFAULT_MESH_BYTES = 256 * 1024 ** 2;

/**
 * Reads the option `time`; undefined where it is not wanted.
 *
 * @throws ConfigError naming what of it cannot be used
 */
export function readTimeOptions(time: boolean | TimeOptions | undefined): TimeRules | undefined {
  if (time === undefined || time === false) return undefined;
  const options: unknown = time === true ? {} : time;
  if (!isRecord(options)) {
    throw fault(
      'time',
      `time must be true, or options such as { window: { length: 2 } }, not ${showValue(time)}.`,
    );
  }
  refuseUnknown('time', options, TIME_KEYS);
  const {
    from = 'auto',
    names,
    dt,
    t0,
    steps,
    missing = 'error',
    window,
    meshBytes,
  } = options as TimeOptions;
  if (!ORIGINS.includes(from)) {
    throw fault(
      'time.from',
      `There is no time.from ${showValue(from)}: use ${ORIGINS.map((each) => `'${each}'`).join(', ')}.`,
    );
  }
  if (missing !== 'error' && missing !== 'skip')
    throw fault('time.missing', `There is no time.missing ${showValue(missing)}: use 'error' or 'skip'.`);
  if (names !== undefined && !isList(names, (name) => typeof name === 'string' && name !== '')) {
    throw fault(
      'time.names',
      `time.names must be a list of names such as ['pressure'], not ${showValue(names)}.`,
    );
  }
  checkDt(dt, t0);
  if (steps !== undefined) checkSteps(steps);
  if (meshBytes !== undefined && !(Number.isSafeInteger(meshBytes) && meshBytes >= 0))
    throw fault(
      'time.meshBytes',
      `time.meshBytes must be a whole number of bytes, not ${showValue(meshBytes)}.`,
    );
  return {
    from,
    names,
    dt,
    t0: t0 ?? 0,
    steps,
    missing,
    window: window === undefined ? undefined : readWindow(window),
    meshBytes: meshBytes ?? DEFAULT_MESH_BYTES,
  };
}

function checkDt(dt: unknown, t0: unknown): void {
  const isUsable =
    dt === undefined ||
    (typeof dt === 'number' && Number.isFinite(dt) && dt !== 0) ||
    (typeof dt === 'string' && dt !== '') ||
    typeof dt === 'function';
  if (!isUsable) {
    throw fault(
      'time.dt',
      `time.dt must be seconds other than 0, the name of an entry of the metadata, or a function, not ${showValue(dt)}.`,
    );
  }
  if (t0 === undefined) return;
  if (typeof t0 !== 'number' || !Number.isFinite(t0))
    throw fault('time.t0', `time.t0 must be a number of seconds, not ${showValue(t0)}.`);
  if (dt === undefined)
    throw fault('time.t0', 'time.t0 goes with time.dt: times are dt × step + t0. Give time.dt, too.');
}

function checkSteps(steps: unknown): void {
  if (typeof steps === 'function') return;
  if (Array.isArray(steps)) {
    if (isList(steps, (step) => typeof step === 'number' && Number.isFinite(step)) && steps.length > 0)
      return;
    throw fault('time.steps', `time.steps must be a list of numbers of steps, not ${showOdd(steps)}.`);
  }
  if (!isRecord(steps)) {
    throw fault(
      'time.steps',
      `time.steps must be { from, to, every }, a list of numbers of steps, or a function, not ${showValue(steps)}.`,
    );
  }
  refuseUnknown('time.steps', steps, STEP_KEYS);
  for (const key of ['from', 'to'] as const) {
    const value = steps[key];
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value)))
      throw fault(
        `time.steps.${key}`,
        `time.steps.${key} must be the number of a step, not ${showValue(value)}.`,
      );
  }
  const { from, to, every } = steps as {
    readonly from?: number;
    readonly to?: number;
    readonly every?: unknown;
  };
  if (from !== undefined && to !== undefined && from > to)
    throw fault('time.steps', `time.steps has from ${from} behind to ${to}: there is no step between them.`);
  if (every !== undefined) checkCount('time.steps.every', every);
}

function readWindow(window: unknown): TimeRules['window'] {
  if (!isRecord(window)) {
    throw fault(
      'time.window',
      `time.window must be an object such as { length: 2, stride: 1 }, not ${showValue(window)}.`,
    );
  }
  refuseUnknown('time.window', window, WINDOW_KEYS);
  const { length, stride = 1, every = 1 } = window;
  checkCount('time.window.length', length);
  checkCount('time.window.stride', stride);
  checkCount('time.window.every', every);
  return { length: length as number, stride: stride as number, every: every as number };
}

function checkCount(option: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw fault(option, `${option} must be a whole number of steps, 1 or more, not ${showValue(value)}.`);
}

/** Shows what of a list is no number. */
function showOdd(list: readonly unknown[]): string {
  const odd = list.find((each) => typeof each !== 'number' || !Number.isFinite(each));
  return list.length === 0 ? 'an empty one' : `one with ${showValue(odd)}`;
}

function refuseUnknown(option: string, given: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    throw fault(
      `${option}.${shorten(name)}`,
      `There is no ${option}.${shorten(name)}${didYouMean(shorten(name), known)}: ${option} may have ${known.join(', ')}.`,
    );
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown, fits: (each: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(fits);
}

function fault(option: string, message: string): ConfigError {
  return new ConfigError(option, message);
}
