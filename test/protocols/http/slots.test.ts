import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OriginLimit } from '../../../src/protocols/http/origin-limit.ts';
import { Slots } from '../../../src/protocols/http/slots.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Slots of a server that has refused one of two requests. */
async function limited(): Promise<Slots> {
  const slots = new Slots(new OriginLimit(2));
  const [first, second] = [await slots.take([]), await slots.take([])];
  first.refused('answer');
  first.release();
  second.answered();
  second.release();
  expect(slots.limit.isLimited).toBe(true);
  return slots;
}

test.each(['before', 'behind'])(
  'more requests go again, also where a slot is given back %s its answer',
  async (when) => {
    const slots = await limited();
    for (let count = 0; count < 40; count++) {
      const turn = await slots.take([]);
      if (when === 'before') turn.release();
      turn.answered();
      turn.release();
    }
    expect(slots.limit.isLimited).toBe(false);
  },
);

test('a request that is refused for ever keeps the others apart only until it is given up', async () => {
  const slots = await limited();
  for (let count = 0; count < 6; count++) {
    const taking = slots.take([], true);
    await vi.advanceTimersByTimeAsync(10_000);
    const turn = await taking;
    turn.refused('answer');
    if (count === 5) turn.givenUp();
    turn.release();
  }
  // The wait after the last refusal.
  await vi.advanceTimersByTimeAsync(10_000);
  const begun = performance.now();
  for (let count = 0; count < 3; count++) {
    const taking = slots.take([]);
    await vi.advanceTimersToNextTimerAsync();
    (await taking).release();
  }
  expect(performance.now()).toBe(begun);
});
