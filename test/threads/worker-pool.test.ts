import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Work } from '../../src/core/dataset.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { WorkerPool } from '../../src/threads/worker-pool.ts';
import { failureOf } from '../temporary-folder.ts';

const pools: WorkerPool[] = [];
afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

function makePool(size: number): WorkerPool {
  const pool = new WorkerPool(size);
  pools.push(pool);
  return pool;
}

/** Work of a module in `work/`, which counts how often it was let go. */
function makeWork(name: 'count' | 'fail' | 'nope', input: unknown): Work & { released: number } {
  return {
    label: `case_${JSON.stringify(input)}`,
    module: new URL(`./work/${name}.ts`, import.meta.url).href,
    input,
    finish: () => {
      throw new Error('not the business of the pool');
    },
    released: 0,
    release() {
      this.released++;
    },
  };
}

const count = (index: number, turns = 0, size = 3): Work & { released: number } =>
  makeWork('count', { index, turns, size });

describe('WorkerPool', () => {
  test('gives each piece of work its own result, however many threads there are', async () => {
    for (const size of [1, 2]) {
      const pool = makePool(size);
      const work = [5, 0, 3, 1].map((turns, index) => count(index, turns));
      const results = await Promise.all(work.map((each) => pool.run(each)));
      expect(results.map(({ value }) => value)).toEqual(
        work.map((_, index) => ({ index, data: new Float32Array(3).fill(index) })),
      );
      expect(work.map(({ released }) => released)).toEqual([1, 1, 1, 1]);
    }
  });

  describe('memory that is given back', () => {
    const LARGE = 2 ** 19;
    const REUSE = new URL('./work/reuse.ts', import.meta.url).href;
    const run = async (pool: WorkerPool, size: number) => {
      const { value, recycle } = await pool.run({ ...makeWork('count', size), module: REUSE });
      return { recycle, ...(value as { readonly data: ArrayBuffer; readonly given: readonly number[] }) };
    };

    test('moves to the thread that it came from', async () => {
      const pool = makePool(1);
      const { data, recycle } = await run(pool, LARGE);
      recycle([data]);
      expect(data.byteLength).toBe(0);
      expect((await run(pool, 1)).given).toEqual([LARGE]);
    });

    test('is freed where there is little of it: sending it takes longer', async () => {
      const pool = makePool(1);
      const { data, recycle } = await run(pool, 1000);
      recycle([data]);
      expect(data.byteLength).toBe(0);
      expect((await run(pool, 1)).given).toEqual([]);
    });

    test('is freed when the thread is gone', async () => {
      const pool = makePool(1);
      const { data, recycle } = await run(pool, LARGE);
      await pool.close();
      recycle([data]);
      expect(data.byteLength).toBe(0);
    });

    test('of work that has no use for it is taken all the same', async () => {
      const pool = makePool(1);
      const { value, recycle } = await pool.run(count(1, 0, LARGE));
      const { buffer } = (value as { readonly data: Float32Array<ArrayBuffer> }).data;
      recycle([buffer]);
      expect(buffer.byteLength).toBe(0);
      expect((await pool.run(count(2))).value).toMatchObject({ index: 2 });
    });
  });

  test('says how long the thread was busy', async () => {
    expect((await makePool(1).run(count(0))).workMs).toBeGreaterThan(0);
  });

  test('an error arrives with its class and cause, and the thread goes on', async () => {
    const pool = makePool(1);
    const work = makeWork('fail', 'throw');
    const error = await failureOf(pool.run(work));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect((error as Error).cause).toBeInstanceOf(RangeError);
    expect(work.released).toBe(1);
    await pool.run(count(1));
  });

  test.each([
    ['exit', 'exit code 7'],
    ['uncaught', 'thrown by a callback'],
  ])('a thread that ends by %s fails its work, named, and another takes its place', async (input, why) => {
    const pool = makePool(1);
    const work = makeWork('fail', input);
    const [error, after] = await Promise.all([failureOf(pool.run(work)), pool.run(count(9))]);
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('numWorkers');
    expect(String(error)).toContain(work.label);
    expect(String(error)).toContain(why);
    expect(work.released).toBe(1);
    expect(after.value).toMatchObject({ index: 9 });
  });

  test('what cannot be cloned fails its work only, on the way out and on the way back', async () => {
    const pool = makePool(1);
    expect(await failureOf(pool.run(makeWork('fail', 'uncloneable')))).toMatchObject({
      name: 'DataCloneError',
    });
    const unsendable = makeWork('count', { callback: () => 1 });
    expect(await failureOf(pool.run(unsendable))).toMatchObject({ name: 'DataCloneError' });
    expect(unsendable.released).toBe(1);
    await pool.run(count(1));
  });

  test('a module that does not exist fails its work', async () => {
    expect(await failureOf(makePool(1).run(makeWork('nope', 0)))).toBeInstanceOf(Error);
  });

  test('an abort rejects at once with its reason; the work is let go when the thread has stopped', async () => {
    const pool = makePool(1);
    const controller = new AbortController();
    const endless = count(0, Number.POSITIVE_INFINITY);
    const running = pool.run(endless, controller.signal);
    const reason = new Error('stop');
    controller.abort(reason);
    expect(await failureOf(running)).toBe(reason);
    expect(endless.released).toBe(0);
    // The only thread is free again: it was told to stop.
    await pool.run(count(2));
    expect(endless.released).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('a thread that dies of an abort does not get the work again', async () => {
    const pool = makePool(1);
    const controller = new AbortController();
    const work = makeWork('fail', 'exit on abort');
    const rejected = failureOf(pool.run(work, controller.signal));
    controller.abort('why');
    expect(await rejected).toBe('why');
    expect((await pool.run(count(5))).value).toMatchObject({ index: 5 });
    expect([work.released, pool.restarts]).toEqual([1, 1]);
  });

  test('an abort of waiting work lets it go without running it', async () => {
    const pool = makePool(1);
    const controller = new AbortController();
    const first = pool.run(count(0, 50));
    const waiting = makeWork('fail', 'exit');
    const rejected = failureOf(pool.run(waiting, controller.signal));
    controller.abort('why');
    expect(await rejected).toBe('why');
    expect(waiting.released).toBe(1);
    expect((await first).value).toMatchObject({ index: 0 });
    await pool.run(count(1));
  });

  test('work with an aborted signal is let go and rejects', async () => {
    const work = count(0);
    expect(await failureOf(makePool(1).run(work, AbortSignal.abort('why')))).toBe('why');
    expect(work.released).toBe(1);
  });

  test('closing ends threads in the middle of work, even in an endless loop', async () => {
    const pool = makePool(2);
    const work = [makeWork('fail', 'block'), count(0, Number.POSITIVE_INFINITY), count(1)];
    const errors = Promise.all(work.map((each) => failureOf(pool.run(each))));
    await pool.close();
    for (const error of await errors) expect(isVascuError(error, 'DISPOSED')).toBe(true);
    expect(work.map(({ released }) => released)).toEqual([1, 1, 1]);
    expect(isVascuError(await failureOf(pool.run(count(3))), 'DISPOSED')).toBe(true);
  });

  test('closing is waited for also where a result arrives while the thread is being ended', () => {
    const program = `
      import { WorkerPool } from '${new URL('../../src/threads/worker-pool.ts', import.meta.url).href}';
      const module = '${new URL('./work/settle-late.ts', import.meta.url).href}';
      for (let round = 0; round < 10; round++) {
        const flag = new Int32Array(new SharedArrayBuffer(4));
        const pool = new WorkerPool(1);
        const running = pool.run({ label: 'late', module, input: { flag } }).catch(() => undefined);
        // The result has been sent, but not been looked at, when the pool is closed.
        Atomics.wait(flag, 0, 0);
        await pool.close();
        await running;
      }
      console.log('closed');`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(output).toBe('closed\n');
  });
});
