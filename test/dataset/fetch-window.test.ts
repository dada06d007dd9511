import { describe, expect, test } from 'vitest';
import { type Fetch, FetchWindow } from '../../src/dataset/fetch-window.ts';

const never = (): void => undefined;

/** A window in which fetches have ended before. */
function warmWindow(concurrency: number, most = (): number => 64): FetchWindow {
  const window = new FetchWindow(() => concurrency, most);
  for (let fetch = 0; fetch < 5; fetch++) window.begin(0, never).end();
  return window;
}

/** Begins fetches until no more is admitted. */
function fill(window: FetchWindow, bytes: number, onReceive = never): Fetch[] {
  const fetches: Fetch[] = [];
  while (window.admits(bytes)) fetches.push(window.begin(bytes, onReceive));
  return fetches;
}

describe('FetchWindow', () => {
  test('has one fetch alone while nothing is known of the way, though its bytes come', () => {
    const window = new FetchWindow(
      () => 1,
      () => 64,
    );
    const [first] = fill(window, 1000);
    first?.receive(990);
    expect(window.admits(1000)).toBe(false);
    first?.end();
    expect(fill(window, 1000)).toHaveLength(1);
  });

  test('has a second one when the rest of the first comes as soon as an answer would', () => {
    let now = 0;
    const window = new FetchWindow(
      () => 1,
      () => 64,
      () => now,
    );
    let told = 0;
    const [first] = fill(window, 1000, () => told++);
    now = 20;
    first?.receive(100);
    now = 30; // 10 bytes a millisecond.
    first?.receive(200);
    expect([window.admits(1000), told]).toEqual([false, 0]);
    now = 90;
    first?.receive(800);
    expect(told).toBe(1);
    expect(fill(window, 1000)).toHaveLength(1);
    first?.end();
    expect(window.admits(1000)).toBe(false);
  });

  test('is not misled by what comes in one burst', () => {
    let now = 0;
    const window = new FetchWindow(
      () => 1,
      () => 64,
      () => now,
    );
    const [first] = fill(window, 1000);
    now = 20;
    first?.receive(100);
    now = 21;
    first?.receive(600);
    expect(window.admits(1000)).toBe(false);
  });

  test('begins with one, then with as many as fill the way', () => {
    const window = new FetchWindow(
      () => 16,
      () => 64,
    );
    const [first] = fill(window, 1000);
    expect(fill(window, 1000)).toEqual([]);
    first?.end();
    expect(fill(window, 1000)).toHaveLength(16);
  });

  test('what is made safe leaves the way to others, up to a limit', () => {
    const window = warmWindow(4);
    const safe: ReturnType<typeof fill> = [];
    for (let round = 0; round < 20; round++) {
      const begun = fill(window, 1000);
      for (const fetch of begun) fetch.receive(1000);
      safe.push(...begun);
    }
    expect(safe).toHaveLength(32);
    for (const fetch of safe.slice(0, 4)) fetch.end();
    expect(window.admits(1000)).toBe(true);
  });

  test('admits another one for each that has come together of the parts of several', () => {
    const window = warmWindow(4);
    const fetches = fill(window, 1000);
    expect(fetches).toHaveLength(4);
    for (const fetch of fetches.slice(0, 3)) fetch.receive(250);
    expect(window.admits(1000)).toBe(false);
    fetches[3]?.receive(250);
    expect(fill(window, 1000)).toHaveLength(1);
  });

  test('tells when there may be room', () => {
    let told = 0;
    const window = warmWindow(2);
    const [first] = fill(window, 1000, () => told++);
    first?.receive(900);
    expect(told).toBe(0);
    first?.receive(1000);
    expect(told).toBe(1);
  });

  test('counts bytes again that have to come again', () => {
    const window = warmWindow(2);
    const [first] = fill(window, 1000);
    first?.receive(1000);
    first?.receive(0);
    expect(window.admits(1000)).toBe(false);
  });

  test('has no more than three times as many as fill the way, however little comes', () => {
    const window = warmWindow(16);
    let running = 0;
    for (let round = 0; round < 6; round++) {
      const begun = fill(window, 1000);
      running += begun.length;
      for (const fetch of begun) fetch.receive(999);
    }
    expect(running).toBe(48);
  });

  test('has no more than the source takes, however little comes', () => {
    const window = warmWindow(16, () => 18);
    for (const fetch of fill(window, 1000)) fetch.receive(999);
    expect(fill(window, 1000)).toHaveLength(2);
  });
});
