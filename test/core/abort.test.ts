import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { abortable, linkSignals } from '../../src/core/abort.ts';

describe('linkSignals', () => {
  test('aborts with the reason of whichever aborts first', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const { signal } = linkSignals(a.signal, undefined, b.signal);
    expect(signal.aborted).toBe(false);
    b.abort('second');
    a.abort('first');
    expect(signal.reason).toBe('second');
  });
  test('is aborted from the start where one of them is', () => {
    expect(linkSignals(new AbortController().signal, AbortSignal.abort('gone')).signal.reason).toBe('gone');
  });
  test('follows no more, and leaves no listener, after unlink', () => {
    const outer = new AbortController();
    const { signal, unlink } = linkSignals(outer.signal);
    unlink();
    expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
    outer.abort();
    expect(signal.aborted).toBe(false);
  });
});

describe('abortable', () => {
  test('settles as its promise does', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(1), signal)).toBe(1);
    await expect(abortable(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
  test('rejects with the reason of an abort, before and while it waits', async () => {
    const controller = new AbortController();
    const waiting = abortable(new Promise(() => undefined), controller.signal);
    controller.abort('why');
    await expect(waiting).rejects.toBe('why');
    await expect(abortable(Promise.resolve(1), controller.signal)).rejects.toBe('why');
  });
});
