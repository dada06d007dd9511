import { countValues, type TypedArray } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';

/** Fault of a value that should be an array of a graph, as parts of a sentence. */
export interface TensorFault {
  /** Text of what was found. */
  readonly found: string;
  /** Part of the array that it is, such as `the shape of `; empty for all of it. */
  readonly part: string;
  readonly wanted: string;
}

type ArrayType = new (data: TypedArray) => TypedArray;

const TYPES: readonly ArrayType[] = [
  Float32Array,
  Float64Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
  BigInt64Array,
  BigUint64Array,
];

const TYPE_NAMES = TYPES.map(({ name }) => name).join(', ');

/** Number of dimensions of a shape that a message shows. */
const MAX_SHOWN_DIMENSIONS = 6;

/**
 * Finds the type of numbers of an array, also where it is of a class made of it, as Node's `Buffer`, or of another
 * realm.
 */
export function typeOf(data: unknown): ArrayType | undefined {
  const name = Object.prototype.toString.call(data).slice(8, -1);
  return TYPES.find((Type) => Type.name === name);
}

/** Finds what keeps a value from being an array of a graph; undefined where it is one. */
export function findFault(value: unknown): TensorFault | undefined {
  if (typeof value !== 'object' || value === null || !('data' in value) || !('shape' in value)) {
    const wanted = 'an array with its shape, such as { data: Float32Array.of(1), shape: [1] }';
    return { found: showValue(value), part: '', wanted };
  }
  const { data, shape } = value;
  if (typeOf(data) === undefined) {
    return { found: showValue(data), part: 'the data of ', wanted: `one of ${TYPE_NAMES}` };
  }
  const { length, buffer } = data as TypedArray;
  const wanted = `whole numbers from 0 on whose product is the number of values, ${length}`;
  if (!Array.isArray(shape)) return { found: showValue(shape), part: 'the shape of ', wanted };
  const isValid = shape.every((each) => Number.isSafeInteger(each) && each >= 0);
  const size = countValues(shape as readonly number[]);
  if (isValid && size === length) return undefined;
  if (isValid && buffer.byteLength === 0) {
    return {
      found: 'memory that was handed over with another sample, or freed,',
      part: 'the data of ',
      wanted: 'its own: return a copy (data.slice()) of what is kept for several samples',
    };
  }
  return { found: showShape(shape), part: 'the shape of ', wanted };
}

/** Finds the same of the times of steps: doubles, one for each. */
export function findTimesFault(value: unknown): TensorFault | undefined {
  const fault = findFault(value);
  if (fault !== undefined) return fault;
  const { data, shape } = value as { readonly data: TypedArray; readonly shape: readonly number[] };
  if (typeOf(data) === Float64Array && shape.length === 1) return undefined;
  const found = `a ${typeOf(data)?.name} of shape ${showShape(shape)}`;
  return { found, part: '', wanted: 'a Float64Array of shape [steps]' };
}

/** Finds the same of the positions and edges of a graph, each of one type and so many rows or columns. */
export function findPartFault(part: 'pos' | 'edgeIndex', value: unknown): TensorFault | undefined {
  const fault = findFault(value);
  if (fault !== undefined) return fault;
  const { data, shape } = value as { readonly data: TypedArray; readonly shape: readonly number[] };
  const isPositions = part === 'pos';
  const isRight = isPositions ? shape[1] === 3 : shape[0] === 2;
  const isOfType = typeOf(data) === (isPositions ? Float32Array : Int32Array);
  if (isRight && isOfType && shape.length === 2) return undefined;
  return {
    found: `a ${typeOf(data)?.name} of shape ${showShape(shape)}`,
    part: '',
    wanted: isPositions ? 'a Float32Array of shape [nodes, 3]' : 'an Int32Array of shape [2, edges]',
  };
}

function showShape(shape: readonly unknown[]): string {
  const shown = shape.slice(0, MAX_SHOWN_DIMENSIONS).map(showValue).join(', ');
  return shape.length > MAX_SHOWN_DIMENSIONS ? `[${shown}, …]` : `[${shown}]`;
}
