import { describe, expect, test } from 'vitest';
import {
  allEqual,
  NARROW_BYTES,
  type Narrowed,
  Narrower,
  type WideInteger,
} from '../../../src/formats/kernels/narrow.ts';
import { narrowModule } from '../../../src/formats/kernels/narrow-module.ts';
import { type NarrowExports, narrowInTypeScript } from '../../../src/formats/kernels/narrow-typescript.ts';
import { instantiate } from '../../../src/formats/kernels/wasm.ts';
import { fc, test as property } from '../../property.ts';

/** Narrows `values` in calls of `step` values each and joins the results. */
function narrowAll(
  exports: NarrowExports,
  values: readonly bigint[],
  type: WideInteger,
  swapped: boolean,
  step: number,
) {
  const width = type.endsWith('64') ? 8 : 4;
  exports.reset();
  const narrower = new Narrower(exports);
  const parts: Narrowed[] = [];
  const result: number[] = [];
  for (let at = 0; at < values.length; at += step) {
    const part = values.slice(at, at + step);
    const area = narrower.input(0);
    const view = new DataView(area.buffer, area.byteOffset, area.byteLength);
    for (const [index, value] of part.entries()) {
      if (width === 8) view.setBigInt64(8 * index, value, !swapped);
      else view.setInt32(4 * index, Number(BigInt.asIntN(32, value)), !swapped);
    }
    const narrowed = narrower.narrow(0, part.length, type, swapped);
    parts.push(narrowed);
    result.push(...narrowed.values);
  }
  return {
    result,
    stride: parts.at(-1)?.stride ?? -1,
    fits: parts.every(({ fits }) => fits),
    max: Math.max(0, ...parts.map(({ max }) => max)),
    falls: parts.some(({ falls }) => falls),
  };
}

const types: readonly WideInteger[] = ['Int32', 'UInt32', 'Int64', 'UInt64'];
const edges = [
  -(2n ** 63n),
  -(2n ** 31n) - 1n,
  -(2n ** 31n),
  -1n,
  0n,
  1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 63n - 1n,
];

const twins: readonly [string, NarrowExports][] = [
  ['WebAssembly', instantiate<NarrowExports>(narrowModule) as NarrowExports],
  ['TypeScript', narrowInTypeScript(2 ** 22)],
];

describe.each(twins)('Narrower in %s', (_, exports) => {
  property(
    'narrows, and says what fits, the largest, whether values fall and by which steps they rise',
    [
      fc.constantFrom(...types),
      fc.array(fc.oneof(fc.bigInt({ min: -20n, max: 20n }), fc.constantFrom(...edges)), { maxLength: 60 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 30 }),
    ],
    (type, raw, swapped, step) => {
      const wide = type.endsWith('64');
      const bits = wide ? 64 : 32;
      const values = raw.map((value) =>
        type.startsWith('U') ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value),
      );
      const low = values.map((value) => Number(BigInt.asIntN(32, value)));
      const { result, fits, max, falls, stride } = narrowAll(exports, values, type, swapped, step);
      expect(result).toEqual(low);
      expect(fits).toBe(values.every((value) => value >= -(2n ** 31n) && value < 2n ** 31n));
      if (!fits) return;
      expect(max).toBe(Math.max(0, ...low.map((value) => value >>> 0)));
      expect(falls).toBe(low.some((value, at) => value < (low[at - 1] ?? 0)));
      const steps = new Set(low.map((value, at) => (value - (low[at - 1] ?? 0)) | 0));
      if (steps.size > 1) expect(stride).toBeLessThan(0);
      else if (low.length > 0 && (low[0] as number) >= 0) expect([...steps]).toEqual([stride]);
    },
  );

  test('a step down at the beginning of one part is not forgotten in the next', () => {
    expect(narrowAll(exports, [-1n, 0n], 'Int32', false, 1).stride).toBeLessThan(0);
  });

  property(
    'finds equal steps',
    [fc.nat(50), fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 64 })],
    (step, count, part) => {
      const values = Array.from({ length: count }, (_, index) => BigInt(step * (index + 1)));
      expect(narrowAll(exports, values, 'Int64', false, part).stride).toBe(step);
    },
  );
});

describe('Narrower', () => {
  test('fills its whole area', () => {
    const narrower = Narrower.take();
    const values = new BigInt64Array(NARROW_BYTES / 8).map((_, index) => BigInt(index));
    narrower.input(1).set(new Uint8Array(values.buffer));
    const narrowed = narrower.narrow(1, values.length, 'Int64', false);
    expect(narrowed.values.at(-1)).toBe(values.length - 1);
    expect(narrowed).toMatchObject({ fits: true, max: values.length - 1, falls: false });
    narrower.release();
  });

  test('begins anew when it is taken again', () => {
    const first = Narrower.take();
    new Int32Array(first.input(0).buffer, first.input(0).byteOffset, 1)[0] = 9;
    first.narrow(0, 1, 'Int32', false);
    first.release();
    const second = Narrower.take();
    new Int32Array(second.input(0).buffer, second.input(0).byteOffset, 1)[0] = 3;
    expect(second.narrow(0, 1, 'Int32', false).falls).toBe(false);
    second.release();
  });

  property(
    'allEqual tells whether all bytes are the same',
    [fc.nat(127), fc.nat(100), fc.option(fc.tuple(fc.nat(99), fc.nat(127)))],
    (value, length, change) => {
      const bytes = new Uint8Array(length).fill(value);
      if (change !== null) bytes[change[0]] = change[1];
      expect(allEqual(bytes)).toBe(bytes.every((byte) => byte === bytes[0]));
    },
  );
});
