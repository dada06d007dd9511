import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NotFoundError } from '../../src/core/errors.ts';
import { assertInside, resolveSibling } from '../../src/core/safe-path.ts';

describe('assertInside', () => {
  test.each(['', '/', '/etc/passwd', '..', '../x', 'a/../b', 'a/..', './a', 'a//b', 'a/', 'a\0b'])(
    'refuses %j',
    (path) => {
      expect(() => assertInside(path)).toThrow(NotFoundError);
    },
  );
  test.each(['a', 'a/b.vtu', 'a/..b', '...', 'é/ ü.vtu'])('takes %j', (path) => {
    expect(() => assertInside(path)).not.toThrow();
  });
});

describe('resolveSibling', () => {
  test.each([
    ['a/b.pvtu', 'c.vtu', 'a/c.vtu'],
    ['b.pvtu', './pieces/c.vtu', 'pieces/c.vtu'],
    ['a/b.pvtu', '../c.vtu', 'c.vtu'],
    ['a/b.pvtu', 'pieces\\c.vtu', 'a/pieces/c.vtu'],
    ['a/b.pvtu', 'case:1.vtu', 'a/case:1.vtu'],
  ])('from %s, %s is %s', (from, relative, expected) => {
    expect(resolveSibling(from, relative)).toBe(expected);
  });
  test.each(['../../c.vtu', '/c.vtu', '\\c.vtu', 'C:\\c.vtu', 'C:c.vtu', 'file:///c.vtu', 'c\0.vtu', '..'])(
    'from a/b.pvtu, %j leads nowhere inside',
    (relative) => {
      expect(resolveSibling('a/b.pvtu', relative)).toBeUndefined();
    },
  );
  test('what it gives is inside, and is what the rules of paths say', () => {
    const names = fc.array(fc.constantFrom('a', 'b', '.', '..', ''), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(names, (parts) => {
        const relative = parts.join('/');
        const resolved = resolveSibling('x/y/from.pvtu', relative);
        if (resolved === undefined) return;
        expect(() => assertInside(resolved)).not.toThrow();
        expect(resolved).toBe(posix.join('x/y', relative).replace(/\/$/, ''));
      }),
    );
  });
});
