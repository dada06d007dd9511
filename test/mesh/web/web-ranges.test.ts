import { expect } from 'vitest';
import { rangesOf } from '../../../src/mesh/web/web-ranges.ts';
import { fc, test as property } from '../../property.ts';

/** Stretches of a file without holes, some of them wanted. */
const anyStretches = fc
  .array(fc.record({ bytes: fc.integer({ min: 1, max: 5_000_000 }), wanted: fc.boolean() }), {
    maxLength: 60,
  })
  .map((parts) => {
    let end = 0;
    return parts.map(({ bytes, wanted }) => {
      end += bytes;
      return { start: end - bytes, end, wanted };
    });
  });

property(
  'ranges hold all that is wanted behind what is here, next to nothing else, and ascend',
  [anyStretches, fc.nat(2_000_000)],
  (stretches, from) => {
    const ranges = rangesOf({ stretches }, from);
    let total = 0;
    for (const { start, end, wanted } of stretches) {
      if (!wanted || end <= from) continue;
      let at = Math.max(start, from);
      total += end - at;
      for (const range of ranges) if (range.start <= at && at < range.end) at = Math.max(at, range.end);
      expect(at).toBeGreaterThanOrEqual(end);
    }
    expect(ranges.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThanOrEqual(1.01 * total);
    for (const [index, { start, end }] of ranges.entries()) {
      expect(start).toBeGreaterThanOrEqual(Math.max(from, ranges[index - 1]?.end ?? 0));
      expect(end).toBeGreaterThan(start);
    }
    const wanted = stretches.filter((each) => each.wanted).length;
    expect(ranges.length).toBeLessThanOrEqual(wanted + 21);
  },
);

property('many small ranges become few', [fc.integer({ min: 600, max: 2000 })], (count) => {
  const stretches = Array.from({ length: count }, (_, index) => ({
    start: 1000 * index,
    end: 1000 * (index + 1),
    wanted: index % 2 === 0,
  }));
  expect(rangesOf({ stretches }, 0).length).toBeLessThanOrEqual(256);
});
