import type { ArrayType, NumericType } from '../../core/array-type.ts';
import { isTensor, type MeshArray, type StringArray, type Tensor, type TypedArray } from '../../core/mesh.ts';
import { byteWidth, viewAs } from './numeric-types.ts';

/** Rows `start … end − 1` of an array of some piece. */
export interface Rows<Values extends MeshArray = MeshArray> {
  readonly array: Values;
  readonly start: number;
  readonly end: number;
}

/** Values in a row of an array, and whether these are strings. */
export interface Form {
  readonly width: number;
  readonly strings: boolean;
}

/** Joins rows of string arrays. */
export function joinStrings(rows: readonly Rows[], width: number): StringArray {
  const joined: string[] = [];
  for (const { array, start, end } of rows) {
    const strings = array as StringArray;
    for (let at = start * width; at < end * width; at++) joined.push(strings[at] as string);
  }
  return joined;
}

/**
 * Joins rows of arrays of the same number of components, converted to one type as VTK does: decimals are cut off where
 * it has none.
 *
 * @param type - undefined: one that holds the values of all
 */
export function joinTensors(
  rows: readonly Rows<Tensor>[],
  width: number,
  type: NumericType | undefined,
): Tensor {
  const target = type ?? rows.map(({ array }) => typeOf(array)).reduce(commonType);
  const length = rows.reduce((sum, { start, end }) => sum + (end - start), 0);
  const [first] = rows;
  if (rows.length === 1 && first?.array.data.length === length * width && typeOf(first.array) === target)
    return first.array;
  const isWide = target === 'Int64' || target === 'UInt64';
  const isExact = isWide && rows.some(({ array }) => isBig(array.data));
  const data = isWide && !isExact ? new Float64Array(length * width) : makeArray(target, length * width);
  let at = 0;
  let isSafe = true;
  for (const { array, start, end } of rows) {
    const part = array.data.subarray(start * width, end * width);
    const isDecimal = isWide && typeOf(array).startsWith('Float');
    if (isExact) (data as BigInt64Array).set(Array.from(part as ArrayLike<number | bigint>, toBigInt), at);
    else if (isDecimal) {
      for (let index = 0; index < part.length; index++) {
        const value = Math.trunc(Number(part[index])) || 0;
        isSafe &&= Number.isSafeInteger(value);
        (data as Float64Array)[at + index] = value;
      }
    } else if (isBig(part))
      for (let index = 0; index < part.length; index++) data[at + index] = Number(part[index]);
    else data.set(part as never, at);
    at += part.length;
  }
  const shape = width === 1 ? [length] : [length, width];
  if (!isWide) return { data, shape };
  const exact = isSafe ? data : makeArray(target, length * width);
  if (!isSafe) (exact as BigInt64Array).set(Array.from(data as Float64Array, toBigInt));
  return { data: exact, shape, storedAs: target };
}

/** Converts an array of pieces to the type by which their file declares it. */
export function asType(tensor: Tensor, type: ArrayType): Tensor {
  if (type === 'String') return tensor;
  const [rows = 0, width = 1] = tensor.shape;
  return joinTensors([{ array: tensor, start: 0, end: rows }], width, type === 'Bit' ? 'UInt8' : type);
}

/** Finds the form of an array of a piece; undefined where it has none. */
export function formOf(array: MeshArray | undefined, stringsInTuple: number | undefined): Form | undefined {
  if (array === undefined) return undefined;
  return isTensor(array)
    ? { width: array.shape[1] ?? 1, strings: false }
    : { width: stringsInTuple ?? 1, strings: true };
}

/** Makes an array of no rows. */
export function emptyArray({ width, strings }: Form, type: NumericType | undefined): MeshArray {
  if (strings) return [];
  const shape = width === 1 ? [0] : [0, width];
  if (type !== 'Int64' && type !== 'UInt64') return { data: makeArray(type ?? 'Float64', 0), shape };
  return { data: new Float64Array(0), shape, storedAs: type };
}

/** Tells the type in a file that a tensor stands for. */
function typeOf({ data, storedAs }: Tensor): NumericType {
  if (storedAs !== undefined) return storedAs;
  return data.constructor.name.replace(/^Big|Array$/g, '').replace('Uint', 'UInt') as NumericType;
}

function isBig(data: TypedArray): data is BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer> {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

function makeArray(type: NumericType, length: number): TypedArray {
  return viewAs(type, new ArrayBuffer(byteWidth(type) * length), length);
}

function toBigInt(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0);
}

/** Finds the smallest type that holds the values of both, as far as there is one. */
export function commonType(a: NumericType, b: NumericType): NumericType {
  if (a === b) return a;
  const [one, other] = [describe(a), describe(b)];
  if (one.decimal || other.decimal) {
    const integer = one.decimal ? other : one;
    const isDouble = a === 'Float64' || b === 'Float64' || (!integer.decimal && integer.bits > 16);
    return isDouble ? 'Float64' : 'Float32';
  }
  if (one.signed === other.signed) return one.bits > other.bits ? a : b;
  const [signed, unsigned] = one.signed ? [one, other] : [other, one];
  const bits = Math.max(signed.bits, 2 * unsigned.bits);
  return bits > 64 ? 'Float64' : (`Int${bits}` as NumericType);
}

function describe(type: NumericType): {
  readonly decimal: boolean;
  readonly signed: boolean;
  readonly bits: number;
} {
  return {
    decimal: type.startsWith('Float'),
    signed: !type.startsWith('U'),
    bits: 8 * byteWidth(type),
  };
}
