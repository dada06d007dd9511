import { describe, expect, test } from 'vitest';
import { mapLimited } from '../../src/core/limit.ts';

describe('mapLimited', () => {
  test('gives results in the order of the items, whatever ends first', async () => {
    const turns = [3, 1, 2];
    const results = await mapLimited(turns, 3, async (count) => {
      for (let turn = 0; turn < count; turn++) await Promise.resolve();
      return count * 10;
    });
    expect(results).toEqual([30, 10, 20]);
  });
  test('runs as many as the limit at a time and no more', async () => {
    let running = 0;
    let most = 0;
    await mapLimited(Array.from({ length: 20 }), 4, async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    });
    expect(most).toBe(4);
  });
  test('starts nothing after a failure and rejects once the running ones ended', async () => {
    const started: number[] = [];
    const ended: number[] = [];
    const run = mapLimited([0, 1, 2, 3], 2, async (item) => {
      started.push(item);
      await new Promise(setImmediate);
      if (item === 0) throw new Error('first');
      await new Promise(setImmediate);
      ended.push(item);
    });
    await expect(run).rejects.toThrow('first');
    expect({ started, ended }).toEqual({ started: [0, 1], ended: [1] });
  });
});
