import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { compileFilter } from '../../src/metadata/filter-expression.ts';
import { fc, test as property } from '../property.ts';

const METADATA = {
  age: 60,
  name: 'Aorta left',
  is_healthy: true,
  tags: ['ct', 'aorta'],
  score: Number.NaN,
  'wall shear': 2.5,
  units: { length: 'cm', 'a b': { deep: 1 } },
  nothing: null,
};

function holds(expression: string): boolean {
  return compileFilter(expression)(METADATA);
}

function problemOf(expression: string): string {
  try {
    compileFilter(expression);
  } catch (error) {
    if (isVascuError(error, 'CONFIG')) return error.message;
    throw error;
  }
  throw new Error(`${expression} was accepted`);
}

describe('compileFilter', () => {
  test.each([
    ['age > 50 && is_healthy'],
    ['age == 60 and not (age == 61)'],
    ['age >= 60 && age <= 60 && age != 61'],
    ['!(age < 60) || missing > 3'],
    ['name == "Aorta left"'],
    ["name == 'Aorta left'"],
    ['contains(name, "left") && contains(tags, "ct") && !contains(tags, "mr")'],
    ['startsWith(name, "Aorta") && endsWith(lower(name), "LEFT") == false'],
    ['"ct" in tags && age in [50, 60] && age not in [50]'],
    ['"left" in name'],
    ['`wall shear` * 2 == 5'],
    ['units.length == "cm" && units["a b"].deep == 1'],
    ['tags[0] == "ct" && tags[-1] == "aorta" && length(tags) == 2'],
    ['missing == null && nothing == null && age != null'],
    ['exists(age) && !exists(missing) && !exists(nothing)'],
    ['1 + 2 * 3 == 7 && (1 + 2) * 3 == 9 && 7 % 4 == 3 && -age == -60 && 10 - 4 - 3 == 3'],
    ['abs(-2) == 2 && min(3, age) == 3 && max(1, 2, 3) == 3 && round(2.6) == 3'],
    ['"b" > "a" && upper("a") == "A"'],
    ['is_healthy == True and nothing == None'],
    ['true || false && false'],
    ['.5 < 1e0'],
    ['"it\\"s" == \'it"s\''],
  ])('%s holds', (expression) => expect(holds(expression)).toBe(true));

  test.each([
    ['missing > 3'],
    ['missing < 3'],
    ['missing == 3'],
    ['missing != 3'],
    ['missing not in [3]'],
    ['missing.deep.er == 1'],
    ['age > "50"'],
    ['age == "60"'],
    ['score == score'],
    ['score < 1 || score > 1'],
    ['missing + 1 > 0'],
    ['name - 1 < 1'],
    ['missing'],
    ['not is_healthy'],
    ['!is_healthy == false && false'],
  ])('%s does not hold', (expression) => expect(holds(expression)).toBe(false));

  test.each([
    ['age > && healthy', 'a value is missing before &&', 6],
    ['age >', 'something is missing at its end', 5],
    ['', 'it is empty', 0],
    ['age = 5', 'write == instead of =', 4],
    ['age & 5', 'write && instead of &', 4],
    ['(age > 5', ') is missing for this (', 0],
    ['age > 5)', ') follows where an operator', 7],
    ['name == "abc', 'the text that begins with " has no end', 8],
    ['1 < age < 5', 'comparisons do not chain', 8],
    ['evil(1)', 'there is no function evil', 0],
    ['contains(1)', 'contains takes 2 values, not 1', 0],
    ['age in [1 2]', '2 follows where , should', 10],
    ['age #', '# has no meaning here', 4],
    ['5age > 3', 'a number must not run into a name', 0],
    ['age age', 'age follows where an operator', 4],
    ['units. > 3', 'a name must follow the dot', 7],
    ['or', 'a value is missing before or', 0],
  ])('%s is refused and the place shown', (expression, problem, at) => {
    const [first, shown = '', mark = ''] = problemOf(expression).split('\n');
    expect(first).toContain(problem);
    expect(shown.trimEnd()).toBe(`  ${expression}`.trimEnd());
    expect(mark).toBe(`  ${' '.repeat(at)}^`);
  });

  test('shows only the surroundings of a place in a long expression', () => {
    const [, shown = '', mark = ''] = problemOf(`${'a && '.repeat(100)}&& b`).split('\n');
    expect(shown.length).toBeLessThan(90);
    expect(shown[mark.indexOf('^')]).toBe('&');
  });

  test('names the keys that it looks at', () => {
    expect(compileFilter('a > 1 && `b c`.d == e && exists(a) && length(f) == 1').names).toEqual([
      'a',
      'b c',
      'e',
      'f',
    ]);
  });

  test.each(['__proto__', 'constructor', 'toString', 'units.constructor', 'tags.length', 'name.length'])(
    'nothing is inherited: %s',
    (name) => expect(holds(`exists(${name})`)).toBe(false),
  );

  test('own keys of any name are found', () => {
    const metadata = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, unknown>;
    expect(compileFilter('__proto__ == 1 && constructor == 2')(metadata)).toBe(true);
  });

  test('nesting and length have a limit', () => {
    expect(problemOf(`${'('.repeat(5000)}1`)).toContain('nested more than');
    expect(problemOf('!'.repeat(5000))).toContain('nested more than');
    expect(problemOf('1+'.repeat(5000))).toContain('characters');
    expect(compileFilter(`${'1+'.repeat(3500)}1 > 0`)({})).toBe(true);
  });

  property(
    'no text runs anything or fails otherwise than by a ConfigError',
    [fc.string({ unit: 'grapheme' })],
    (text) => {
      try {
        expect(typeof compileFilter(text)(METADATA)).toBe('boolean');
      } catch (error) {
        if (!isVascuError(error, 'CONFIG')) throw error;
      }
    },
  );

  const words = [
    'age',
    'name',
    'x',
    '1',
    '"s"',
    '(',
    ')',
    '[',
    ']',
    ',',
    '.',
    '&&',
    '||',
    '!',
    '==',
    '<',
    '+',
    '-',
    'in',
    'not',
    'exists',
  ];
  property(
    'no sequence of words fails otherwise than by a ConfigError that shows a place inside it',
    [fc.array(fc.constantFrom(...words), { maxLength: 12 })],
    (sequence) => {
      const text = sequence.join(' ');
      try {
        compileFilter(text)(METADATA);
      } catch (error) {
        if (!isVascuError(error, 'CONFIG')) throw error;
        const mark = error.message.split('\n')[2] ?? '';
        expect(mark.indexOf('^') - 2).toBeLessThanOrEqual(text.length);
      }
    },
    { numRuns: 500 },
  );

  const number = fc.integer({ min: -9, max: 9 });
  const tree = fc.letrec<{ sum: string }>((tie) => ({
    sum: fc.oneof(
      { maxDepth: 4 },
      number.map(String),
      fc
        .tuple(tie('sum'), fc.constantFrom('+', '-', '*'), tie('sum'), fc.boolean())
        .map(([left, sign, right, grouped]) =>
          grouped ? `(${left} ${sign} ${right})` : `${left} ${sign} ${right}`,
        ),
    ),
  })).sum;
  property('arithmetic and its precedence are those of JavaScript', [tree, tree], (left, right) => {
    // oxlint-disable-next-line no-implied-eval -- the text is made of digits and signs here
    const expected = new Function(`return (${left}) < (${right})`)() as boolean;
    expect(compileFilter(`${left} < ${right}`)({})).toBe(expected);
  });

  property(
    'logic is that of JavaScript, with and without words',
    [
      fc.array(fc.tuple(fc.constantFrom('&&', '||'), fc.boolean(), fc.boolean()), {
        minLength: 1,
        maxLength: 8,
      }),
    ],
    (terms) => {
      const text = terms
        .map(([sign, not, value], i) => `${i > 0 ? sign : ''} ${not ? '!' : ''}${value}`)
        .join(' ');
      // oxlint-disable-next-line no-implied-eval -- the text is made of words of ours
      const expected = new Function(`return ${text}`)() as boolean;
      expect(compileFilter(text)({})).toBe(expected);
      const inWords = text.replaceAll('&&', 'and').replaceAll('||', 'or').replaceAll('!', 'not ');
      expect(compileFilter(inWords)({})).toBe(expected);
    },
  );
});
