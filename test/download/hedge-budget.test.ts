import { describe, expect, test as vitest } from 'vitest';
import { NetworkError, NotFoundError } from '../../src/core/errors.ts';
import { HedgeBudget } from '../../src/download/hedge-budget.ts';
import { DownloadPace } from '../../src/download/pace.ts';
import { fc, test } from '../property.ts';

const events = fc.array(fc.constantFrom('earn', 'take', 'fail', 'win'), { maxLength: 400 });

describe('the budget of second requests', () => {
  test('is never more than one and a tenth of the downloads that ended well', [events], (sequence) => {
    const budget = new HedgeBudget();
    let ended = 0;
    let made = 0;
    for (const event of sequence) {
      if (event === 'earn') {
        budget.earn();
        ended++;
      } else if (event === 'take') made += budget.take(0) ? 1 : 0;
      else if (event === 'fail') budget.failed(new NetworkError('broken'), 0);
      else budget.win();
      expect(made).toBeLessThanOrEqual(1 + ended / 10 + 1e-6);
      expect(budget.stats().made).toBe(made);
    }
  });

  test('is spent by a failure: ten downloads earn the next one', [fc.nat({ max: 100 })], (before) => {
    const budget = new HedgeBudget();
    for (let count = 0; count < before; count++) budget.earn();
    budget.failed(new NetworkError('overloaded', { status: 503 }), 0);
    for (let count = 0; count < 10; count++) {
      expect(budget.take(0)).toBe(false);
      budget.earn();
    }
    expect([budget.take(0), budget.take(0)]).toEqual([true, false]);
  });

  vitest('saves up four', () => {
    const budget = new HedgeBudget();
    for (let count = 0; count < 1000; count++) budget.earn();
    expect(Array.from({ length: 6 }, () => budget.take(0))).toEqual([true, true, true, true, false, false]);
  });

  vitest('gives nothing while a server wants to be left alone', () => {
    const budget = new HedgeBudget();
    budget.failed(new NetworkError('too many', { status: 429, retryAfterMs: 5000 }), 1000);
    budget.failed(new NetworkError('cut'), 2000);
    for (let count = 0; count < 20; count++) budget.earn();
    expect([budget.take(5999), budget.take(6000)]).toEqual([false, true]);
  });

  vitest('is not touched by what is no sign of trouble', () => {
    const budget = new HedgeBudget();
    budget.failed(new NotFoundError('gone'), 0);
    budget.failed(new NetworkError('no', { retryable: false }), 0);
    expect(budget.take(0)).toBe(true);
  });

  vitest('against a server that has become slow as a whole, hedges end before it is used up', () => {
    const budget = new HedgeBudget();
    const pace = new DownloadPace();
    for (let count = 0; count < 64; count++) {
      pace.waited(20);
      budget.earn();
    }
    for (let count = 0; count < 200; count++) {
      const slowMs = pace.slowMs as number;
      if (600 > slowMs) budget.take(0);
      pace.waited(600);
      budget.earn();
    }
    expect(pace.slowMs).toBeGreaterThan(600);
    expect(budget.stats().made).toBeLessThanOrEqual(7);
  });
});
