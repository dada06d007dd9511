import { describe, expect, test } from 'vitest';
import {
  allSafe,
  byteWidth,
  findArrayType,
  isNumericType,
  narrowToInt32,
  swapBytes,
  toDoubles,
} from '../../../src/formats/arrays/numeric-types.ts';
import { fc, test as property } from '../../property.ts';

const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 53n) - 2n, max: -(2n ** 53n) + 2n }),
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
  fc.bigInt({ min: -5n, max: 5n }),
);
const isSafe = (value: bigint): boolean =>
  Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value;

describe('numeric types', () => {
  test.each([
    ['Int8', 1],
    ['UInt16', 2],
    ['Float32', 4],
    ['UInt64', 8],
  ] as const)('%s takes %i bytes', (type, width) => {
    expect(byteWidth(type)).toBe(width);
  });

  test.each(['int8', 'Float16', '__proto__', ''])('"%s" is no numeric type', (type) => {
    expect(isNumericType(type)).toBe(false);
  });

  test.each(['Float16', '__proto__', '', 'Integer'])('"%s" is no type that is read', (type) => {
    expect(findArrayType(type)).toBeUndefined();
  });

  test.each([
    ['int8', 'Int8'],
    ['FLOAT64', 'Float64'],
    [' bit ', 'Bit'],
    ['string', 'String'],
  ])('"%s" is %s', (text, type) => {
    expect(findArrayType(text)).toBe(type);
  });

  property('allSafe tells whether each Int64 is a safe integer', [fc.array(int64)], (values) => {
    expect(allSafe(BigInt64Array.from(values), 0, values.length)).toBe(values.every(isSafe));
  });

  property(
    'allSafe tells whether each UInt64 is a safe integer',
    [fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2n ** 54n })))],
    (values) => {
      expect(allSafe(BigUint64Array.from(values), 0, values.length)).toBe(values.every(isSafe));
    },
  );

  property('toDoubles keeps safe integers exactly', [fc.array(int64.filter(isSafe))], (values) => {
    const array = BigInt64Array.from(values);
    toDoubles(array, 0, array.length);
    expect([...new Float64Array(array.buffer)].map((value) => value + 0)).toEqual(values.map(Number));
  });

  property('narrowToInt32 keeps what fits and names the first that does not', [fc.array(int64)], (values) => {
    const target = new Int32Array(values.length);
    const misfit = narrowToInt32(BigInt64Array.from(values), target, 0);
    expect(misfit).toBe(values.findIndex((value) => BigInt.asIntN(32, value) !== value));
    if (misfit < 0) expect([...target].map(BigInt)).toEqual(values);
  });

  property('narrowToInt32 refuses UInt32 of 2^31 and more', [fc.array(fc.nat(2 ** 32 - 1))], (values) => {
    const misfit = narrowToInt32(Uint32Array.from(values), new Int32Array(values.length), 0);
    expect(misfit).toBe(values.findIndex((value) => value >= 2 ** 31));
  });

  property(
    'swapBytes reverses the bytes of each value',
    [fc.constantFrom(1, 2, 4, 8), fc.array(fc.uint8Array({ minLength: 8, maxLength: 8 }))],
    (width, parts) => {
      const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
      const expected = Array.from(
        { length: bytes.length },
        (_, at) => bytes[at - (at % width) + width - 1 - (at % width)],
      );
      swapBytes(bytes, width);
      expect([...bytes]).toEqual(expected);
    },
  );
});
