import { parseField } from './parse-field.ts';

/** Value of a part of a filter; undefined where something is missing. */
export type Value = unknown;

/** A function of the filter language. */
export interface FilterFunction {
  readonly least: number;
  readonly most: number;
  call(values: readonly Value[]): Value;
}

/** State of two values, true for a text that the filter has in quotes: such never count as numbers. */
export interface Quoted {
  readonly left: boolean;
  readonly right: boolean;
}

const NONE_QUOTED: Quoted = { left: false, right: false };

/** Two values that can be compared. */
type Pair = readonly [number, number] | readonly [string, string] | readonly [boolean, boolean];

/**
 * Turns two values into those that are compared: of one type, a text beside a number or a truth value as what it reads
 * as. Undefined where they cannot be compared.
 */
export function align(left: Value, right: Value, quoted: Quoted = NONE_QUOTED): Pair | undefined {
  if (typeof left === typeof right) {
    return ['number', 'string', 'boolean'].includes(typeof left)
      ? ([left, right] as unknown as Pair)
      : undefined;
  }
  if (typeof left === 'string' && !quoted.left) {
    const read = readAs(typeof right, left);
    return read === undefined ? undefined : ([read, right] as unknown as Pair);
  }
  if (typeof right === 'string' && !quoted.right) {
    const read = readAs(typeof left, right);
    return read === undefined ? undefined : ([left, read] as unknown as Pair);
  }
  return undefined;
}

/** Reads a text as a value of another type, as a table of metadata reads it; undefined where it is none. */
function readAs(type: string, text: string): Value {
  const value = parseField(text.trim());
  return typeof value === type ? value : undefined;
}

/** Reads a number, or what a text reads as; undefined for anything else. */
export function toNumber(value: Value): number | undefined {
  const number = typeof value === 'string' ? readAs('number', value) : value;
  return typeof number === 'number' ? number : undefined;
}

/** Tells whether two values of one type are equal, as `==` does. What is missing equals nothing but `null`. */
export function isEqual(left: Value, right: Value, quoted?: Quoted): boolean {
  const pair = align(left, right, quoted);
  return pair !== undefined && pair[0] === pair[1];
}

/** Compares two values for `<` and its like: numbers by size, texts by their code units; else undefined. */
export function compare([left, right]: Pair): number | undefined {
  if (typeof left === 'number' && typeof right === 'number') {
    return Number.isNaN(left) || Number.isNaN(right) ? undefined : left - right || 0;
  }
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Finds an own entry of a record, or an element of an array. */
export function lookUp(container: Value, key: Value): Value {
  if (typeof container !== 'object' || container === null) return undefined;
  if (Array.isArray(container)) {
    return typeof key === 'number' ? container[key < 0 ? container.length + key : key] : undefined;
  }
  if (typeof key !== 'string' && typeof key !== 'number') return undefined;
  return Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : undefined;
}

/** Tells whether a value is an element of a list, or a part of a text, as `in` does. */
export function isIn(value: Value, container: Value, quoted?: Quoted): boolean {
  if (Array.isArray(container)) return container.some((each) => isEqual(value, each, quoted));
  return typeof container === 'string' && typeof value === 'string' && container.includes(value);
}

/** Makes a function that makes one number of numbers; undefined where one of the values is none. */
function numeric(least: number, most: number, of: (...numbers: number[]) => number): FilterFunction {
  return {
    least,
    most,
    call: (values) => {
      const numbers = values.map(toNumber);
      return numbers.every((each) => each !== undefined) ? of(...numbers) : undefined;
    },
  };
}

function textual(of: (text: string, other: string) => Value, count: number): FilterFunction {
  return {
    least: count,
    most: count,
    call: ([value, other = '']) => {
      // What reads as a number is one in a table: an identifier such as 4711.
      const text = typeof value === 'number' ? String(value) : value;
      return typeof text === 'string' && typeof other === 'string' ? of(text, other) : undefined;
    },
  };
}

const MAX_ARGUMENTS = 100;

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
  ['min', numeric(1, MAX_ARGUMENTS, Math.min)],
  ['max', numeric(1, MAX_ARGUMENTS, Math.max)],
]);
