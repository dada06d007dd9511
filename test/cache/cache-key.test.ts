import { describe, expect } from 'vitest';
import { type CacheKey, OBJECT_NAME, objectName } from '../../src/cache/cache-key.ts';
import { fc, test } from '../property.ts';

const HOSTILE = [
  '../../etc/passwd',
  '..\\..\\windows',
  '/etc/passwd',
  'a\0b',
  'CON',
  'aux.vtu',
  'x'.repeat(4096),
  'caf\u00e9.vtu',
  'cafe\u0301.vtu',
  'Case.vtu',
  'case.vtu',
  'case.vtu.',
  'case.vtu ',
  '😀.vtu',
  '\u202evtu.exe',
  '\ud800.vtu',
  '\udbff.vtu',
  '',
  '.',
  '..',
  'a.JSON',
  'a.vtu/../../x.json',
];

const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
const key: fc.Arbitrary<CacheKey> = fc.record({ source: text, path: text, version: text });

describe('objectName', () => {
  test('is a short, plain name whatever the key', [key], (each) => {
    expect(objectName(each)).toMatch(OBJECT_NAME);
    expect(objectName(each).length).toBeLessThanOrEqual(52);
  });

  test('is the same for equal keys and another for others', [key, key], (one, other) => {
    const equal = one.source === other.source && one.path === other.path && one.version === other.version;
    expect(objectName(one) === objectName(other)).toBe(equal);
    expect(objectName({ ...one })).toBe(objectName(one));
  });

  test('does not run the parts of a key together', [text, text, text], (a, b, c) => {
    fc.pre(b !== '');
    const names = [
      { source: a + b, path: c, version: '' },
      { source: a, path: b + c, version: '' },
      { source: a, path: c, version: b },
    ].map(objectName);
    expect(new Set(names.map((name) => name.slice(0, 40))).size).toBe(3);
  });
});
