import { describe, expect, test } from 'vitest';
import { parseFloats, parseIntegers } from '../../../src/formats/kernels/decimal.ts';
import { fc, test as property } from '../../property.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const bits = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;

function double(token: string): number {
  const target = new Float64Array(1);
  expect(parseFloats(encode(token), target, 0, true)).toEqual({
    consumed: token.length,
    written: 1,
    badAt: -1,
  });
  return target[0] as number;
}

function single(token: string): number {
  const target = new Float32Array(1);
  expect(parseFloats(encode(token), target, 0, true)).toEqual({
    consumed: token.length,
    written: 1,
    badAt: -1,
  });
  return target[0] as number;
}

/** Any double, by its bits. */
const anyDouble = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((value) => new Float64Array(BigUint64Array.of(value).buffer)[0] as number)
  .filter(Number.isFinite);
/** Any float, by its bits. */
const anySingle = fc
  .nat(2 ** 32 - 1)
  .map((value) => new Float32Array(Uint32Array.of(value).buffer)[0] as number)
  .filter(Number.isFinite);
const decimal = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^\d{1,22}$/),
    fc.option(fc.stringMatching(/^\d{0,22}$/), { nil: undefined }),
    fc.option(fc.integer({ min: -360, max: 330 }), { nil: undefined }),
  )
  .map(([sign, whole, fraction, power]) => {
    const mantissa = fraction === undefined ? whole : `${whole}.${fraction}`;
    return power === undefined ? sign + mantissa : `${sign}${mantissa}e${power}`;
  });

