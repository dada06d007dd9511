import { expect, test } from 'vitest';
import { ByteLru } from '../../src/view/byte-lru.ts';

const makeLru = (): ByteLru<string> => new ByteLru(10, ({ length }) => length);

test('what was used least recently goes first', () => {
  const lru = makeLru();
  lru.put('a', '1234');
  lru.put('b', '1234');
  lru.get('a');
  lru.put('c', '1234');
  expect(['a', 'b', 'c'].map((name) => lru.has(name))).toEqual([true, false, true]);
});

test('the last one stays, however large, and no other beside it', () => {
  const lru = makeLru();
  lru.put('a', '1');
  lru.put('b', '12345678901234567890');
  expect([lru.has('a'), lru.get('b')?.length]).toEqual([false, 20]);
});

test('one that is put again counts once', () => {
  const lru = makeLru();
  for (let time = 0; time < 9; time++) lru.put('a', '12345678');
  lru.put('b', '12');
  expect([lru.has('a'), lru.has('b')]).toEqual([true, true]);
});

test('shrinking removes the last one, too', () => {
  const lru = makeLru();
  lru.put('a', '123');
  lru.put('b', '123');
  lru.shrink(3);
  expect([lru.has('a'), lru.has('b')]).toEqual([false, true]);
  lru.shrink(2);
  expect(lru.has('b')).toBe(false);
});
