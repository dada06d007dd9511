import type { ArrayType, NumericType } from '../../core/array-type.ts';
import type { TypedArray } from '../../core/mesh.ts';

type ArrayConstructor = new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => TypedArray;

const constructors: ReadonlyMap<string, ArrayConstructor> = new Map<NumericType, ArrayConstructor>([
  ['Int8', Int8Array],
  ['UInt8', Uint8Array],
  ['Int16', Int16Array],
  ['UInt16', Uint16Array],
  ['Int32', Int32Array],
  ['UInt32', Uint32Array],
  ['Int64', BigInt64Array],
  ['UInt64', BigUint64Array],
  ['Float32', Float32Array],
  ['Float64', Float64Array],
]);

/** Tells whether `type` is one of VTK's ten numeric types. */
export function isNumericType(type: string): type is NumericType {
  return constructors.has(type);
}

/** The types an array may have. */
export const arrayTypes: readonly string[] = [...constructors.keys(), 'Bit', 'String'];

const typesByText: ReadonlyMap<string, ArrayType> = new Map(
  arrayTypes.flatMap((type) => [
    [type, type as ArrayType],
    [type.toLowerCase(), type as ArrayType],
  ]),
);

/** Finds the type that a `type` attribute names, in any letter case; undefined where it is none that is read. */
export function findArrayType(text: string): ArrayType | undefined {
  return typesByText.get(text) ?? typesByText.get(text.trim().toLowerCase());
}

/** Counts the bytes of one value. */
export function byteWidth(type: NumericType): number {
  return Number(/\d+$/.exec(type)?.[0]) / 8;
}

/** Views the first `length` values of `type` in `buffer`. */
export function viewAs(type: NumericType, buffer: ArrayBuffer, length: number): TypedArray {
  const View = constructors.get(type) as ArrayConstructor;
  return new View(buffer, 0, length);
}

/** Byte order of this machine: true where it keeps the least significant byte first. */
const littleEndianHost = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Tells whether values stored in `byteOrder` must have their bytes reversed on this machine. */
export function mustSwap(byteOrder: 'LittleEndian' | 'BigEndian'): boolean {
  return (byteOrder === 'LittleEndian') !== littleEndianHost;
}

/** Reverses the bytes of each value of `width` bytes, in place; `bytes` holds whole values. */
export function swapBytes(bytes: Uint8Array<ArrayBuffer>, width: number): void {
  if (width === 1) return;
  if (globalThis.Buffer !== undefined) return swapInBuffer(bytes, width);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = bytes.byteLength;
  if (width === 2) for (let at = 0; at < end; at += 2) view.setUint16(at, view.getUint16(at, true), false);
  else if (width === 4)
    for (let at = 0; at < end; at += 4) view.setUint32(at, view.getUint32(at, true), false);
  else {
    for (let at = 0; at < end; at += 8) {
      const low = view.getUint32(at, true);
      view.setUint32(at, view.getUint32(at + 4, true), false);
      view.setUint32(at + 4, low, false);
    }
  }
}

/** Does {@link swapBytes} by the code of the platform, which is fast from the first call. */
function swapInBuffer(bytes: Uint8Array<ArrayBuffer>, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}

/** High word of 2^53. */
const SAFE_HIGH = 2 ** 21;

/**
 * Tells whether every 64-bit integer of `array` is a safe integer (|v| ≤ 2^53 − 1), from `start` (inclusive) to `end`
 * (exclusive).
 */
export function allSafe(array: BigInt64Array | BigUint64Array, start: number, end: number): boolean {
  const signed = array instanceof BigInt64Array;
  const words = new Int32Array(array.buffer, array.byteOffset, array.length * 2);
  const lowAt = littleEndianHost ? 0 : 1;
  for (let at = start; at < end; at++) {
    const high = words[2 * at + 1 - lowAt] as number;
    if (high >= 0 ? high < SAFE_HIGH : signed && high >= -SAFE_HIGH) {
      if (high !== -SAFE_HIGH || words[2 * at + lowAt] !== 0) continue;
    }
    return false;
  }
  return true;
}

/** Rewrites 64-bit safe integers as doubles in the same memory, from `start` to `end`. */
export function toDoubles(
  array: BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
  start: number,
  end: number,
): void {
  const words = new Int32Array(array.buffer, array.byteOffset, array.length * 2);
  const doubles = new Float64Array(array.buffer, array.byteOffset, array.length);
  const lowAt = littleEndianHost ? 0 : 1;
  for (let at = start; at < end; at++) {
    const low = (words[2 * at + lowAt] as number) >>> 0;
    const high = words[2 * at + 1 - lowAt] as number;
    doubles[at] = high * 4294967296 + low;
  }
}

/**
 * Copies integers into 32-bit ones.
 *
 * @returns the index of the first value that does not fit, or −1
 */
export function narrowToInt32(source: TypedArray, target: Int32Array<ArrayBuffer>, at: number): number {
  if (source instanceof BigInt64Array || source instanceof BigUint64Array) {
    const words = new Int32Array(source.buffer, source.byteOffset, source.length * 2);
    const lowAt = littleEndianHost ? 0 : 1;
    const signed = source instanceof BigInt64Array;
    let wrong = 0;
    for (let index = 0; index < source.length; index++) {
      const low = words[2 * index + lowAt] as number;
      const high = words[2 * index + 1 - lowAt] as number;
      wrong |= signed ? high ^ (low >> 31) : high | (low & 0x80000000);
      target[at + index] = low;
    }
    if (wrong === 0) return -1;
    return (source as BigInt64Array).findIndex((value) => value < -0x80000000n || value > 0x7fffffffn);
  }
  if (source instanceof Int32Array) {
    target.set(source, at);
    return -1;
  }
  for (let index = 0; index < source.length; index++) {
    const value = source[index] as number;
    const integer = value | 0;
    if (integer !== value) return index;
    target[at + index] = integer;
  }
  return -1;
}
