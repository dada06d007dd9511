import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AuthReason, isVascuError } from '../../../src/core/errors.ts';
import { SynologySource } from '../../../src/sources/synology/synology-source.ts';
import type { Fault } from '../../servers/dsm/faults.ts';
import { failureOf } from '../../temporary-folder.ts';
import { collect, PASSWORD, readText, startNas } from './loopback.ts';

const PATHS = Array.from({ length: 64 }, (_, index) => `share/case_${index}.vtu`);

function contentOf(path: string): string {
  return `${path} `.repeat(3000);
}

async function startWithCases(...options: Parameters<typeof startNas>): ReturnType<typeof startNas> {
  const nas = await startNas(...options);
  for (const path of PATHS) nas.dsm.files.write(`/${path}`, contentOf(path));
  return nas;
}

describe('the session', () => {
  test('is opened once for 16 callers at a time, and closed with the source', async () => {
    const { dsm, source } = await startWithCases();
    await Promise.all(PATHS.slice(0, 16).map((path) => source.stat(path)));
    expect(dsm.auth.attempts).toBe(1);
    expect(dsm.liveSessions).toBe(1);
    await source.close();
    expect(dsm.liveSessions).toBe(0);
  });

  test.each([106, 107, 119, 150])(
    'is opened once more, for 8 readers in mid-run, when the NAS has ended it with %i; all bytes are right',
    async (code) => {
      const { dsm, source } = await startWithCases();
      await collect(source);
      let read = 0;
      const pending = [...PATHS];
      const reader = async (): Promise<void> => {
        for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
          expect(await readText(source, path)).toBe(contentOf(path));
          read++;
          if (read === 20) {
            if (code === 150) dsm.auth.address = '198.51.100.7';
            else dsm.auth.expire(code);
          }
        }
      };
      await Promise.all(Array.from({ length: 8 }, reader));
      expect(read).toBe(PATHS.length);
      expect(dsm.auth.attempts).toBe(2);
      await source.close();
      expect(dsm.liveSessions).toBe(0);
    },
  );

  test('of DSM 5, whose end is told as "no permission" (105), is opened once more too', async () => {
    const { dsm, source } = await startWithCases({ version: '5.2' });
    await source.stat('share/case_1.vtu');
    dsm.auth.expire(105);
    expect(await readText(source, 'share/case_1.vtu')).toBe(contentOf('share/case_1.vtu'));
    expect(dsm.auth.attempts).toBe(2);
  });

  test('is not opened anew for a real "no permission" (105)', async () => {
    const { dsm, source } = await startWithCases();
    dsm.files.share('secret', { refusal: 105 });
    const error = await failureOf(source.stat('secret/x.vtu'));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('no-permission');
    const listing = await failureOf(source.listDirectory('secret'));
    expect(isVascuError(listing, 'AUTH') && listing.reason).toBe('no-permission');
    expect(dsm.auth.attempts).toBe(1);
  });

  test('that File Station refuses for a reason of its own (105) is closed as well', async () => {
    const { dsm, source } = await startWithCases();
    dsm.faults.add({ api: 'FileStation.Info', times: 9 }, { kind: 'code', code: 105 });
    dsm.files.share('secret', { refusal: 105 });
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(isVascuError(await failureOf(source.listDirectory('secret')), 'AUTH')).toBe(true);
    }
    expect(dsm.liveSessions).toBe(4);
    await source.close();
    expect(dsm.liveSessions).toBe(0);
  });

  test('that another program ends again and again is an error that says so', async () => {
    const { dsm, source } = await startWithCases();
    await source.stat('share/case_1.vtu');
    dsm.auth.expire(107);
    await source.stat('share/case_1.vtu');
    dsm.auth.expire(107);
    const error = await failureOf(source.stat('share/case_1.vtu'));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('account of its own');
  });

  test.each([106, 119, 150])(
    'that is refused (%i) as soon as it was opened is an error, not a circle',
    async (code) => {
      const { dsm, source } = await startWithCases();
      dsm.faults.add({ api: 'List', times: Number.POSITIVE_INFINITY }, { kind: 'code', code });
      const error = await failureOf(source.stat('share/case_1.vtu'));
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
      expect(dsm.auth.attempts).toBe(2);
    },
  );

  test('is closed also when the source is closed while it is being opened', async () => {
    const { dsm, source } = await startWithCases();
    let open = (): void => {};
    const until = new Promise<void>((resolve) => {
      open = resolve;
    });
    dsm.faults.add({ api: 'Auth', method: 'login' }, { kind: 'wait', until });
    const waiting = failureOf(source.stat('share/case_1.vtu'));
    while (dsm.calls('Auth').length === 0) await new Promise((resolve) => setImmediate(resolve));
    const closed = source.close();
    open();
    await closed;
    expect(isVascuError(await waiting, 'DISPOSED')).toBe(true);
    expect(dsm.calls('Auth', 'logout')).toHaveLength(1);
    expect(dsm.liveSessions).toBe(0);
  });

  test('is closed after an abort and after errors', async () => {
    const { dsm, source } = await startWithCases();
    const controller = new AbortController();
    dsm.faults.add({ api: 'Download' }, { kind: 'hang' });
    const reading = failureOf(source.open('share/case_1.vtu', { signal: controller.signal }));
    while (dsm.calls('Download').length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('stop'));
    expect(await reading).toBe(controller.signal.reason);
    await failureOf(source.stat('share/none.vtu'));
    await source.close();
    expect(dsm.liveSessions).toBe(0);
  });

  test('ends no wait of others when the first caller gives up', async () => {
    const { dsm, source } = await startWithCases();
    const controller = new AbortController();
    let go = (): void => {};
    const until = new Promise<void>((resolve) => {
      go = resolve;
    });
    dsm.faults.add({ api: 'Auth', method: 'login' }, { kind: 'wait', until });
    const first = failureOf(source.stat('share/case_1.vtu', { signal: controller.signal }));
    const second = source.stat('share/case_2.vtu');
    while (dsm.calls('Auth').length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('stop'));
    expect(await first).toBe(controller.signal.reason);
    go();
    expect((await second).path).toBe('share/case_2.vtu');
    expect(dsm.auth.attempts).toBe(1);
  });

  test('is proved with a token where the NAS asks for one, and goes as cookie even if its id begins with a digit', async () => {
    const { dsm, source } = await startWithCases({ csrf: true, sidPrefix: '7' });
    expect(await readText(source, 'share/case_1.vtu')).toBe(contentOf('share/case_1.vtu'));
    expect(dsm.auth.attempts).toBe(1);
  });
});

