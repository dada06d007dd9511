import { test as example, expect } from 'vitest';
import { OriginLimit } from '../../../src/protocols/http/origin-limit.ts';
import { fc, test } from '../../property.ts';

/** A limit that has grown to its most. */
function grown(most: number, now = (): number => 0): OriginLimit {
  const limit = new OriginLimit(most, most, now);
  for (let count = 0; count < most; count++) limit.answered(most);
  return limit;
}

test(
  'a refusal of one of many halves the limit at once, and those that were sent before it do so no more',
  [fc.integer({ min: 2, max: 128 }), fc.integer({ min: 1, max: 128 })],
  (most, refusals) => {
    const limit = grown(most);
    const { era } = limit;
    for (let count = 0; count < refusals; count++) expect(limit.refused(era, most, 'answer')).toBe(true);
    expect(limit.requests).toBe(Math.max(1, Math.floor(most / 2)));
    expect(limit.isLimited).toBe(true);
  },
);

test(
  'no answer raises it by more than one, and after a refusal a round of them by no more than one',
  [fc.array(fc.constantFrom('answered', 'refused'), { maxLength: 400 }), fc.integer({ min: 2, max: 128 })],
  (events, most) => {
    const limit = new OriginLimit(most, 16, () => 0);
    let hasRefused = false;
    let inRound = 0;
    let before = limit.requests;
    for (const event of events) {
      const { requests } = limit;
      if (event === 'refused') {
        hasRefused ||= requests > 1;
        limit.refused(limit.era, requests, 'answer');
        expect(limit.requests).toBeLessThanOrEqual(requests);
      } else {
        limit.answered(requests);
        expect(limit.requests - requests).toBeLessThanOrEqual(1);
      }
      if (event === 'refused' || ++inRound >= before) {
        if (hasRefused) expect(limit.requests).toBeLessThanOrEqual(before + 1);
        inRound = 0;
        before = limit.requests;
      }
      expect(limit.requests).toBeGreaterThanOrEqual(1);
      expect(limit.requests).toBeLessThanOrEqual(most);
    }
  },
);

test(
  'what was refused is tried again only after many answers',
  [fc.integer({ min: 4, max: 64 })],
  (refusedAt) => {
    const limit = grown(128);
    limit.refused(limit.era, refusedAt, 'answer');
    let answers = 0;
    for (; limit.requests < refusedAt; answers++) limit.answered(limit.requests);
    expect(answers).toBeGreaterThan(15 * (refusedAt - 1));
  },
);

test(
  'nothing is sent before the time that was asked for',
  [fc.integer({ min: 1, max: 60_000 })],
  (waitMs) => {
    let now = 1000;
    const limit = grown(8, () => now);
    limit.refused(limit.era, 8, 'answer', waitMs);
    now += waitMs - 1;
    expect(limit.waitMs).toBe(1);
    now += 1;
    expect(limit.waitMs).toBe(0);
  },
);

example(
  'each answer brings one more, from the first on up to the most, as long as nothing is refused',
  () => {
    const limit = new OriginLimit(64, 1, () => 0);
    for (let count = 1; count < 64; count++) {
      expect(limit.requests).toBe(count);
      limit.answered(count);
    }
    expect(limit.requests).toBe(64);
  },
);

example('a number that was not reached by half tells nothing', () => {
  const limit = new OriginLimit(64, 16, () => 0);
  for (let count = 0; count < 100; count++) limit.answered(7);
  expect(limit.requests).toBe(16);
  for (let count = 0; count < 100; count++) limit.answered(limit.requests);
  expect(limit.requests).toBe(64);
});

example('of a server that has refused some, a number that was not reached tells nothing', () => {
  const limit = new OriginLimit(64, 16, () => 0);
  limit.refused(limit.era, 16, 'answer');
  for (let count = 0; count < 100; count++) limit.answered(7);
  expect(limit.requests).toBe(8);
});

example('single requests that are refused go farther apart, and closer again with answers', () => {
  let now = 0;
  const limit = grown(4, () => now);
  for (let count = 0; count < 5; count++) {
    expect(limit.refused(limit.era, limit.requests, 'answer')).toBe(true);
    now += 10_000;
  }
  limit.begin();
  const apart = limit.waitMs;
  expect(apart).toBeGreaterThanOrEqual(25);
  for (let count = 0; count < 5; count++) limit.answered(1);
  now += 10_000;
  limit.begin();
  expect(limit.waitMs).toBeLessThan(apart);
  expect(limit.waitMs).toBeGreaterThan(0);
});
