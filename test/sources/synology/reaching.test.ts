import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';
import { PASSWORD, readText, startNas } from './loopback.ts';

/** As a device is delivered with: for a name that is never the one it is reached by. */
const tls = makeCertificate({ names: 'DNS:synology' });
const { fingerprint256 } = tls;

describe('over https', () => {
  test('a self-signed certificate is refused before anything is sent, with its fingerprint', async () => {
    const { dsm, source } = await startNas({ tls });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
    expect(String(error)).toContain(fingerprint256);
    expect(dsm.log).toEqual([]);
  });

  test.each([
    ['fingerprint256', { fingerprint256 }],
    ['insecure', { insecure: true }],
  ])('it is accepted with tls.%s, and there is no warning', async (_, options) => {
    const { dsm, source, warnings } = await startNas({ tls }, { tls: options });
    dsm.files.write('/s/a.vtu', 'mesh');
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    expect(warnings).toEqual([]);
    await source.close();
    expect(dsm.liveSessions).toBe(0);
  });

  test('with another fingerprint nothing is sent', async () => {
    const { dsm, source } = await startNas({ tls }, { tls: { fingerprint256: 'AB'.repeat(32) } });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
    expect(dsm.log).toEqual([]);
  });

  test('connections are kept: 30 files take few handshakes', async () => {
    const { dsm, source } = await startNas({ tls }, { tls: { fingerprint256 } });
    for (let index = 0; index < 30; index++) dsm.files.write(`/s/${index}.vtu`, 'mesh');
    await Promise.all(Array.from({ length: 30 }, (_, index) => readText(source, `s/${index}.vtu`)));
    expect(dsm.connections).toBeLessThanOrEqual(12);
  });
});

describe('the wrong kind of port', () => {
  test('https at the port of http says so, and that 5001 is https', async () => {
    const { dsm, source } = await startNas({}, { secure: true });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toMatch(/does not speak TLS/);
    expect(String(error)).toContain('5000 is http, 5001 is https');
    expect(dsm.log).toEqual([]);
  });

  test('http at the port of https says so', async () => {
    const { source } = await startNas({ tls }, { secure: false });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('5000 is http, 5001 is https');
  });

  test('a web server that is no DSM is named by what it shows', async () => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><title>My router</title></html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const source = new SynologySource({
      url: `127.0.0.1:${port}`,
      secure: false,
      username: 'alice',
      password: PASSWORD,
      proxy: false,
    });
    onTestFinished(() => source.close());
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('My router');
  });

  test('a port of plain http that no option names as one gets no password, and says which option', async () => {
    const { dsm } = await startNas();
    const { source } = await startNas({}, { url: `nas://127.0.0.1:${dsm.port}/s` });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('secure: false');
    expect(dsm.log).toEqual([]);
  });

  test('nobody listening there is a NetworkError', async () => {
    const { dsm, source } = await startNas();
    await dsm.close();
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('refuses');
  });
});

