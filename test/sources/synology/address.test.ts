import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { parseAddress } from '../../../src/sources/synology/address.ts';
import { SynologySource } from '../../../src/sources/synology/synology-source.ts';

function failure(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('was expected to throw, and did not');
}

test.each(['nas://nas/s?password=SECRET', 'nas/s#SECRET', 'https://nas/?sid=SECRET'])(
  'the query or fragment of %s is refused and not repeated, as it may hold a secret',
  (address) => {
    const error = failure(() => parseAddress({ url: address }));
    expect(isVascuError(error, 'CONFIG') && error.message).toContain('has a "?" or "#"');
    expect(String(error)).not.toContain('SECRET');
  },
);

describe('an address', () => {
  test.each([
    ['192.168.1.100', 'https://192.168.1.100:5001', ''],
    ['nas.local', 'https://nas.local:5001', ''],
    [' nas ', 'https://nas:5001', ''],
    ['nas:5001', 'https://nas:5001', ''],
    ['nas:443', 'https://nas:443', ''],
    ['nas:5000', 'http://nas:5000', ''],
    ['nas:80', 'https://nas:80', ''],
    ['nas:8080', 'https://nas:8080', ''],
    ['nas:05000', 'http://nas:5000', ''],
    ['nas://nas:8443/share', 'https://nas:8443', 'share'],
    ['nas://192.168.1.100:15001/s', 'https://192.168.1.100:15001', 's'],
    ['[::1]:5050', 'https://[::1]:5050', ''],
    ['nas://nas/run@2/x', 'https://nas:5001', 'run@2/x'],
    ['nas://nas/run%402', 'https://nas:5001', 'run@2'],
    ['nas.direct.quickconnect.to:5001', 'https://nas.direct.quickconnect.to:5001', ''],
    [
      'nas://192-168-1-2.nas.direct.quickconnect.to/s',
      'https://192-168-1-2.nas.direct.quickconnect.to:5001',
      's',
    ],
    ['https://NAS.Direct.QuickConnect.to:8443', 'https://nas.direct.quickconnect.to:8443', ''],
    ['nas.direct.quickconnect.cn', 'https://nas.direct.quickconnect.cn:5001', ''],
    ['::1', 'https://[::1]:5001', ''],
    ['fe80::1:2', 'https://[fe80::1:2]:5001', ''],
    ['[::1]', 'https://[::1]:5001', ''],
    ['[::1]:5000', 'http://[::1]:5000', ''],
    ['nas://nas', 'https://nas:5001', ''],
    ['nas://nas:5001/share/dir', 'https://nas:5001', 'share/dir'],
    ['nas://nas:5000/share/dir/', 'http://nas:5000', 'share/dir'],
    ['NAS://nas/a%20%23b/c', 'https://nas:5001', 'a #b/c'],
    ['nas/share/dir', 'https://nas:5001', 'share/dir'],
    ['nas://[2001:db8::1]:5001/s', 'https://[2001:db8::1]:5001', 's'],
    ['https://nas.example.org', 'https://nas.example.org:443', ''],
    ['https://nas.example.org/sub/path/', 'https://nas.example.org:443/sub/path', ''],
    ['https://nas.example.org:8443/nas/webapi/entry.cgi', 'https://nas.example.org:8443/nas', ''],
    ['http://nas', 'http://nas:80', ''],
    ['http://nas:5000/', 'http://nas:5000', ''],
  ])('%j is %s', (url, baseUrl, sourceDir) => {
    expect(parseAddress({ url })).toMatchObject({ baseUrl, sourceDir });
  });

  test.each([
    [{ url: 'nas', port: 5001 }, 'https://nas:5001'],
    [{ url: 'nas', port: 5000 }, 'http://nas:5000'],
    [{ url: 'nas', port: 9000 }, 'https://nas:9000'],
    [{ url: 'nas://nas:9000/s', secure: false }, 'http://nas:9000'],
    [{ url: 'nas', port: 9000, secure: false }, 'http://nas:9000'],
    [{ url: 'nas', port: 443 }, 'https://nas:443'],
    [{ url: 'nas', secure: false }, 'http://nas:5000'],
    [{ url: 'nas', secure: true }, 'https://nas:5001'],
    [{ url: 'nas', port: 5000, secure: true }, 'https://nas:5000'],
    [{ url: 'nas', port: 5001, secure: false }, 'http://nas:5001'],
    [{ url: 'nas:7000', secure: true }, 'https://nas:7000'],
    [{ url: '::1', port: 5001 }, 'https://[::1]:5001'],
    [{ url: 'https://nas', port: 5001 }, 'https://nas:5001'],
    [{ url: 'nas:5001', port: 5001 }, 'https://nas:5001'],
  ])('with options %o is %s', (options, baseUrl) => {
    expect(parseAddress(options).baseUrl).toBe(baseUrl);
  });

  test('names the NAS by host and port, and no user', () => {
    expect(parseAddress({ url: 'https://nas.example.org/sub' }).id).toBe('nas://nas.example.org:443');
    expect(parseAddress({ url: '::1' })).toMatchObject({ id: 'nas://[::1]:5001', host: '::1', port: 5001 });
  });

  test.each([
    [{ url: '' }, 'url'],
    [{ url: 'ftp://nas' }, 'url'],
    [{ url: 'smb://nas/share' }, 'url'],
    [{ url: 'na s' }, 'url'],
    [{ url: 'nas:99999' }, 'url'],
    [{ url: 'nas://nas/a%zz' }, 'url'],
    [{ url: 'nas://nas/a?b' }, 'url'],
    [{ url: 'nas', port: 0 }, 'port'],
    [{ url: 'nas', port: 1.5 }, 'port'],
    [{ url: 'nas:5000', port: 5001 }, 'port'],
  ])('%o is a ConfigError', (options, option) => {
    const error = failure(() => parseAddress(options));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });

  test.each([
    'nas://alice:hunter2@nas/share',
    'alice:hunter2@nas',
    'https://alice:hunter2@nas',
    'nas://alice:hunter2@na s',
    'nas://alice:hunter2/x@nas',
    'alice:hunter2/@nas/share',
  ])('with a password is refused without showing it: %s', (url) => {
    const error = failure(() => parseAddress({ url }));
    expect(isVascuError(error, 'CONFIG')).toBe(true);
    expect(String(error)).not.toContain('hunter2');
  });

  test('of QuickConnect is UNSUPPORTED and says what to give', () => {
    for (const url of [
      'https://name.de.quickconnect.to',
      'quickconnect.to/name',
      'name.quickconnect.to',
      'direct.quickconnect.to',
      'name.cn1.quickconnect.cn',
    ]) {
      const error = failure(() => parseAddress({ url }));
      expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('quickconnect');
      expect(String(error)).toContain('NAME.direct.quickconnect.to');
    }
  });
});

