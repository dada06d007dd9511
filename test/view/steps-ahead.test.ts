import { expect, test, vi } from 'vitest';
import { type PlayedSteps, StepsAhead } from '../../src/view/steps-ahead.ts';

/** Steps that come when they are let, with an account of what was asked. */
function makeSteps(
  key = 'pressure',
  bytes = 1,
): PlayedSteps & { readonly asked: number[]; readonly given: number[] } {
  const asked: number[] = [];
  const given: number[] = [];
  const bring = async (step: number, signal: AbortSignal): Promise<void> => {
    asked.push(step);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) given.push(step);
    signal.throwIfAborted();
  };
  return { key, numSteps: 20, bytes, bring, asked, given };
}

const settled = async (steps: { readonly asked: readonly number[] }): Promise<readonly number[]> => {
  let before = -1;
  await vi.waitUntil(() => {
    const isSame = before === steps.asked.length;
    before = steps.asked.length;
    return isSame;
  });
  return steps.asked;
};

test('the steps behind the first one come without anybody having moved', async () => {
  const [ahead, steps] = [new StepsAhead(), makeSteps()];
  ahead.look(steps, 3, undefined);
  expect(await settled(steps)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
});

test('each comes once, however far it is gone on', async () => {
  const [ahead, steps] = [new StepsAhead(), makeSteps()];
  for (const step of [0, 1, 2]) {
    ahead.look(steps, step, undefined);
    await settled(steps);
  }
  expect(steps.asked).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('another direction gives up what was on its way', async () => {
  const [ahead, steps] = [new StepsAhead(), makeSteps()];
  ahead.look(steps, 10, 1);
  ahead.look(steps, 9, undefined);
  await settled(steps);
  expect(steps.given).toEqual([11]);
  expect(steps.asked).toEqual([11, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test('so does another array', async () => {
  const [ahead, steps, others] = [new StepsAhead(), makeSteps(), makeSteps('velocity')];
  ahead.look(steps, 10, 1);
  ahead.look(others, 10, 0);
  await settled(steps);
  expect([steps.given, others.asked]).toEqual([[11], []]);
});

test('of large steps there are as many as the bound allows, one at the least', async () => {
  const [ahead, steps] = [new StepsAhead(), makeSteps('large', 2 ** 40)];
  ahead.look(steps, 0, undefined);
  expect(await settled(steps)).toEqual([1]);
});
