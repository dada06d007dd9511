import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { parseAccount } from '../../../src/protocols/smb/account.ts';
import { dialectName } from '../../../src/protocols/smb/protocol.ts';
import { fromWire, toWire } from '../../../src/protocols/smb/wire-path.ts';
import type { SmbSourceOptions } from '../../../src/sources/smb/options.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { sizeOfVersion, toDate, versionOf } from '../../../src/sources/smb/version.ts';
import { fc, test as property } from '../../property.ts';

const make = (options: Partial<SmbSourceOptions>): SmbSource =>
  new SmbSource({ host: 'nas', username: 'x', password: 'y', ...options });

describe('options', () => {
  test.each([
    [{ host: 'nas' }, 'smb://nas/'],
    [{ host: 'nas', port: 445 }, 'smb://nas/'],
    [{ host: '10.0.0.1', port: 4445, share: 'sims' }, 'smb://10.0.0.1:4445/sims'],
    [{ host: '::1', share: 'my sims' }, 'smb://[::1]/my%20sims'],
    [{ host: '[fe80::1%eth0]' }, 'smb://[fe80::1%eth0]/'],
  ])('%j is named %s', (options, id) => {
    expect(make(options).id).toBe(id);
  });

  test.each([
    ['host', { host: '' }],
    ['host', { host: 'smb://nas' }],
    ['host', { host: 'nas/share' }],
    ['host', { host: 'nas:445' }],
    ['host', { host: 'user@nas' }],
    ['port', { port: 0 }],
    ['port', { port: 1.5 }],
    ['share', { share: 'a/b' }],
    ['share', { share: '' }],
    ['username', { username: undefined }],
    ['username', { username: 'DOMAIN\\' }],
    ['domain', { username: 'A\\user', domain: 'B' }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['idleTimeoutMs', { idleTimeoutMs: Number.NaN }],
    ['guest', { guest: true, requireEncryption: true }],
    ['signing', { signing: 'never' }],
    ['passwort', { passwort: 'x' }],
    ['password', { password: 5 }],
    ['password', { password: ['x'] }],
  ] as [string, Partial<SmbSourceOptions>][])('a wrong %s is refused: %j', (option, options) => {
    let error: unknown;
    try {
      make(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });
});

describe('accounts', () => {
  test.each([
    ['user', undefined, 'user', ''],
    ['user', 'D', 'user', 'D'],
    ['D\\user', undefined, 'user', 'D'],
    ['D\\user', 'd', 'user', 'd'],
    ['user@example.org', undefined, 'user', 'example.org'],
    ['MicrosoftAccount\\me@example.org', undefined, 'me@example.org', 'MicrosoftAccount'],
    ['me@example.org', 'D', 'me@example.org', 'D'],
    ['a@b@c', undefined, 'a@b', 'c'],
    ['@odd', undefined, '@odd', ''],
  ])('%s with domain %s is %s of %s', (given, domain, username, expected) => {
    expect(parseAccount(given, domain)).toEqual({ username, domain: expected });
  });
});

describe('names on the wire', () => {
  test('reserved characters travel as private ones', () => {
    expect(toWire('a:b?/c*"<>|\\d')).toBe('a\uf022b\uf025\\c\uf021\uf020\uf023\uf024\uf027\uf026d');
    expect(toWire('a. /b./c d.e')).toBe('a.\uf028\\b\uf029\\c d.e');
    expect(toWire('\u0001\u001f')).toBe('\uf001\uf01f');
  });

  property(
    'every name comes back as it was',
    [fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !/[/\0\uf001-\uf029]/.test(name))],
    (name) => {
      expect(fromWire(toWire(name))).toBe(name);
      expect(toWire(name)).not.toMatch(/[\\:*?"<>|]/);
    },
  );
});

describe('versions', () => {
  property(
    'say the size of the file',
    [
      fc.maxSafeNat(),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.option(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n })),
    ],
    (size, lastWrite, id) => {
      expect(sizeOfVersion(versionOf({ size, lastWrite, diskId: id ?? undefined }))).toBe(size);
    },
  );

  test.each([undefined, '', 'abc', '12', '-1-2', '1-2-3-4', '1.5-2'])('%j says none', (version) => {
    expect(sizeOfVersion(version)).toBeUndefined();
  });

  test('times are to the millisecond, and none where there is none', () => {
    expect(toDate(116_444_736_000_000_000n + 12_345_678n)).toEqual(new Date(1234));
    expect(toDate(0n)).toBeUndefined();
    expect(toDate(2n ** 64n - 1n)?.getTime()).not.toBeNaN();
  });

  test.each([
    [0x0202, '2.0.2'],
    [0x0210, '2.1'],
    [0x0300, '3.0'],
    [0x0302, '3.0.2'],
    [0x0311, '3.1.1'],
  ])('dialect %i is called %s', (dialect, name) => {
    expect(dialectName(dialect)).toBe(name);
  });
});
