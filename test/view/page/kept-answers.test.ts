import { expect, test } from 'vitest';
import { KeptAnswers } from '../../../src/view/page/kept-answers.ts';

test('an answer is asked for once, by however many', async () => {
  const kept = new KeptAnswers<string>(100);
  let asked = 0;
  const ask = async (): Promise<string> => `answer ${++asked}`;
  const all = await Promise.all([kept.get('a', ask), kept.get('a', ask, new AbortController().signal)]);
  expect([...all, await kept.get('a', ask)]).toEqual(['answer 1', 'answer 1', 'answer 1']);
});

test('what nobody waits for any more ends, what somebody else waits for goes on', async () => {
  const kept = new KeptAnswers<string>(100);
  const [first, second] = [new AbortController(), new AbortController()];
  let own: AbortSignal | undefined;
  const ask = (signal: AbortSignal): Promise<string> => {
    own = signal;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };
  const waits = [kept.get('a', ask, first.signal), kept.get('a', ask, second.signal)];
  first.abort(new Error('left'));
  await expect(waits[0]).rejects.toThrow('left');
  await new Promise((resolve) => setTimeout(resolve));
  expect(own?.aborted).toBe(false);
  second.abort(new Error('left as well'));
  await expect(waits[1]).rejects.toThrow('left as well');
  await new Promise((resolve) => setTimeout(resolve));
  expect(own?.aborted).toBe(true);
});

test('a failure is not kept, and what was used the longest ago goes first', async () => {
  const kept = new KeptAnswers<number>(10, (bytes) => bytes);
  await expect(kept.get('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await kept.get('a', async () => 4)).toBe(4);
  await kept.get('b', async () => 4);
  await kept.get('a', async () => 0);
  await kept.get('c', async () => 4);
  expect(['a', 'b', 'c'].map((key) => kept.has(key))).toEqual([true, false, true]);
});
