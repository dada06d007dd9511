import { expect, test } from 'vitest';
import { oneAhead } from '../../src/core/one-ahead.ts';
import { failureOf } from '../temporary-folder.ts';

const idle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
};

/** Counts up, and keeps account of what it made and whether it was ended. */
class Source {
  made = 0;
  ended = 0;
  stopped = 0;
  readonly #failing: number;

  constructor(failing = Infinity) {
    this.#failing = failing;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<number, void, void> {
    try {
      while (this.made < 4) {
        if (this.made === this.#failing) throw new Error(`broken ${this.made}`);
        yield this.made++;
      }
    } finally {
      this.ended++;
    }
  }

  readonly ahead = (): AsyncGenerator<number, void, void> =>
    oneAhead(this[Symbol.asyncIterator](), () => void this.stopped++);
}

test('yields all in order, and ends the source', async () => {
  const source = new Source();
  const seen: number[] = [];
  for await (const value of source.ahead()) seen.push(value);
  expect(seen).toEqual([0, 1, 2, 3]);
  expect(source.ended).toBe(1);
});

test('has the next one made while one is used, in a later turn, and only one', async () => {
  const source = new Source();
  const ahead = source.ahead();
  await ahead.next();
  expect(source.made).toBe(1);
  await idle();
  expect(source.made).toBe(2);
  await ahead.return();
  expect([source.ended, source.stopped]).toEqual([1, 1]);
});

test('a failure comes in its turn', async () => {
  const source = new Source(1);
  const ahead = source.ahead();
  expect((await ahead.next()).value).toBe(0);
  await idle();
  expect(String(await failureOf(ahead.next()))).toContain('broken 1');
  expect(source.ended).toBe(1);
  expect(await ahead.next()).toEqual({ done: true, value: undefined });
});

test('left before the next one is begun makes none', async () => {
  const source = new Source();
  for await (const _ of source.ahead()) break;
  expect([source.made, source.ended, source.stopped]).toEqual([1, 1, 1]);
});
