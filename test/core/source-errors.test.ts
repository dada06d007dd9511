import { describe, expect, test } from 'vitest';
import { changedFile, isRangeOf, missingFile, outsideFile } from '../../src/core/source-errors.ts';

test('a file that has changed is NOT_FOUND, with both versions and what to do', () => {
  const error = changedFile('nas/a.vtu', '1', '2');
  expect([error.code, error.message]).toEqual([
    'NOT_FOUND',
    'nas/a.vtu has changed: its version is 2, asked for was 1. List the folder again.',
  ]);
});

test('a file that has changed in a way that nobody knows is said to have changed', () => {
  expect(
    changedFile('a.vtu', undefined, undefined, { more: ' It is a page.', folder: 'dataset' }).message,
  ).toBe('a.vtu has changed: asked for was another. It is a page. List the dataset again.');
});

test('a file that is missing is quoted, and keeps its cause', () => {
  const cause = new Error('ENOENT');
  const error = missingFile('a "b".vtu', 'in the folder /data', { cause });
  expect(error).toMatchObject({ message: 'There is no file "a \\"b\\".vtu" in the folder /data.', cause });
});

test('a range that lies outside is told with the size, where it is known', () => {
  expect(outsideFile('a', { start: 3, end: 9 }, 5).message).toBe(
    'a: bytes 3 to 9 do not lie in its 5 bytes.',
  );
  expect(outsideFile('a', { start: 3, end: 1 }).message).toBe('a: bytes 3 to 1 are no range.');
});

describe('isRangeOf', () => {
  test.each([
    [0, 5, true],
    [5, 5, true],
    [0, 6, false],
    [-1, 2, false],
    [3, 2, false],
    [0.5, 2, false],
    [0, Number.NaN, false],
  ])('bytes %d to %d of 5: %s', (start, end, expected) => {
    expect(isRangeOf({ start, end }, 5)).toBe(expected);
  });
});