describe('the way to the NAS', () => {
  test.each(['5.2', '6.2', '7.2'] as const)(
    'may have a sub-path of a reverse proxy (%s)',
    async (version) => {
      const { dsm, source } = await startNas({ version, basePath: '/home/nas' });
      dsm.files.write('/s/a.vtu', 'mesh');
      expect(await readText(source, 's/a.vtu')).toBe('mesh');
      expect(dsm.log.every(({ url }) => url.startsWith('/home/nas/webapi/'))).toBe(true);
    },
  );

  test('without that sub-path says to check the path', async () => {
    const { dsm } = await startNas({ basePath: '/home/nas' });
    const { source } = await startNas({}, { url: `127.0.0.1:${dsm.port}`, secure: false });
    expect(String(await failureOf(source.connect()))).toContain('behind a reverse proxy, the path');
  });

  test('may be IPv6', async () => {
    const { dsm, source } = await startNas({ listenAt: '::1' });
    dsm.files.write('/s/a.vtu', 'mesh');
    expect(source.id).toBe(`nas://[::1]:${dsm.port}`);
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
  });

  test('may be that of a DSM that answers at entry.cgi only', async () => {
    const { dsm, source } = await startNas();
    Object.assign(dsm.profile, { alsoAt: {} });
    onTestFinished(
      () =>
        void Object.assign(dsm.profile, {
          alsoAt: { 'query.cgi': 'SYNO.API.Info', 'auth.cgi': 'SYNO.API.Auth' },
        }),
    );
    dsm.files.write('/s/a.vtu', 'mesh');
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
  });

  test('is https where the NAS redirects to that, on the same host', async () => {
    const { dsm } = await startNas({ tls });
    dsm.files.write('/s/a.vtu', 'mesh');
    const { dsm: plain, source, warnings } = await startNas({}, { tls: { fingerprint256 } });
    plain.faults.add(
      { api: 'SYNO.API.Info', times: Number.POSITIVE_INFINITY },
      {
        kind: 'answer',
        status: 302,
        headers: {
          Location: `${dsm.url}/webapi/query.cgi?api=SYNO.API.Info&version=1&method=query&query=all`,
        },
        body: '',
      },
    );
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    expect(plain.log.map(({ api }) => api)).toEqual(['SYNO.API.Info']);
    expect(warnings).toEqual([]);
  });

  test('is not left for another host: the password stays', async () => {
    const { dsm: other } = await startNas();
    const { dsm, source } = await startNas();
    const headers = {
      Location: `${other.url.replace('127.0.0.1', 'localhost')}/webapi/query.cgi?api=SYNO.API.Info&version=1&method=query&query=all`,
    };
    dsm.faults.add({ api: 'SYNO.API.Info' }, { kind: 'answer', status: 302, headers, body: '' });
    expect(isVascuError(await failureOf(source.connect()), 'NETWORK')).toBe(true);
    expect(other.calls('Auth')).toEqual([]);
  });

  test('a NAS without File Station is UNSUPPORTED and says what to install', async () => {
    const { dsm, source } = await startNas();
    dsm.faults.add(
      { api: 'SYNO.API.Info' },
      { kind: 'edit', edit: ({ 'SYNO.API.Auth': auth }) => ({ 'SYNO.API.Auth': auth }) },
    );
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'UNSUPPORTED')).toBe(true);
    expect(String(error)).toContain('Package Center');
  });

  test('an API path that leads elsewhere is not followed', async () => {
    const { dsm, source } = await startNas();
    dsm.faults.add(
      { api: 'SYNO.API.Info' },
      {
        kind: 'edit',
        edit: (data) => ({
          ...data,
          'SYNO.API.Auth': { path: '../../evil.cgi', minVersion: 1, maxVersion: 6 },
        }),
      },
    );
    expect(isVascuError(await failureOf(source.connect()), 'UNSUPPORTED')).toBe(true);
    expect(dsm.log).toHaveLength(1);
  });

  test('is found again after the NAS was started anew', async () => {
    const { dsm, source } = await startNas();
    dsm.files.write('/s/a.vtu', 'mesh');
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    dsm.disconnect();
    dsm.auth.expire(119);
    expect(await readText(source, 's/a.vtu')).toBe('mesh');
    expect(dsm.auth.attempts).toBe(2);
  });
});

describe('parameters', () => {
  test('go as JSON from version 2 on, and escaped lists before', async () => {
    for (const [version, expected] of [
      ['7.2', '["/s/a, b\\\\c.vtu"]'],
      ['5.2', '/s/a\\, b\\\\c.vtu'],
    ] as const) {
      const { dsm, source } = await startNas({ version });
      dsm.files.write('/s/a, b\\c.vtu', 'mesh');
      expect(await readText(source, 's/a, b\\c.vtu')).toBe('mesh');
      expect(dsm.calls('Download')[0]?.parameters.get('path')).toBe(expected);
      expect(dsm.log.every(({ url }) => !url.includes('+'))).toBe(true);
    }
  });

  test('only the sign-in and the sign-out are POSTs', async () => {
    const { dsm, source } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/s/a.vtu', 'mesh');
    await readText(source, 's/a.vtu');
    await source.listShares();
    await source.close();
    const posts = dsm.log.filter(({ verb }) => verb === 'POST').map(({ api, method }) => `${api} ${method}`);
    expect(posts).toEqual(['SYNO.API.Auth login', 'SYNO.API.Auth logout']);
  });
});
