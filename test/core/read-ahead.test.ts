import { describe, expect, test } from 'vitest';
import { readAhead } from '../../src/core/read-ahead.ts';

/** Tasks that end when the test says so, and what happened to them. */
class Tasks {
  readonly started: number[] = [];
  readonly aborted: number[] = [];
  readonly #settle = new Map<number, { resolve: (value: string) => void; reject: (error: Error) => void }>();

  readonly run = (item: number, signal: AbortSignal): Promise<string> => {
    this.started.push(item);
    return new Promise((resolve, reject) => {
      this.#settle.set(item, { resolve, reject });
      signal.addEventListener('abort', () => {
        if (this.#settle.has(item)) this.aborted.push(item);
        reject(signal.reason as Error);
      });
    });
  };

  async end(item: number): Promise<void> {
    this.#settle.get(item)?.resolve(`item ${item}`);
    this.#settle.delete(item);
    await settled();
  }

  async fail(item: number): Promise<void> {
    this.#settle.get(item)?.reject(new Error(`broken ${item}`));
    this.#settle.delete(item);
    await settled();
  }
}

/** Lets everything run that is due. */
function settled(): Promise<void> {
  return new Promise(setImmediate);
}

const ITEMS = [0, 1, 2, 3, 4, 5, 6, 7];

describe('readAhead', () => {
  test('yields in the order of the items, whatever ends first', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 3, concurrency: 4 });
    const first = reader.next();
    await settled();
    for (const item of [3, 1, 2, 0]) await tasks.end(item);
    expect((await first).value).toBe('item 0');
    expect((await reader.next()).value).toBe('item 1');
    expect((await reader.next()).value).toBe('item 2');
    expect((await reader.next()).value).toBe('item 3');
    await reader.return();
  });

  test('keeps no more than `ahead` besides the one asked for', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 8 });
    const first = reader.next();
    await settled();
    expect(tasks.started).toEqual([0, 1, 2]);
    for (const item of [0, 1, 2]) await tasks.end(item);
    await first;
    expect(tasks.started).toEqual([0, 1, 2]);
    await reader.next();
    expect(tasks.started).toEqual([0, 1, 2, 3]);
    await reader.return();
  });

  test('goes on in the background while a result is used', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 3, concurrency: 1 });
    const first = reader.next();
    await settled();
    await tasks.end(0);
    await first;
    for (const item of [1, 2, 3]) await tasks.end(item);
    expect(tasks.started).toEqual([0, 1, 2, 3]);
    await reader.return();
  });

  test('runs no more than `concurrency` at a time', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 6, concurrency: 2 });
    const first = reader.next();
    await settled();
    expect(tasks.started).toEqual([0, 1]);
    await tasks.end(1);
    expect(tasks.started).toEqual([0, 1, 2]);
    await tasks.end(0);
    await first;
    await reader.return();
  });

  test('with nothing ahead starts an item only when it is asked for', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 0, concurrency: 4 });
    const first = reader.next();
    await settled();
    await tasks.end(0);
    await first;
    await settled();
    expect(tasks.started).toEqual([0]);
    await reader.return();
  });

  test('a failure is thrown in its turn, after the results before it', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 3, concurrency: 4 });
    const first = reader.next();
    await settled();
    await tasks.fail(1);
    await tasks.end(0);
    expect((await first).value).toBe('item 0');
    await expect(reader.next()).rejects.toThrow('broken 1');
    expect(tasks.aborted).toEqual([2, 3]);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test('leaving early aborts what runs and waits for its end', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 4 });
    const first = reader.next();
    await settled();
    await tasks.end(0);
    await first;
    await reader.return();
    expect(tasks.aborted).toEqual([1, 2]);
    expect(tasks.started).toEqual([0, 1, 2]);
  });

  test('an abort rejects with its reason, starts nothing more and ends the iteration', async () => {
    const tasks = new Tasks();
    const controller = new AbortController();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 1, signal: controller.signal });
    const first = reader.next();
    await settled();
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    expect(tasks.started).toEqual([0]);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test('an abort between two results rejects although the next one is ready', async () => {
    const tasks = new Tasks();
    const controller = new AbortController();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 3, signal: controller.signal });
    const first = reader.next();
    await settled();
    for (const item of [0, 1]) await tasks.end(item);
    await first;
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reader.next()).rejects.toBe(reason);
  });

  test('ends after the last item', async () => {
    const values: number[] = [];
    const double = async (item: number): Promise<number> => item * 2;
    for await (const value of readAhead([1, 2, 3], double, { ahead: 10, concurrency: 2 })) values.push(value);
    expect(values).toEqual([2, 4, 6]);
  });

  test('keeps results and running items within maxBytes, and goes on with ones larger than that', async () => {
    const tasks = new Tasks();
    const sizes = new Map([
      ['item 0', 10],
      ['item 1', 10],
      ['item 3', 50],
    ]);
    const sizeOf = (result: string): number => sizes.get(result) ?? 1;
    const reader = readAhead(ITEMS, tasks.run, { ahead: 5, concurrency: 2, sizeOf, maxBytes: 25 });
    const first = reader.next();
    await settled();
    await tasks.end(1);
    // 10 bytes wait, and as many are expected of item 2; item 0 is the one that is asked for.
    expect(tasks.started).toEqual([0, 1, 2]);
    await tasks.end(0);
    await first;
    await tasks.end(2);
    expect(tasks.started).toEqual([0, 1, 2, 3]);
    await tasks.end(3);
    expect((await reader.next()).value).toBe('item 1');
    expect((await reader.next()).value).toBe('item 2');
    // Item 3 is larger than all that may wait: nothing runs beside it, and then one after the other.
    expect(tasks.started).toEqual([0, 1, 2, 3]);
    expect((await reader.next()).value).toBe('item 3');
    const next = reader.next();
    await tasks.end(4);
    expect((await next).value).toBe('item 4');
    expect(tasks.started).toEqual([0, 1, 2, 3, 4]);
    await reader.return();
  });

  test('uses the room of results that were taken for the next ones', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 5, concurrency: 9, sizeOf: () => 10, maxBytes: 25 });
    for (const item of [0, 1, 2, 3, 4, 5]) {
      const next = reader.next();
      await settled();
      for (const running of tasks.started) await tasks.end(running);
      expect((await next).value).toBe(`item ${item}`);
    }
    // Items 6 and 7 wait: two of 10 bytes.
    expect(tasks.started).toEqual(ITEMS);
    await reader.return();
  });

  test('with overtaking yields what is ready, but never runs too far ahead of what is not', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 3, overtaking: 4 });
    const first = reader.next();
    await settled();
    await tasks.end(2);
    expect((await first).value).toBe('item 2');
    const second = reader.next();
    await tasks.end(3);
    expect((await second).value).toBe('item 3');
    const third = reader.next();
    await tasks.end(1);
    expect((await third).value).toBe('item 1');
    // Items 0 to 3 are the four that may be under way together while item 0 is not ready.
    expect(tasks.started).toEqual([0, 1, 2, 3]);
    const fourth = reader.next();
    await tasks.end(0);
    expect((await fourth).value).toBe('item 0');
    const fifth = reader.next();
    await settled();
    expect(tasks.started).toContain(4);
    await tasks.end(4);
    expect((await fifth).value).toBe('item 4');
    await reader.return();
  });

  test('with overtaking a failure is thrown when it comes', async () => {
    const tasks = new Tasks();
    const reader = readAhead(ITEMS, tasks.run, { ahead: 2, concurrency: 3, overtaking: 4 });
    const first = reader.next();
    await settled();
    const failing = expect(first).rejects.toThrow('broken 1');
    await tasks.fail(1);
    await failing;
    expect(tasks.aborted).toEqual([0, 2]);
  });
});
