import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type AuthReason, isVascuError } from '../../../src/core/errors.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { sparse, sparseByte } from '../../servers/dsm/file-tree.ts';
import { failureOf } from '../../temporary-folder.ts';
import { collect, PASSWORD, readAll, readText, startNas } from './loopback.ts';

/**
 * What the Python package that this one follows gets wrong on a NAS, one test for each, in the order of the list
 * that was made of it (17, uploads, does not concern a reader).
 */
describe('unlike the original,', () => {
  test('1: a missing file is NOT_FOUND, the second time too, and so is missing metadata', async () => {
    const { source, dsm } = await startNas();
    dsm.files.share('s');
    for (const path of ['s/missing.vtu', 's/missing.vtu', 's/missing.json']) {
      expect(isVascuError(await failureOf(source.open(path)), 'NOT_FOUND')).toBe(true);
    }
  });

  test.each([106, 119])(
    '2: a session that ends (%i) loses no file, no metadata and no listing',
    async (code) => {
      const { source, dsm } = await startNas();
      dsm.files.write('/s/case_2.vtu', 'mesh'.repeat(5500));
      dsm.files.write('/s/case_2.json', '{"is_healthy":true}');
      await source.connect();
      for (const use of [
        async () => expect(await readText(source, 's/case_2.vtu')).toHaveLength(22_000),
        async () => expect(await readText(source, 's/case_2.json')).toBe('{"is_healthy":true}'),
        async () => expect(await source.listDirectory('s')).toHaveLength(2),
        async () => expect(await collect(source)).toHaveLength(2),
      ]) {
        dsm.auth.expire(code);
        await use();
      }
      expect(dsm.auth.attempts).toBe(5);
    },
  );

  test('3: neither password nor session id is in a URL or a message; without being told otherwise it is https', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/s/a.vtu', 'x');
    await readText(source, 's/a.vtu');
    dsm.faults.add({ api: 'Download', times: 9 }, { kind: 'answer', status: 500, body: 'broken' });
    const error = await failureOf(source.open('s/a.vtu'));
    for (const secret of dsm.auth.secrets) expect(inspect(error, { depth: 9 })).not.toContain(secret);
    expect(dsm.leaks()).toEqual([]);
    const { source: named } = await startNas({}, { url: '192.0.2.1' });
    expect(named.id).toBe('nas://192.0.2.1:5001');
  });

  test('4: each reason why a connection fails is an error of its own', async () => {
    const reasons: (AuthReason | string)[] = [];
    const reasonOf = (error: unknown): string =>
      isVascuError(error, 'AUTH') ? error.reason : isVascuError(error) ? error.code : 'none';
    const tryAll = [
      await startNas({}, { password: 'wrong' }),
      await startNas({ accounts: { alice: { password: PASSWORD, otp: '1' } } }),
      await startNas({ blockAfter: 0 }),
      await startNas({ tls: makeCertificate() }),
      await startNas({}, { url: 'nas://nas.invalid:5001' }),
    ];
    for (const { source } of tryAll) reasons.push(reasonOf(await failureOf(source.connect())));
    expect(reasons).toEqual(['bad-credentials', 'otp-required', 'ip-blocked', 'certificate', 'NETWORK']);
  });

  test('5: two-factor sign-in, device id and SynoToken work', async () => {
    const accounts = { alice: { password: PASSWORD, otp: '123456' } };
    const ids: string[] = [];
    const onDeviceId = (id: string): void => void ids.push(id);
    const { source, dsm } = await startNas({ accounts, csrf: true }, { otp: '123456', onDeviceId });
    dsm.files.write('/s/a.vtu', 'x');
    expect(await readText(source, 's/a.vtu')).toBe('x');
    const { source: second } = await startNas({}, { url: dsm.url, deviceId: ids[0] });
    expect(await readText(second, 's/a.vtu')).toBe('x');
  });

  test('6: a body that is cut short without a Content-Length is no complete file', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/s/a.vtu', 'x'.repeat(26_000));
    for (const kind of ['truncate', 'cut'] as const) {
      dsm.faults.add({ api: 'Download' }, { kind, bytes: 500 });
      const error = await failureOf(readText(source, 's/a.vtu'));
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    }
  });

  test('7: two readers of a file at a time both get the whole of it', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/s/a.vtu', sparse(4_000_000));
    const expected = Uint8Array.from({ length: 4_000_000 }, (_, index) => sparseByte(index));
    const both = await Promise.all([readAll(source, 's/a.vtu'), readAll(source, 's/a.vtu')]);
    for (const bytes of both) expect(Buffer.compare(bytes, expected)).toBe(0);
  });

  test('8: a path that leads out of the NAS is not even asked for', async () => {
    const { source, dsm } = await startNas();
    for (const path of ['vascusim/../../../../x', '../x', '/etc/passwd', 's//x', 's/./x', 's/x\0']) {
      expect(isVascuError(await failureOf(source.open(path)), 'NOT_FOUND')).toBe(true);
    }
    expect(isVascuError(await failureOf(source.listDirectory('s/../..')), 'NOT_FOUND')).toBe(true);
    expect(dsm.log).toEqual([]);
  });

  test('9: a NAS with a self-signed certificate can be used, and only by saying which', async () => {
    const tls = makeCertificate({ names: 'DNS:synology' });
    const { source: refused } = await startNas({ tls });
    expect(isVascuError(await failureOf(refused.connect()), 'AUTH')).toBe(true);
    const { source } = await startNas({ tls }, { tls: { fingerprint256: tls.fingerprint256 } });
    await source.connect();
    const named = makeCertificate();
    const { source: byAuthority } = await startNas({ tls: named }, { tls: { ca: named.cert } });
    await byAuthority.connect();
  });

  test('10: a server that hangs ends with a time-out, and one 502 is tried again', async () => {
    const { source, dsm } = await startNas({}, { idleTimeoutMs: 500 });
    dsm.files.write('/s/a.vtu', 'x');
    await source.connect();
    dsm.faults.add({ api: 'Download' }, { kind: 'hang' });
    const error = await failureOf(source.open('s/a.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    dsm.faults.add(
      { api: 'List' },
      { kind: 'answer', status: 502, headers: { 'Retry-After': '0' }, body: '' },
    );
    expect(await source.listDirectory('s')).toHaveLength(1);
  });

  test('11: 8 callers make one session and leave none; 12 with a stale password make one failure', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/s/a.vtu', 'x');
    await Promise.all(Array.from({ length: 8 }, () => readText(source, 's/a.vtu')));
    expect(dsm.auth.attempts).toBe(1);
    await source.close();
    expect(dsm.liveSessions).toBe(0);
    const { source: stale, dsm: other } = await startNas({}, { password: 'stale' });
    await Promise.all(Array.from({ length: 12 }, () => failureOf(stale.stat('s/a.vtu'))));
    expect(other.auth.failures).toBe(1);
  });

  test('12: a folder is listed by pages', async () => {
    const { source, dsm } = await startNas();
    for (let index = 0; index < 2002; index++) dsm.files.write(`/s/${index}.vtu`, 'x');
    expect(await source.listDirectory('s')).toHaveLength(2002);
    const limits = dsm.calls('List', 'list').map(({ parameters }) => parameters.get('limit'));
    expect(limits).toEqual(['1001', '1001', '1001']);
  });

  test('13: an address may have a scheme, a port and a path', async () => {
    const { dsm } = await startNas({ basePath: '/nas' });
    dsm.files.write('/s/a.vtu', 'x');
    const { source } = await startNas({}, { url: `http://127.0.0.1:${dsm.port}/nas/` });
    expect(await readText(source, 's/a.vtu')).toBe('x');
    const { dsm: plain } = await startNas();
    plain.files.write('/s/deep/a.vtu', 'x');
    const url = `nas://127.0.0.1:${plain.port}/s/deep`;
    const { source: short } = await startNas({}, { url, secure: false });
    expect((await collect(short)).map(({ path }) => path)).toEqual(['s/deep/a.vtu']);
  });

  test('14: paths without a leading slash, as the guide writes them, reach the NAS with one', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/share/path/a.vtu', 'x');
    await readText(source, 'share/path/a.vtu');
    await source.listDirectory('share/path');
    await source.listDirectory('/share/path/');
    const sent = dsm.log.flatMap(({ parameters }) => [parameters.get('path'), parameters.get('folder_path')]);
    expect(new Set(sent.filter((value) => value !== undefined))).toEqual(
      new Set(['["/share/path/a.vtu"]', '"/share/path"']),
    );
  });

  test('15: a folder is not downloaded as a ZIP', async () => {
    const { source, dsm } = await startNas();
    dsm.files.write('/s/deep/a.vtu', 'x');
    for (const path of ['s', 's/deep']) {
      const error = await failureOf(source.open(path));
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
      expect(String(error)).toContain('is a folder');
    }
    expect(dsm.calls('Download')).toEqual([]);
  });

  test('16: every call, also the sign-out, goes to the path and the version that the NAS names', async () => {
    const { source, dsm } = await startNas({ version: '5.2' }, { verify: 'md5' });
    dsm.files.write('/s/a.vtu', 'x');
    await collect(source);
    await readText(source, 's/a.vtu');
    await source.close();
    const paths = new Set(dsm.log.map(({ api, version, url }) => `${api} ${version} ${url.split('?')[0]}`));
    expect([...paths].toSorted()).toEqual([
      'SYNO.API.Auth 4 /webapi/auth.cgi',
      'SYNO.API.Info 1 /webapi/query.cgi',
      'SYNO.FileStation.Download 1 /webapi/FileStation/file_download.cgi',
      'SYNO.FileStation.List 1 /webapi/FileStation/file_share.cgi',
      'SYNO.FileStation.MD5 1 /webapi/FileStation/file_md5.cgi',
    ]);
    expect(dsm.liveSessions).toBe(0);
  });

  test('18: two NASes, and a file before and after a change, can be told apart', async () => {
    const { source, dsm } = await startNas();
    const { source: other } = await startNas();
    expect(source.id).not.toBe(other.id);
    dsm.files.write('/s/a.vtu', 'one');
    const before = await source.stat('s/a.vtu');
    dsm.files.write('/s/a.vtu', 'two');
    const after = await source.stat('s/a.vtu');
    expect(after.version).not.toBe(before.version);
    expect(
      isVascuError(await failureOf(source.open('s/a.vtu', { ifVersion: before.version })), 'NOT_FOUND'),
    ).toBe(true);
  });

  test('19: one flipped byte is noticed where asked for, and a page in place of a file always', async () => {
    const { source, dsm } = await startNas({}, { verify: 'md5' });
    dsm.files.write('/s/a.vtu', 'x'.repeat(1000));
    dsm.faults.add({ api: 'Download' }, { kind: 'flip', at: 500 });
    expect(isVascuError(await failureOf(readText(source, 's/a.vtu')), 'INTEGRITY')).toBe(true);
    const headers = { 'Content-Type': 'text/html' };
    dsm.faults.add(
      { api: 'Download' },
      { kind: 'answer', status: 200, headers, body: '<html>sign in</html>' },
    );
    expect(isVascuError(await failureOf(readText(source, 's/a.vtu')), 'NETWORK')).toBe(true);
  });

  test('20: https at the port of http is said to be that', async () => {
    const { dsm } = await startNas();
    const { source } = await startNas({}, { url: '127.0.0.1', port: dsm.port, secure: true });
    expect(String(await failureOf(source.connect()))).toMatch(/does not speak TLS.*5000 is http/);
  });

  test('21: 51 files, each listed, looked at and read, take few connections', async () => {
    const { source, dsm } = await startNas();
    for (let index = 0; index < 51; index++) dsm.files.write(`/s/${index}.vtu`, 'x');
    for (const { path } of await collect(source)) await readText(source, path);
    expect(dsm.log.length).toBeGreaterThan(100);
    expect(dsm.connections).toBeLessThanOrEqual(6);
  });
});