/** All decimal digits of a positive double. */
function exactDecimal(value: number): string {
  let scale = 0;
  while (!Number.isInteger(value * 2 ** scale)) scale++;
  const digits = (BigInt(value * 2 ** scale) * 5n ** BigInt(scale)).toString().padStart(scale + 1, '0');
  return `${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
}

/** The float nearest to a decimal by exact arithmetic, ties to even. */
function nearestSingle(token: string): number {
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e(-?\d+))?$/.exec(token) ?? [];
  const exponent = BigInt(power) - BigInt(fraction.length) + 149n;
  // The decimal in units of 2^−149 is top / bottom · 2^149 · 10^…; floats are whole in these units.
  const digits = BigInt(whole + fraction) * 2n ** 149n;
  const ten = exponent - 149n;
  const top = ten >= 0n ? digits * 10n ** ten : digits;
  const bottom = ten >= 0n ? 1n : 10n ** -ten;
  let units = top / bottom;
  let step = 1n;
  while (units >= 2n ** 24n * step) step *= 2n;
  const low = (units / step) * step;
  const twice = 2n * (top - low * bottom);
  const half = step * bottom;
  const odd = (low / step) % 2n === 1n;
  units = twice > half || (twice === half && odd) ? low + step : low;
  const value = units >= 2n ** 277n ? Number.POSITIVE_INFINITY : Number(units) * 2 ** -149;
  return sign === '-' ? -value : value;
}

describe('parseFloats', () => {
  property(
    'gives each double back from its shortest decimal',
    [anyDouble],
    (value) => {
      expect(bits(double(String(value)))).toBe(bits(value));
    },
    { numRuns: 2000 },
  );

  property(
    'gives each double back from 17 digits',
    [anyDouble],
    (value) => {
      expect(bits(double(value.toExponential(16)))).toBe(bits(value));
    },
    { numRuns: 2000 },
  );

  property(
    'rounds any decimal as the language does',
    [decimal],
    (token) => {
      expect(bits(double(token))).toBe(bits(Number(token)));
    },
    { numRuns: 3000 },
  );

  property(
    'gives each float back from the 17 digits that VTK may print',
    [anySingle],
    (value) => {
      expect(Object.is(single(value.toExponential(16)), value)).toBe(true);
    },
    { numRuns: 2000 },
  );

  property(
    'rounds any decimal to the nearest float once',
    [decimal.filter((token) => !/^[+-]/.test(token))],
    (token) => {
      expect(single(token)).toBe(nearestSingle(token));
    },
    { numRuns: 2000 },
  );

  property(
    'rounds decimals close to half way between two floats by the side they are on',
    [anySingle.map(Math.abs).filter((value) => value > 1e-30 && value < 1e30), fc.constantFrom('0', '1')],
    (value, tail) => {
      const next = new Float32Array(1);
      next[0] = value;
      new Int32Array(next.buffer)[0] = (new Int32Array(next.buffer)[0] as number) + 1;
      const middle = (value + (next[0] as number)) / 2;
      // All digits of the double half way, then far behind them one more.
      const token = `${exactDecimal(middle)}${tail}`;
      expect(single(token)).toBe(nearestSingle(token));
    },
    { numRuns: 500 },
  );

  test.each([
    ['nan', Number.NaN],
    ['-NaN', Number.NaN],
    ['-nan(ind)', Number.NaN],
    ['nan(snan)', Number.NaN],
    ['nan()', Number.NaN],
    ['1.#QNAN', Number.NaN],
    ['-1.#IND00', Number.NaN],
    ['-1.#INF', Number.NEGATIVE_INFINITY],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['+1.5', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['1E+05', 1e5],
    ['-0', -0],
    ['0.00012345678901234567', 0.000_123_456_789_012_345_67],
    ['1e400', Number.POSITIVE_INFINITY],
    ['1e-400', 0],
  ])('reads %s', (token, value) => {
    expect(double(token)).toBe(value);
  });

  test.each([
    'x',
    '1x',
    '.',
    '-',
    '+.',
    '1e',
    '1e+',
    '--1',
    '1.2.3',
    '0x10',
    '1,5',
    'nanx',
    'nan(',
    '1.#',
    '2.#INF',
    'i',
    '1_000',
    '\u0000',
  ])('says that "%s" is no number', (token) => {
    const text = encode(`7 ${token} 8`);
    expect(parseFloats(text, new Float64Array(9), 0, true)).toEqual({ consumed: 2, written: 1, badAt: 2 });
  });

  property(
    'reads the same in any pieces',
    [
      fc.array(fc.oneof(decimal, fc.constantFrom('nan', '-inf', '0')), { maxLength: 30 }),
      fc.integer({ min: 1, max: 60 }),
    ],
    (tokens, size) => {
      const text = encode(tokens.join(' \n'));
      const target = new Float64Array(tokens.length);
      let start = 0;
      let pending = new Uint8Array(0);
      for (let at = 0; at < text.length || pending.length > 0; at += size) {
        const chunk = Uint8Array.from([...pending, ...text.subarray(at, at + size)]);
        const final = at + size >= text.length;
        const { consumed, written, badAt } = parseFloats(chunk, target, start, final);
        expect(badAt).toBe(-1);
        start += written;
        pending = chunk.slice(consumed);
        if (final) break;
      }
      expect(start).toBe(tokens.length);
      expect([...target].map(bits)).toEqual(
        tokens.map((token) =>
          bits(token === 'nan' ? Number.NaN : token === '-inf' ? Number.NEGATIVE_INFINITY : Number(token)),
        ),
      );
    },
  );

  test('stops where the target is full and says where', () => {
    const target = new Float64Array(2);
    expect(parseFloats(encode(' 1 2 3'), target, 0, true)).toEqual({ consumed: 5, written: 2, badAt: -1 });
  });

  property(
    'ends on any text cut anywhere',
    [fc.string({ unit: fc.constantFrom(...' 0123456789.eE+-xna\n') })],
    (text) => {
      for (const final of [false, true]) {
        const { consumed, written } = parseFloats(encode(text), new Float64Array(4), 0, final);
        expect(consumed).toBeLessThanOrEqual(text.length);
        expect(written).toBeLessThanOrEqual(4);
      }
    },
  );
});

describe('parseIntegers', () => {
  property(
    'reads all 64-bit integers',
    [fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))],
    (values) => {
      const target = new BigInt64Array(values.length);
      const text = encode(values.join('\t'));
      expect(parseIntegers(text, target, 0, true, false)).toEqual({
        consumed: text.length,
        written: values.length,
        badAt: -1,
      });
      expect([...target]).toEqual(values);
    },
  );

  property('keeps unsigned ones by their bits', [fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })], (value) => {
    const target = new BigInt64Array(1);
    parseIntegers(encode(String(value)), target, 0, true, true);
    expect(new BigUint64Array(target.buffer)[0]).toBe(value);
  });

  test.each(['1.5', '0x10', '1e3', 'nan', '9223372036854775808', '-9223372036854775809', '-', '1-'])(
    'says that "%s" is no integer',
    (token) => {
      expect(parseIntegers(encode(token), new BigInt64Array(1), 0, true, false).badAt).toBe(0);
    },
  );

  test.each(['-1', '18446744073709551616'])('says that %s is no unsigned integer', (token) => {
    const { badAt, written } = parseIntegers(encode(token), new BigInt64Array(1), 0, true, true);
    expect({ badAt, written }).toEqual({ badAt: 0, written: 0 });
  });

  test('leaves a number that touches the end of a piece', () => {
    expect(parseIntegers(encode('12 34'), new BigInt64Array(2), 0, false, false)).toEqual({
      consumed: 3,
      written: 1,
      badAt: -1,
    });
  });
});
