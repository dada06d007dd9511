import { expect, test } from 'vitest';
import { Fingerprint } from '../../src/core/fingerprint.ts';
import { fc, test as property } from '../property.ts';

/** FNV-1a in big integers. */
function reference(bytes: readonly number[]): string {
  const hash = bytes.reduce(
    (value, byte) => ((value ^ BigInt(byte)) * 0x100000001b3n) % 2n ** 64n,
    0xcbf29ce484222325n,
  );
  return hash.toString(16).padStart(16, '0');
}

property('is FNV-1a of the bytes', [fc.array(fc.integer())], (values) => {
  const print = new Fingerprint();
  for (const value of values) print.addInteger(value);
  const bytes = values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff));
  expect(print.toString()).toBe(reference(bytes));
});

property(
  'of texts is that of their code units and lengths',
  [fc.array(fc.string({ unit: 'binary' }))],
  (texts) => {
    const print = new Fingerprint();
    for (const text of texts) print.addText(text);
    const integer = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
    const units = (text: string): number[] =>
      Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)).flatMap((unit) => [
        unit & 0xff,
        unit >> 8,
      ]);
    const bytes = texts.flatMap((text) => [...units(text), ...integer(text.length)]);
    expect(print.toString()).toBe(reference(bytes));
  },
);

test('tells apart where texts end', () => {
  const of = (...texts: readonly string[]): string =>
    texts.reduce((print, text) => print.addText(text), new Fingerprint()).toString();
  expect(new Set([of('ab'), of('a', 'b'), of('', 'ab'), of('ab', ''), of('ba'), of('Ł')]).size).toBe(6);
});
