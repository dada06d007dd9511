import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError, isVascuError } from '../../src/core/errors.ts';
import { parseJson } from '../../src/core/lenient-json.ts';

function failure(text: string, before?: string): FormatError {
  try {
    parseJson(text, 'case.json', before);
  } catch (error) {
    if (isVascuError(error, 'FORMAT')) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('parseJson', () => {
  test('takes the literals that Python writes, but not inside strings', () => {
    const text = '{"a": NaN, "b": [Infinity, -Infinity], "c": "NaN, Infinity", "d": -1.5e3}';
    expect(parseJson(text, 'case.json')).toEqual({
      a: Number.NaN,
      b: [Infinity, -Infinity],
      c: 'NaN, Infinity',
      d: -1500,
    });
  });

  test('beside such a literal reads any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t'), (json, space) => {
        const expected: unknown = JSON.parse(json);
        expect(parseJson(`[NaN,${space}${json}${space}]`, 'case.json')).toEqual([Number.NaN, expected]);
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:01-.eE+ntruefals\\\n') }), (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          failure(text);
          return;
        }
        expect(parseJson(text, 'case.json')).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('"__proto__" is a key like any other', () => {
    const value = parseJson('{"__proto__": 1, "x": NaN}', 'case.json') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'x']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test.each([
    ['{"a": 1,}', 8, '"}"'],
    ['{"é": 1\n "b": 2}', 10, '"""'],
    ['[1, 2', 5, 'the end'],
    ['', 0, 'the end'],
    ['{"a": 1} x', 9, '"x"'],
    ["{'a': 1}", 1, `"'"`],
    ['["a\nb"]', 1, '"""'],
  ])('%j is wrong at byte %i, where %s is found', (text, offset, found) => {
    const error = failure(text);
    expect(error).toMatchObject({ path: 'case.json', offset });
    expect(error.problem).toContain(`found ${found}`);
  });

  test('counts line and byte from the start of the file', () => {
    const error = failure('{"a" 1}', '{"é": 1}\n');
    expect(error.offset).toBe(15);
    expect(error.problem).toContain('(line 2)');
  });

  test('refuses nesting without end instead of overflowing the stack', () => {
    expect(failure(`${'['.repeat(100_000)}NaN`).problem).toContain('nested');
  });
});
