import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { explainSystemError } from '../../src/core/system-error.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system words it, open '/data/a.vtu'`), { code });
}

const CODES = Object.keys(constants.errno);

test.each(['read', 'write'] as const)(
  'every error of the system becomes a typed one of its own words: %s',
  (verb) => {
    for (const code of CODES) {
      const cause = systemError(code);
      const error = explainSystemError(cause, { verb, file: '/data/a.vtu', option: 'output' });
      expect(isVascuError(error, 'NOT_FOUND', 'CONFIG', 'NETWORK')).toBe(true);
      expect(error).toMatchObject({ cause, message: expect.stringContaining('/data/a.vtu') as string });
      expect(error?.message).not.toContain('as the system words it');
      expect(error?.message).toMatch(/^[A-Z/].*\.$/);
    }
  },
);

test.each([
  ['ENOENT', 'read', 'NOT_FOUND', /There is no file/],
  ['EACCES', 'read', 'CONFIG', /No permission to read .*: ask its owner/],
  ['EPERM', 'write', 'CONFIG', /No permission to write .*: choose another place/],
  ['EROFS', 'write', 'CONFIG', /can only be read/],
  ['ENOSPC', 'write', 'CONFIG', /disk is full/],
  ['EDQUOT', 'write', 'CONFIG', /your share of its disk/],
  ['EISDIR', 'read', 'CONFIG', /is a folder/],
  ['EMFILE', 'read', 'CONFIG', /ulimit -n/],
  ['ENAMETOOLONG', 'write', 'CONFIG', /too long/],
  ['ESTALE', 'read', 'NETWORK', /mounted/],
  ['ERR_INVALID_ARG_VALUE', 'read', 'NOT_FOUND', /There is no file/],
  ['ERR_INVALID_ARG_VALUE', 'write', 'CONFIG', /no name of a file/],
] as const)('%s, on %s, is %s and says what to do', (code, verb, kind, words) => {
  const error = explainSystemError(systemError(code), { verb, file: 'a', option: 'output' });
  expect([error?.code, error?.message]).toEqual([kind, expect.stringMatching(words)]);
});

test.each([new Error('no code'), systemError('ABORT_ERR'), systemError('ERR_ASSERTION'), 'text', undefined])(
  '%s is none of the system',
  (cause) => {
    expect(explainSystemError(cause, { verb: 'read', file: 'a', option: 'file' })).toBeUndefined();
  },
);

test('a name that lost its bytes on the way is said to be no UTF-8', () => {
  const action = { verb: 'read', option: 'file' } as const;
  const [lost, sound] = ['caf\uFFFD.vtu', 'caf\u00e9.vtu'].map((file) =>
    explainSystemError(systemError('ENOENT'), { ...action, file }),
  );
  expect(lost?.message).toMatch(/no UTF-8 cannot be given: rename the file\.$/);
  expect(sound?.message).not.toMatch(/UTF-8/);
});
