import { expect, test } from 'vitest';
import { Lifetime } from '../../src/core/lifetime.ts';
import { failureOf } from '../temporary-folder.ts';

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('a call under way ends with a DisposedError that names the object', async () => {
  const life = new Lifetime('The dataset');
  const call = failureOf(life.run(undefined, untilAborted));
  await life.close();
  expect(await call).toMatchObject({
    code: 'DISPOSED',
    message: 'The dataset was used after it was closed.',
  });
});

test('a call after the end is refused and not begun', async () => {
  const life = new Lifetime('The dataset');
  await life.close();
  let begun = false;
  const call = life.run(undefined, () => {
    begun = true;
    return Promise.resolve();
  });
  expect(await failureOf(call)).toMatchObject({ code: 'DISPOSED' });
  expect(begun).toBe(false);
});

test('a call ends by its own signal and by the outer one', async () => {
  const [own, outer] = [new AbortController(), new AbortController()];
  const life = new Lifetime('The dataset', outer.signal);
  const first = failureOf(life.run(own.signal, untilAborted));
  own.abort(new Error('own'));
  expect(await first).toMatchObject({ message: 'own' });
  const second = failureOf(life.run(undefined, untilAborted));
  outer.abort(new Error('outer'));
  expect(await second).toMatchObject({ message: 'outer' });
});

test('the end waits for calls and tracked work, also for work that begins meanwhile', async () => {
  const life = new Lifetime('The dataset');
  const done: string[] = [];
  void life.track(
    Promise.resolve().then(() => {
      void life.track(Promise.resolve().then(() => done.push('second')));
      done.push('first');
    }),
  );
  await life.close(() => Promise.resolve(void done.push('last')));
  expect(done).toEqual(['first', 'second', 'last']);
});

test('what is last happens once', async () => {
  const life = new Lifetime('The dataset');
  let times = 0;
  const last = (): Promise<void> => Promise.resolve(void times++);
  await Promise.all([life.close(last), life.close(last)]);
  expect(times).toBe(1);
});

test('a linked signal ends with the object, which does not wait for it, and is left alone once it is let go', async () => {
  const life = new Lifetime('The source');
  const [held, released] = [life.link(undefined), life.link(new AbortController().signal)];
  released.unlink();
  await life.close();
  expect(held.signal.reason).toMatchObject({ code: 'DISPOSED' });
  expect(released.signal.aborted).toBe(false);
});

test('a signal is linked to none that has ended', async () => {
  const life = new Lifetime('The source');
  expect(() => life.link(AbortSignal.abort('enough'))).toThrow('enough');
  await life.close();
  expect(() => life.link(undefined)).toThrow('The source was used after it was closed.');
});
