import { describe, expect, test } from 'vitest';
import { type ErrorCode, isVascuError } from '../../../src/core/errors.ts';
import { ApiFailure, authFailure, endsSession, fileFailure } from '../../../src/sources/synology/codes.ts';

const context = { id: 'nas://nas:5001', username: 'alice', label: 'the folder "share/x"' };

describe('a code of File Station', () => {
  test.each<[readonly number[], ErrorCode, RegExp]>([
    [[100, 109, 110, 111, 117, 118, 402, 421], 'NETWORK', /share\/x/],
    [[401, 417], 'NETWORK', /Storage Manager/],
    [[101, 114, 120, 400], 'UNSUPPORTED', /report it/],
    [[102, 103, 104], 'UNSUPPORTED', /Package Center/],
    [
      [105, 403, 404, 405, 406, 407],
      'AUTH',
      /"alice" has no right to read the folder "share\/x".*Permissions/,
    ],
    [[160], 'AUTH', /Applications/],
    [[408], 'NOT_FOUND', /share\/x/],
    [[412, 413, 418, 419, 420], 'NOT_FOUND', /takes no such name/],
  ])('of %j is %s', (codes, code, text) => {
    for (const number of codes) {
      const error = fileFailure(new ApiFailure(number), context);
      expect(error.code).toBe(code);
      expect(error.message).toMatch(text);
      expect(error.message).toContain('nas://nas:5001');
      if (isVascuError(error, 'NETWORK')) expect(error.retryable).toBe(true);
    }
  });

  test.each([
    [107, /account of its own/],
    [150, /changing addresses/],
    [106, /drop cookies/],
    [119, /drop cookies/],
    [409, /offline/],
    [410, /offline/],
    [599, /forgotten/],
    [4711, /error 4711/],
  ])('of %i is a NetworkError that trying again does not help', (code, text) => {
    const error = fileFailure(new ApiFailure(code), context);
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(error.message).toMatch(text);
  });

  test('names the parameter that the NAS complains of', () => {
    const error = fileFailure(new ApiFailure(400, { name: 'folder_path', reason: 'type' }), context);
    expect(error.message).toContain('"folder_path"');
  });
});

describe('a code of the sign-in', () => {
  test.each([400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 160])(
    'of %i is an AuthError',
    (code) => {
      const error = authFailure(new ApiFailure(code), context);
      expect(error.code).toBe('AUTH');
      expect(error.message).toContain('nas://nas:5001');
    },
  );

  test.each<[number, ErrorCode]>([
    [100, 'NETWORK'],
    [102, 'UNSUPPORTED'],
    [4711, 'NETWORK'],
  ])('of %i, which every API has, is %s', (code, expected) => {
    const error = authFailure(new ApiFailure(code), context);
    expect(error.code).toBe(expected);
    expect(error.message).toContain('the sign-in of "alice"');
  });
});

test('four codes end a session; "no permission" is not one of them', () => {
  const codes = [100, 105, 106, 107, 108, 119, 150, 160, 400, 408];
  expect(codes.filter(endsSession)).toEqual([106, 107, 119, 150]);
});
