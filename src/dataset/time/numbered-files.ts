import { NumberColumn } from '../../columns/number-column.ts';
import type { TimeSlice } from '../../core/time-slice.ts';

/** Files that are looked at between two looks at the time. */
const FILES_PER_STEP = 256;

const [ZERO_CODE, NINE_CODE, POINT_CODE, PLUS_CODE, MINUS_CODE] = [48, 57, 46, 43, 45] as const;

/** Numbers in names. */
const NUMBERS = /\d+(?:\.\d+)?(?:e[+-]\d+)?/gi;
const WHOLE_NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Letters that say that a number behind them is a step or a time. */
const MARKER = /(^|[_\-. ])(?:t|ts|time|step)$/i;

/** Sign in the place of the number, which no path has. */
const MASK = '\0';

/** Files to be grouped, by their places. */
export interface FilesToNumber {
  readonly length: number;
  pathAt(place: number): string;
}

/** Files whose paths differ in one number. */
export interface NumberedGroup {
  /** Path without extension, number and its separator. */
  readonly id: string;
  /** Places of the files, by step. */
  readonly places: Uint32Array;
  /** Numbers of their steps, never falling. */
  readonly steps: Float64Array;
  /** True where the numbers are times: one has a point or an exponent, or `t` before it. */
  readonly areTimes: boolean;
}

/** Result of {@link groupByNumber}. */
export interface NumberedFiles {
  readonly groups: readonly NumberedGroup[];
  /** Places of the files that have no companions, ascending. */
  readonly alone: readonly number[];
}

/** Number in a path, and the path without it. */
interface Masked {
  readonly before: string;
  readonly after: string;
  readonly step: number;
  readonly isTime: boolean;
}

/** Group while it is made. */
interface OpenGroup {
  readonly key: string;
  readonly places: Uint32Array;
  readonly steps: Float64Array;
  readonly areTimes: boolean;
}

/**
 * Puts files together whose paths differ in one number: the last one of their names that differs, else a folder that is a number,
 * also where the name repeats it. A single file that is called as those of a group elsewhere is a group of its own.
 */
export async function groupByNumber(files: FilesToNumber, slice: TimeSlice): Promise<NumberedFiles> {
  const made: OpenGroup[] = [];
  let rest: Iterable<number> = placesOf(files.length);
  const kin = new Set<string>();
  // The last number of the name is nearly always the one.
  for (let number = 0; number < MAX_NUMBERS; number++) {
    const before = made.length;
    const { groups, alone } = await groupBy(files, rest, (path) => maskName(path, number), slice);
    for (const group of groups) {
      made.push(group);
      kin.add(kinOf(group.key));
    }
    rest = alone;
    if (made.length > before) rest = await joinKin(files, rest, kin, made, slice);
  }
  const folders = await groupBy(files, rest, maskFolder, slice);
  for (const group of folders.groups) made.push(group);
  const folderKin = new Set(folders.groups.map(({ key }) => folderKinOf(key)));
  const alone: number[] = [];
  for (const place of folders.alone) {
    const found = folderKin.size === 0 ? undefined : maskFolder(files.pathAt(place));
    if (found === undefined || !folderKin.has(folderKinOf(keyOf(found)))) alone.push(place);
    else made.push(open(place, found));
  }
  const groups = made.map(closeGroup);
  return { groups: groups.sort((a, b) => (a.places[0] as number) - (b.places[0] as number)), alone };
}

/** Numbers of a name that are tried, from the last one on. */
const MAX_NUMBERS = 4;

function* placesOf(length: number): Generator<number, void, void> {
  for (let place = 0; place < length; place++) yield place;
}

function keyOf({ before, after }: Masked): string {
  return before + MASK + after;
}

function open(place: number, masked: Masked): OpenGroup {
  const [places, steps] = [Uint32Array.of(place), Float64Array.of(masked.step)];
  return { key: keyOf(masked), places, steps, areTimes: masked.isTime };
}

/** Facts of a group whose files are counted, and then laid side by side. */
interface CountedGroup {
  readonly key: string;
  areTimes: boolean;
  count: number;
  /** Place in the columns of all groups; undefined for a single file. */
  start: number;
}

