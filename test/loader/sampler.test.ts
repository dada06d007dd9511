import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/core/random.ts';
import { type SamplerOptions, sampleOrder } from '../../src/loader/sampler.ts';

const order = (options: Partial<SamplerOptions> = {}): number[] => [
  ...sampleOrder({ length: 10, shuffle: true, seed: 0, epoch: 0, ...options }),
];
const safeInteger = fc.maxSafeInteger();

describe('sampleOrder', () => {
  test('without shuffle is 0, 1, 2, …', () => {
    expect(order({ shuffle: false, length: 4 })).toEqual([0, 1, 2, 3]);
  });

  test('holds each index once', () => {
    fc.assert(
      fc.property(fc.nat(300), safeInteger, fc.maxSafeNat(), (length, seed, epoch) => {
        const sorted = order({ length, seed, epoch }).toSorted((a, b) => a - b);
        expect(sorted).toEqual(Array.from({ length }, (_, index) => index));
      }),
    );
  });

  test('is the same for the same seed and epoch', () => {
    fc.assert(
      fc.property(safeInteger, fc.maxSafeNat(), (seed, epoch) => {
        expect(order({ seed, epoch })).toEqual(order({ seed, epoch }));
      }),
    );
  });

  test('stays the same from release to release', () => {
    expect(order({ seed: 42, epoch: 0 })).toEqual([7, 5, 6, 2, 4, 0, 8, 1, 3, 9]);
    expect(order({ seed: 42, epoch: 1 })).toEqual([4, 0, 1, 8, 9, 7, 5, 3, 6, 2]);
    expect(order({ seed: -(2 ** 40), epoch: 2 ** 35 })).toEqual([2, 4, 0, 7, 3, 1, 8, 9, 6, 5]);
  });

  test('differs between seeds and between epochs', () => {
    const orders = new Set<string>();
    const parts = [0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, 2 ** 40];
    for (const seed of [...parts, -1, -2]) {
      for (const epoch of parts) orders.add(order({ length: 50, seed, epoch }).join());
    }
    expect(orders.size).toBe(9 * 7);
  });

  test('is no copy of the order before, shifted', () => {
    const [first, second] = [order({ length: 1000, epoch: 0 }), order({ length: 1000, epoch: 1 })];
    const agreeing = first.filter((index, position) => second[position] === index);
    expect(agreeing.length).toBeLessThan(8);
  });

  test('has every order of 4 samples about equally often', () => {
    const runs = 24_000;
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < runs; epoch++) {
      const key = order({ length: 4, seed: 7, epoch }).join('');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const expected = runs / 24;
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(24);
    // 23 degrees of freedom: 49.7 is exceeded once in a thousand.
    expect(chiSquare).toBeLessThan(49.7);
  });

  test('brings every sample to every place about equally often', () => {
    const [length, runs] = [20, 8000];
    const counts = new Float64Array(length * length);
    for (let seed = 0; seed < runs; seed++) {
      for (const [position, index] of order({ length, seed }).entries()) {
        counts[position * length + index] = (counts[position * length + index] ?? 0) + 1;
      }
    }
    const expected = runs / length;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    // (20 − 1)² = 361 degrees of freedom: 448 is exceeded once in a thousand.
    expect(chiSquare).toBeLessThan(448);
  });

  test('is taken step by step, not built first', () => {
    const first = sampleOrder({ length: 10, shuffle: true, seed: 1, epoch: 0 });
    expect([first.next().value, first.next().value]).toEqual(order({ seed: 1 }).slice(0, 2));
  });
});

describe('Random', () => {
  test('stays below its bound, and reaches all below it', () => {
    const random = new Random(3);
    for (const bound of [1, 2, 3, 7, 1000]) {
      const seen = new Set(Array.from({ length: bound * 20 }, () => random.below(bound)));
      expect(Math.max(...seen)).toBe(bound - 1);
      expect(seen.size).toBeGreaterThan(bound * 0.99);
    }
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
  });

  test('sets each bit half of the time', () => {
    const random = new Random(1, 2);
    const counts = Array.from({ length: 32 }, () => 0);
    for (let run = 0; run < 10_000; run++) {
      const value = random.next();
      for (let bit = 0; bit < 32; bit++) counts[bit] = (counts[bit] ?? 0) + ((value >>> bit) & 1);
    }
    for (const count of counts) expect(Math.abs(count - 5000)).toBeLessThan(250);
  });
});