describe('options', () => {
  const good = { url: 'nas', username: 'alice', password: 'x' };

  test.each([
    [{ ...good, url: undefined }, 'url'],
    [{ ...good, host: 'nas' }, 'host'],
    [{ ...good, username: '' }, 'username'],
    [{ ...good, password: '' }, 'password'],
    [{ ...good, verify: 'sha1' as 'md5' }, 'verify'],
    [{ ...good, sourceDir: 'share/../..' }, 'sourceDir'],
    [{ ...good, sourceDir: ['share'] as unknown as string }, 'sourceDir'],
    [{ ...good, pasword: 'x' }, 'pasword'],
    [{ ...good, tls: { fingerprint256: '12' } }, 'tls.fingerprint256'],
    [{ ...good, maxConnections: 0 }, 'maxConnections'],
  ])('%o are a ConfigError for %s', (options, option) => {
    const error = failure(() => new SynologySource(options));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
  });

  test('sourceDir counts before the folder of the address', () => {
    expect(new SynologySource({ ...good, url: 'nas://nas/a/b' }).sourceDir).toBe('a/b');
    expect(new SynologySource({ ...good, url: 'nas://nas/a/b', sourceDir: '\\c\\d\\' }).sourceDir).toBe(
      'c/d',
    );
    expect(new SynologySource({ ...good, url: undefined, host: 'nas' }).id).toBe('nas://nas:5001');
  });
});