describe('a sign-in', () => {
  test('with a wrong password is tried once however many callers there are, and never again', async () => {
    const { dsm, source } = await startWithCases({}, { password: 'wrong' });
    const errors = await Promise.all(PATHS.slice(0, 16).map((path) => failureOf(source.stat(path))));
    errors.push(await failureOf(source.connect()), await failureOf(source.listShares()));
    for (const error of errors) expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
    expect(dsm.auth.attempts).toBe(1);
  });

  test.each<[number, AuthReason, string]>([
    [401, 'account-locked', 'disabled'],
    [402, 'no-permission', 'Applications'],
    [406, 'otp-required', 'second factor'],
    [407, 'ip-blocked', 'Allow/Block List'],
    [408, 'password-expired', 'browser'],
    [409, 'password-expired', 'browser'],
    [410, 'password-expired', 'browser'],
    [411, 'account-locked', 'unlock'],
  ])('that is refused with %i is an AuthError %s that says what to do', async (code, reason, advice) => {
    const { dsm, source } = await startWithCases({
      accounts: { alice: { password: PASSWORD, refusal: code } },
    });
    for (const use of [source.connect(), source.stat('share/case_1.vtu')]) {
      const error = await failureOf(use);
      expect(isVascuError(error, 'AUTH') && error.reason).toBe(reason);
      expect(String(error)).toContain(advice);
    }
    expect(dsm.auth.attempts).toBe(1);
  });

  test('of an account that may not use File Station says where to allow it', async () => {
    const { source } = await startNas({ accounts: { alice: { password: PASSWORD, fileStation: false } } });
    expect(String(await failureOf(source.connect()))).toContain('may not use File Station');
  });

  test('takes the password from a function, and asks it again for the next session', async () => {
    let asked = 0;
    const password = async (): Promise<string> => {
      asked++;
      return PASSWORD;
    };
    const { dsm, source } = await startWithCases({}, { password });
    await source.connect();
    dsm.auth.expire(119);
    await source.stat('share/case_1.vtu');
    expect(asked).toBe(2);
  });

  test('is tried again when the NAS is busy, and not sent anywhere else by a redirect', async () => {
    const { dsm, source } = await startWithCases();
    const busy: Fault = { kind: 'answer', status: 503, headers: { 'Retry-After': '0' }, body: 'busy' };
    dsm.faults.add({ api: 'Auth' }, busy);
    await source.connect();
    expect(dsm.calls('Auth', 'login')).toHaveLength(2);

    const other = await startNas();
    const { dsm: trap } = await startNas();
    const headers = { Location: `${trap.url}/webapi/auth.cgi` };
    other.dsm.faults.add({ api: 'Auth', times: 9 }, { kind: 'answer', status: 307, headers, body: '' });
    expect(isVascuError(await failureOf(other.source.connect()), 'NETWORK')).toBe(true);
    expect(trap.log).toEqual([]);
  });

  test('over plain http warns once that the password can be read on the way', async () => {
    const { source, warnings, dsm } = await startWithCases();
    await source.stat('share/case_1.vtu');
    dsm.auth.expire(119);
    await source.stat('share/case_1.vtu');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('http');
  });

  test('over plain http warns once for all sources at an address, and again for another address', async () => {
    const { dsm, source, warnings } = await startWithCases();
    const options = {
      url: dsm.url,
      username: 'alice',
      password: PASSWORD,
      proxy: false,
      onWarning: (message: string) => void warnings.push(message),
    } as const;
    await source.connect();
    for (let count = 0; count < 3; count++) {
      await using another = new SynologySource(options);
      await another.connect();
    }
    expect(warnings).toHaveLength(1);
    const { dsm: second } = await startWithCases();
    await using another = new SynologySource({ ...options, url: second.url });
    await another.connect();
    expect(warnings).toHaveLength(2);
  });
});

