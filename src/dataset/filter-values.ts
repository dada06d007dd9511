/** What a part of a filter comes to; undefined where something is missing. */
export type Value = unknown;

/** A function of the filter language. */
export interface FilterFunction {
  readonly least: number;
  readonly most: number;
  call(values: readonly Value[]): Value;
}

/** `==`: numbers, strings and booleans by type and value. What is missing equals nothing but `null`. */
export function isEqual(left: Value, right: Value): boolean {
  if (left === undefined || right === undefined) return false;
  return left === right;
}

/** `<` and its like: numbers with numbers, strings with strings by their code units; else undefined. */
export function compare(left: Value, right: Value): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    return Number.isNaN(left) || Number.isNaN(right) ? undefined : left - right || 0;
  }
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** An own entry of a record, or an element of an array. */
export function lookUp(container: Value, key: Value): Value {
  if (typeof container !== 'object' || container === null) return undefined;
  if (Array.isArray(container)) {
    return typeof key === 'number' ? container[key < 0 ? container.length + key : key] : undefined;
  }
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  return Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : undefined;
}

/** `in`: an element of a list, or a part of a text. */
export function isIn(value: Value, container: Value): boolean {
  if (Array.isArray(container)) return container.some((each) => isEqual(value, each));
  return typeof container === 'string' && typeof value === 'string' && container.includes(value);
}

/** A function that makes one number of numbers; undefined where one of the values is none. */
function numeric(least: number, most: number, of: (...numbers: number[]) => number): FilterFunction {
  return {
    least,
    most,
    call: (values) => (values.every((each) => typeof each === 'number') ? of(...values) : undefined),
  };
}

function textual(of: (text: string, other: string) => Value, count: number): FilterFunction {
  return {
    least: count,
    most: count,
    call: ([text, other = '']) =>
      typeof text === 'string' && typeof other === 'string' ? of(text, other) : undefined,
  };
}

const MANY = 100;

/** The functions by their names. */
export const FUNCTIONS: ReadonlyMap<string, FilterFunction> = new Map<string, FilterFunction>([
  ['exists', { least: 1, most: 1, call: ([value]) => value !== undefined && value !== null }],
  ['contains', { least: 2, most: 2, call: ([container, value]) => isIn(value, container) }],
  ['startsWith', textual((text, start) => text.startsWith(start), 2)],
  ['endsWith', textual((text, end) => text.endsWith(end), 2)],
  ['lower', textual((text) => text.toLowerCase(), 1)],
  ['upper', textual((text) => text.toUpperCase(), 1)],
  [
    'length',
    {
      least: 1,
      most: 1,
      call: ([value]) => (typeof value === 'string' || Array.isArray(value) ? value.length : undefined),
    },
  ],
  ['abs', numeric(1, 1, Math.abs)],
  ['round', numeric(1, 1, Math.round)],
  ['min', numeric(1, MANY, Math.min)],
  ['max', numeric(1, MANY, Math.max)],
]);
