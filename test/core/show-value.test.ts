import { expect, test } from 'vitest';
import { shorten, showNames, showValue } from '../../src/core/show-value.ts';
import { fc, test as property } from '../property.ts';

property(
  'no value makes a message long',
  [fc.anything({ withBigInt: true, withTypedArray: true })],
  (value) => {
    expect(showValue(value).length).toBeLessThan(200);
  },
);

property(
  'a text is shown whole or with both of its ends',
  [fc.string({ maxLength: 200 }), fc.nat(60)],
  (text, more) => {
    const shown = shorten(text, 20 + more);
    expect(shown.length).toBeLessThanOrEqual(Math.max(20 + more, text.length));
    if (text.length <= 20 + more) expect(shown).toBe(text);
    else expect(shown).toContain('…');
  },
);

test.each<[unknown, string]>([
  ['cpu', '"cpu"'],
  ['x'.repeat(500), `"${'x'.repeat(59)}…${'x'.repeat(20)}" (500 characters)`],
  [Number.NaN, 'NaN'],
  [-0.5, '-0.5'],
  [10n ** 500n, `1${'0'.repeat(58)}…${'0'.repeat(20)}`],
  [null, 'null'],
  [undefined, 'undefined'],
  [[1, 2, 3], 'an array of 3'],
  [Buffer.alloc(12), 'a Buffer of 12 bytes'],
  [new ArrayBuffer(8), 'an ArrayBuffer of 8 bytes'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Map(), 'an object of Map'],
  [() => 1, 'a function'],
  [Promise.resolve(1), 'a promise (await it first)'],
  [new URL('https://me:secret@host/a?token=b'), '"https://…@host/a?…"'],
])('%# is shown as %s', (value, shown) => {
  expect(showValue(value)).toBe(shown);
});

test('of many names the first ones are shown', () => {
  const names = Array.from({ length: 1000 }, (_, at) => `n${at}`);
  expect(showNames(names, 2)).toBe('"n0", "n1", … (1000 in all)');
});