test('without onWarning the warning is a warning of the process', async () => {
  const { source } = await startWithCases({}, { onWarning: undefined });
  const warned = new Promise<Error>((resolve) => {
    process.once('warning', resolve);
  });
  await source.connect();
  expect(await warned).toMatchObject({ name: 'VascuSimWarning', code: 'VASCUSIM_PLAIN_HTTP' });
  expect((await warned).message).toContain('cross the network readable');
});

describe('a second factor', () => {
  const accounts = { alice: { password: PASSWORD, otp: '123456' } };

  test('that is wanted and not given is an AuthError that says how to give it', async () => {
    const { dsm, source } = await startWithCases({ accounts });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('otp-required');
    await failureOf(source.connect());
    expect(dsm.auth.attempts).toBe(1);
  });

  test.each(['6.2', '7.2', '5.2'] as const)(
    'is asked for once; the device id serves after that (%s)',
    async (version) => {
      const ids: string[] = [];
      let asked = 0;
      const otp = (): string => {
        asked++;
        return '123456';
      };
      const { dsm, source } = await startWithCases(
        { accounts, version },
        { otp, onDeviceId: (id) => void ids.push(id) },
      );
      await source.connect();
      dsm.auth.expire(version === '5.2' ? 105 : 119);
      await source.stat('share/case_1.vtu');
      expect(asked).toBe(1);
      expect(ids).toHaveLength(1);
      const next = await startNas({}, { url: dsm.url, deviceId: ids[0], otp });
      await next.source.connect();
      expect(asked).toBe(1);
    },
  );

  test('is kept in a file that only its owner can read, beside those of others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vascusim-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const deviceIdFile = join(folder, 'new/devices.json');
    const { dsm, source } = await startWithCases({ accounts }, { otp: '123456', deviceIdFile });
    await source.connect();
    expect(statSync(deviceIdFile).mode & 0o777).toBe(0o600);
    const kept = JSON.parse(readFileSync(deviceIdFile, 'utf8')) as Record<string, string>;
    expect(Object.keys(kept)).toEqual([`alice@${source.id}`]);
    writeFileSync(deviceIdFile, JSON.stringify({ ...kept, other: 'x' }));
    const second = await startNas({}, { url: dsm.url, deviceIdFile });
    await second.source.connect();

    writeFileSync(deviceIdFile, JSON.stringify({ [`alice@${source.id}`]: 'stale', other: 'x' }));
    const third = await startNas({}, { url: dsm.url, deviceIdFile, otp: '123456' });
    await third.source.connect();
    expect(JSON.parse(readFileSync(deviceIdFile, 'utf8'))).toMatchObject({ other: 'x' });
    expect(readFileSync(deviceIdFile, 'utf8')).not.toContain('stale');
    expect(statSync(deviceIdFile).mode & 0o777).toBe(0o600);
  });

  test('that is wrong is asked for three times at most; a fixed code is tried once', async () => {
    const asked: number[] = [];
    const otp = async (attempt: number): Promise<string> => {
      asked.push(attempt);
      return '000000';
    };
    const { dsm, source } = await startWithCases({ accounts }, { otp });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('otp-wrong');
    expect(asked).toEqual([1, 2, 3]);
    expect(dsm.auth.failures).toBe(3);
    const fixed = await startNas({ accounts }, { otp: '000000' });
    await failureOf(fixed.source.connect());
    expect(fixed.dsm.auth.failures).toBe(1);
  });

  test('file that is none is a ConfigError that shows nothing of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vascusim-test-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const deviceIdFile = join(folder, 'devices.json');
    writeFileSync(deviceIdFile, 'Dev-secret');
    const { source } = await startWithCases({ accounts }, { otp: '123456', deviceIdFile });
    const error = await failureOf(source.connect());
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('deviceIdFile');
    expect(inspect(error)).not.toContain('Dev-secret');
  });
});

