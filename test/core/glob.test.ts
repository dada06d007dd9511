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

/** Matches by trying all ways, as the rules are written. */
function matchesByTrying(pattern: string, path: string): boolean {
  if (pattern === '') return path === '';
  const ends = Array.from({ length: path.length + 1 }, (_, end) => end);
  const goesOn = (signs: number, wanted: (passed: string) => boolean): boolean =>
    ends.some((end) => wanted(path.slice(0, end)) && matchesByTrying(pattern.slice(signs), path.slice(end)));
  const choice = /^\{([^{}]*)\}/.exec(pattern);
  if (choice !== null) {
    const choices = choice[1]?.split(',') ?? [];
    return goesOn(choice[0].length, (passed) => choices.some((each) => matchesByTrying(each, passed)));
  }
  if (pattern.startsWith('**/')) return goesOn(3, (passed) => /^(?:[^/]+\/)*$/.test(passed));
  if (pattern.startsWith('**')) return goesOn(2, () => true);
  if (pattern.startsWith('*')) return goesOn(1, (passed) => !passed.includes('/'));
  if (pattern.startsWith('?')) return goesOn(1, (passed) => /^[^/]$/.test(passed));
  if (pattern.startsWith('[!a]')) return goesOn(4, (passed) => /^[^a/]$/.test(passed));
  return goesOn(1, (passed) => passed === pattern[0]);
}

test('patterns of many signs match as the rules are written', () => {
  const sign = fc.constantFrom('a', 'b', '/', '*', '?', '**/', '/**', '[!a]', '{a*,b}', '{*a,/,b?}', '{,a}');
  const pattern = fc.array(sign, { minLength: 1, maxLength: 6 }).map((signs) => signs.join(''));
  const path = fc
    .array(fc.constantFrom('a', 'b', 'a/', '/'), { maxLength: 7 })
    .map((signs) => signs.join(''));
  fc.assert(
    fc.property(pattern, path, (signs, text) => {
      fc.pre(!signs.includes('***') && !signs.startsWith('/') && !signs.startsWith('./'));
      const base = signs.includes('/') ? text : text.slice(text.lastIndexOf('/') + 1);
      expect(compileGlob(signs)(text)).toBe(matchesByTrying(signs, base));
    }),
    { numRuns: 3000 },
  );
});

test.each([
  '**/*-*-*-*-*-*-*.vtu',
  '**/**/a/**/a/**/a/**/*.vtp',
  '{*-,-*}*-*-*-*.vtu',
  '{*-*-*-*-*-*-*,a}.vtu',
  'a**a**a**a**b',
])('names of other people do not make %s slow', (pattern) => {
  const matches = compileGlob(pattern);
  const paths = ['-'.repeat(250), 'a/'.repeat(125), 'a'.repeat(250)];
  for (let time = 0; time < 100; time++) expect(paths.some((path) => matches(`${path}x`))).toBe(false);
});