/** Puts files together by their paths without a number. Millions of them cost two columns, and no object each. */
async function groupBy(
  files: FilesToNumber,
  places: Iterable<number>,
  maskOf: (path: string) => Masked | undefined,
  slice: TimeSlice,
): Promise<{ readonly groups: readonly OpenGroup[]; readonly alone: readonly number[] }> {
  const numbers = new Map<string, number>();
  const counted: CountedGroup[] = [];
  const looked = new GrowingColumns();
  const alone: number[] = [];
  // Files of a group come one after the other.
  let last: (Pick<Masked, 'before' | 'after'> & { readonly number: number }) | undefined;
  let count = 0;
  for (const place of places) {
    const masked = maskOf(files.pathAt(place));
    if (masked === undefined) alone.push(place);
    else {
      const { before, after, step, isTime } = masked;
      if (last?.before !== before || last.after !== after) {
        const key = keyOf(masked);
        const number = numbers.get(key) ?? counted.length;
        if (number === counted.length) {
          counted.push({ key, areTimes: false, count: 0, start: 0 });
          numbers.set(key, number);
        }
        last = { before, after, number };
      }
      const group = counted[last.number] as CountedGroup;
      group.count++;
      group.areTimes ||= isTime;
      looked.push(place, last.number, step);
    }
    if (count++ % FILES_PER_STEP === 0) await slice.pause();
  }
  const columns = await looked.arrange(counted, slice);
  const groups: OpenGroup[] = [];
  for (const { key, areTimes, count: length, start } of counted) {
    const own = columns.places.subarray(start, start + length);
    if (length === 1) alone.push(own[0] as number);
    else groups.push({ key, areTimes, places: own, steps: columns.steps.subarray(start, start + length) });
  }
  return { groups, alone: alone.sort((a, b) => a - b) };
}

/** Columns of the files that have a number: their places, groups and steps. */
class GrowingColumns {
  readonly #places = new NumberColumn(Uint32Array);
  readonly #groups = new NumberColumn(Uint32Array);
  readonly #steps = new NumberColumn(Float64Array);

  push(place: number, group: number, step: number): void {
    this.#places.push(place);
    this.#groups.push(group);
    this.#steps.push(step);
  }

  /** Lays the files of each group side by side. */
  async arrange(
    groups: readonly CountedGroup[],
    slice: TimeSlice,
  ): Promise<{ readonly places: Uint32Array; readonly steps: Float64Array }> {
    const { length } = this.#places;
    const [places, steps] = [new Uint32Array(length), new Float64Array(length)];
    const next = new Uint32Array(groups.length);
    let start = 0;
    for (const [number, group] of groups.entries()) {
      group.start = start;
      next[number] = start;
      start += group.count;
    }
    for (let at = 0; at < length; at++) {
      const group = this.#groups.at(at);
      const own = next[group] as number;
      next[group] = own + 1;
      places[own] = this.#places.at(at);
      steps[own] = this.#steps.at(at);
      if (at % FILES_PER_STEP === 0) await slice.pause();
    }
    return { places, steps };
  }
}

/** Makes groups of single files that are called as those of a group in another folder. @returns the others */
async function joinKin(
  files: FilesToNumber,
  places: Iterable<number>,
  kin: ReadonlySet<string>,
  made: OpenGroup[],
  slice: TimeSlice,
): Promise<number[]> {
  const rest: number[] = [];
  let looked = 0;
  for (const place of places) {
    const path = files.pathAt(place);
    let found: Masked | undefined;
    for (let number = 0; number < MAX_NUMBERS && found === undefined; number++) {
      const masked = maskName(path, number);
      if (masked !== undefined && kin.has(kinOf(keyOf(masked)))) found = masked;
    }
    if (found === undefined) rest.push(place);
    else made.push(open(place, found));
    if (looked++ % FILES_PER_STEP === 0) await slice.pause();
  }
  return rest;
}

/** Gives what files have in common whose names differ in numbers alone, wherever they lie. */
export function kinOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1).replaceAll(NUMBERS, '#');
}

/** Gives what files have in common that lie in folders which are numbers, from these on. */
function folderKinOf(key: string): string {
  return key.slice(key.indexOf(MASK)).replaceAll(NUMBERS, '#');
}

/** Finds the place of the last number in `path` before `to`, not before `from`; undefined for none. */
function findNumber(
  path: string,
  from: number,
  to: number,
): readonly [start: number, end: number] | undefined {
  let end = to;
  while (end > from && !isDigit(path, end - 1)) end--;
  if (end === from) return undefined;
  let start = digitsBefore(path, from, end);
  const sign = path.charCodeAt(start - 1);
  const isExponent =
    start - from > 2 &&
    (sign === PLUS_CODE || sign === MINUS_CODE) &&
    (path[start - 2] === 'e' || path[start - 2] === 'E') &&
    isDigit(path, start - 3);
  if (isExponent) start = digitsBefore(path, from, start - 2);
  if (start - from > 1 && path.charCodeAt(start - 1) === POINT_CODE && isDigit(path, start - 2))
    start = digitsBefore(path, from, start - 1);
  return [start, end];
}