describe('secrets', () => {
  test('turn up in no URL, message, warning or id, whatever fails', async () => {
    const accounts = { alice: { password: PASSWORD, otp: '123456' } };
    const told: unknown[] = [];
    const { dsm, source, warnings } = await startWithCases(
      { accounts },
      { otp: '123456', sourceDir: 'share' },
    );
    const fail = async (fault: Fault, use: () => Promise<unknown>, api = 'List'): Promise<void> => {
      dsm.faults.add({ api, times: Number.POSITIVE_INFINITY }, fault);
      told.push(await failureOf(use()));
      dsm.faults.clear();
    };
    const stat = (): Promise<unknown> => source.stat('share/case_1.vtu');
    const open = (): Promise<unknown> => readText(source, 'share/case_1.vtu');
    await stat();
    for (const code of [101, 102, 105, 119, 160, 400, 407, 408, 409, 599, 9999])
      await fail({ kind: 'code', code }, stat);
    const answer = (status: number): Fault => ({ kind: 'answer', status, body: '<html>no</html>' });
    for (const status of [200, 302, 403, 404]) await fail(answer(status), open, 'Download');
    for (const status of [404, 500, 503]) await fail(answer(status), open, 'Download');
    await fail({ kind: 'cut', bytes: 10 }, open, 'Download');
    await fail({ kind: 'reset' }, open, 'Download');
    told.push(await source.check(), await source.listShares(), source, source.id, warnings);
    const wrong = await startNas({ accounts }, { password: 'other-secret' });
    told.push(await failureOf(wrong.source.connect()), await wrong.source.check());
    const twice = await startNas({ accounts }, { otp: 'bad-otp-secret' });
    told.push(await failureOf(twice.source.connect()));
    await source.close();
    const text = told.map((value) => inspect(value, { depth: 20, showHidden: true })).join('\n');
    for (const secret of [...dsm.auth.secrets, PASSWORD, 'other-secret', 'bad-otp-secret']) {
      expect(text).not.toContain(secret);
    }
    expect([...dsm.leaks(), ...wrong.dsm.leaks(), ...twice.dsm.leaks()]).toEqual([]);
    expect(dsm.auth.secrets.size).toBeGreaterThan(4);
    const posts = dsm.log.filter(({ body }) => body.includes('passwd'));
    expect(posts.every(({ verb, url }) => verb === 'POST' && !url.includes('?'))).toBe(true);
  });
});
