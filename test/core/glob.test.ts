import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { compileGlob } from '../../src/core/glob.ts';

const MATCHES: readonly [pattern: string, path: string, expected: boolean][] = [
  ['*.vtu', 'a.vtu', true],
  ['*.vtu', 'deep/down/a.vtu', true],
  ['*.vtu', 'a.vtp', false],
  ['*.vtu', 'a.vtu.json', false],
  ['a.vtu', 'aXvtu', false],
  ['*', '.hidden', true],
  ['cases/*.vtu', 'cases/a.vtu', true],
  ['cases/*.vtu', 'cases/b/a.vtu', false],
  ['cases/*.vtu', 'x/cases/a.vtu', false],
  ['/*.vtu', 'a.vtu', true],
  ['/*.vtu', 'b/a.vtu', false],
  ['./*.vtu', 'b/a.vtu', false],
  ['cases/**', 'cases/b/a.vtu', true],
  ['cases/**', 'cases', false],
  ['**/a.vtu', 'a.vtu', true],
  ['**/a.vtu', 'x/y/a.vtu', true],
  ['x/**/a.vtu', 'x/a.vtu', true],
  ['x/**/a.vtu', 'x/y/z/a.vtu', true],
  ['x/**/a.vtu', 'xa.vtu', false],
  ['case_?.vtu', 'case_1.vtu', true],
  ['case_?.vtu', 'case_é.vtu', true],
  ['case_?.vtu', 'case_🫀.vtu', true],
  ['case_?.vtu', 'case_12.vtu', false],
  ['x/?', 'x//', false],
  ['case_[0-2].vtu', 'case_1.vtu', true],
  ['case_[0-2].vtu', 'case_3.vtu', false],
  ['case_[!0-2].vtu', 'case_3.vtu', true],
  ['case_[^0-2].vtu', 'case_1.vtu', false],
  ['x/[!a]b', 'x//b', false],
  ['[]].vtu', '].vtu', true],
  ['*.{vtu,vtp}', 'a.vtp', true],
  ['*.{vtu,vtp}', 'a.vtk', false],
  ['{a/*,b}/c', 'a/x/c', true],
  ['a\\*.vtu', 'a*.vtu', true],
  ['a\\*.vtu', 'ab.vtu', false],
  ['a+(b).vtu', 'a+(b).vtu', true],
  ['a[.vtu', 'a[.vtu', true],
  ['[].vtu', '[].vtu', true],
  ['A.vtu', 'a.vtu', false],
];

describe('compileGlob', () => {
  test.each(MATCHES)('%s against %s: %s', (pattern, path, expected) => {
    expect(compileGlob(pattern)(path)).toBe(expected);
  });

  test('a path, its signs escaped, matches itself and nothing longer', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(fc.array(name, { minLength: 2, maxLength: 4 }), (names) => {
        const path = names.join('/');
        const matches = compileGlob(`/${path.replace(/[\\*?[\]{}]/g, '\\$&')}`);
        expect(matches(path)).toBe(true);
        expect(matches(`${path}x`)).toBe(false);
      }),
    );
  });

  test('a range that runs backwards is a ConfigError for pattern', () => {
    let error: unknown;
    try {
      compileGlob('[z-a]');
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('pattern');
  });
});