function isDigit(path: string, at: number): boolean {
  const code = path.charCodeAt(at);
  return code >= ZERO_CODE && code <= NINE_CODE;
}

function digitsBefore(path: string, from: number, end: number): number {
  let start = end;
  while (start > from && isDigit(path, start - 1)) start--;
  return start;
}

/** Finds where the extension of a path begins. */
function extensionAt(path: string, base: number): number {
  const dot = path.lastIndexOf('.');
  return dot > base ? dot : path.length;
}

/** Masks one of the numbers of a name; `number` counts them from the last one, 0, on. */
function maskName(path: string, number: number): Masked | undefined {
  const base = path.lastIndexOf('/') + 1;
  let to = extensionAt(path, base);
  for (let at = 0; ; at++) {
    const found = findNumber(path, base, to);
    if (found === undefined) return undefined;
    const [start, end] = found;
    to = start;
    if (at < number) continue;
    const before = path.slice(0, start);
    const text = path.slice(start, end);
    const isTime = isTimeText(text) || isMarker(before, base);
    return { before, after: path.slice(end), step: Number(text), isTime };
  }
}

function isTimeText(text: string): boolean {
  return /[.eE]/.test(text);
}

/** Says whether a number stands behind a letter that says that it is a time. */
function isMarker(before: string, base: number): boolean {
  const last = before.at(-1);
  return (last === 't' || last === 'T') && /(?:^|[_\-. ])t$/i.test(before.slice(base));
}

/** Masks the last folder of a path that is a number, and its repetitions in the name. */
function maskFolder(path: string): Masked | undefined {
  const names = path.split('/');
  const base = names.pop() as string;
  const at = names.findLastIndex((name) => WHOLE_NUMBER.test(name));
  if (at < 0) return undefined;
  const text = names[at] as string;
  const step = Number(text);
  const own = base.replaceAll(NUMBERS, (number) => (Number(number) === step ? MASK : number));
  return {
    before: names
      .slice(0, at)
      .map((name) => `${name}/`)
      .join(''),
    after: `/${[...names.slice(at + 1), own].join('/')}`,
    step,
    isTime: isTimeText(text),
  };
}

/** Sorts the files of a group by their steps, and names it. */
function closeGroup({ key, places, steps, areTimes }: OpenGroup): NumberedGroup {
  const id = idOf(key);
  if (steps.every((step, at) => at === 0 || step >= (steps[at - 1] as number)))
    return { id, places, steps, areTimes };
  const order = Uint32Array.from(steps.keys()).sort((a, b) => (steps[a] as number) - (steps[b] as number));
  return {
    id,
    places: order.map((at) => places[at] as number),
    steps: Float64Array.from(order, (at) => steps[at] as number),
    areTimes,
  };
}

/** Takes a masked path without its extension, the mask and its separator. */
function idOf(key: string): string {
  const base = key.lastIndexOf('/') + 1;
  const folder = key
    .slice(0, base)
    .split('/')
    .filter((name) => name !== MASK)
    .join('/');
  let name = key.slice(base, extensionAt(key, base));
  for (let at = name.lastIndexOf(MASK); at >= 0; at = name.lastIndexOf(MASK)) {
    const before = name.slice(0, at);
    const marked = MARKER.exec(before);
    const own = marked !== null && marked[1] !== '' ? before.slice(0, marked.index) : before;
    const left = own.replace(/[_\-. ]+$/, '');
    const right = name.slice(at + 1);
    name = left === '' ? right.replace(/^[_\-. ]+/, '') : left + right;
  }
  return name === '' ? folder.replace(/\/$/, '') : folder + name;
}

/** Masks the last number of a name, as it is grouped first; undefined where it has none. */
export function numberingOf(path: string): { readonly key: string; readonly text: string } | undefined {
  const masked = maskName(path, 0);
  if (masked === undefined) return undefined;
  const { before, after } = masked;
  return { key: keyOf(masked), text: path.slice(before.length, path.length - after.length) };
}

/** Names a series by the path of one of its files: without extension, the last number of its name and its separator. */
export function seriesIdOf(path: string): string {
  const masked = maskName(path, 0) ?? maskFolder(path);
  return idOf(masked === undefined ? path : keyOf(masked));
}
