import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { linkSignals } from '../../src/core/abort.ts';

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
