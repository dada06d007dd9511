import { expect, test } from 'vitest';
import { Turns } from '../../src/core/turns.ts';

const { signal } = new AbortController();

test('runs one action at a time, in order, also after one that fails', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const action = (name: string) => async (): Promise<string> => {
    log.push(`${name} begins`);
    await new Promise(setImmediate);
    log.push(`${name} ends`);
    if (name === 'a') throw new Error(name);
    return name;
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => turns.run(action(name), signal)));
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

test('one that is aborted while it waits does not run, and those behind it still wait for the first', async () => {
  const turns = new Turns();
  let end = (): void => undefined;
  const first = turns.run(() => new Promise<void>((resolve) => (end = resolve)), signal);
  const stop = new AbortController();
  let ran = 0;
  const count = async (): Promise<number> => ++ran;
  const aborted = turns.run(count, stop.signal);
  const last = turns.run(count, signal);
  stop.abort(new Error('no longer'));
  await expect(aborted).rejects.toThrow('no longer');
  await new Promise(setImmediate);
  expect(ran).toBe(0);
  end();
  await first;
  expect(await last).toBe(1);
});
