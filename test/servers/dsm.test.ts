import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { curl, describeWithCurl } from './curl.ts';
import { sparse, sparseByte } from './dsm/file-tree.ts';
import type { DsmVersion } from './dsm/profiles.ts';
import { type DsmOptions, LoopbackDsm } from './dsm.ts';

const VERSIONS: readonly DsmVersion[] = ['5.2', '6.2', '7.2'];

/** Answers of real devices; they are not part of the repository. */
const RECORDED = process.env['VASCUSIM_SYNOLOGY_RECORDED'] ?? '../shared/data/synology-recorded';

async function start(options: DsmOptions = {}): Promise<LoopbackDsm> {
  const dsm = await LoopbackDsm.start(options);
  onTestFinished(() => dsm.close());
  dsm.files.write('/home/3e57d06c.tar', 'tar');
  dsm.files.folder('/home/Photos');
  dsm.files.share('backup');
  return dsm;
}

async function get(dsm: LoopbackDsm, path: string, ...args: readonly string[]): Promise<unknown> {
  return JSON.parse(await curl(...args, `${dsm.url}/webapi/${path}`)) as unknown;
}

const LOGIN =
  'api=SYNO.API.Auth&method=login&account=alice&passwd=pass%20word%2B%25%26%23%C3%A9&session=FileStation';

/** Keys and types of a value, recursively; of a list those of its elements. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, shapeOf(inner)]),
  );
}

const describeBesideRecorded = existsSync(RECORDED) ? describeWithCurl : describe.skip;

describeBesideRecorded('the loopback DSM beside recorded answers of real devices', () => {
  const recorded = (file: string): unknown =>
    JSON.parse(readFileSync(join(RECORDED, 'py-synologydsm-api', file), 'utf8')) as unknown;
  const infoPath = 'query.cgi?api=SYNO.API.Info&version=1&method=query&query=all';
  const authOf = (dsm: LoopbackDsm): string => `${dsm.profile.apis['SYNO.API.Auth']?.path}`;
  const newestAuth = { '5.2': 4, '6.2': 6, '7.2': 7 } as const;

  test.each(VERSIONS)(
    '%s: each API it knows has the path and the versions of the real one',
    async (version) => {
      const dsm = await start({ version });
      const real = recorded(`DSM_${version.charAt(0)}_API_INFO.json`) as { data: object };
      const ours = (await get(dsm, infoPath)) as { data: object };
      expect(real.data).toMatchObject(ours.data);
      expect(Object.keys(ours.data).length).toBeGreaterThan(6);
    },
  );

  test.each(VERSIONS)(
    '%s: sign-in, 2FA and sign-out answer with the same keys and types',
    async (version) => {
      const dsm = await start({ version });
      const login = `${authOf(dsm)}?${LOGIN}&version=${newestAuth[version]}&format=sid&enable_syno_token=yes`;
      const real = (name: string): unknown => recorded(`DSM_${version.charAt(0)}_AUTH_${name}.json`);
      expect(shapeOf(await get(dsm, login))).toEqual(shapeOf(real('LOGIN')));
      dsm.auth.accounts.set('alice', { password: 'pass word+%&#é', otp: '123456' });
      expect(await get(dsm, login)).toEqual(real('LOGIN_2SA'));
      const device = '&otp_code=123456&enable_device_token=yes&device_name=curl';
      expect(shapeOf(await get(dsm, login + device))).toEqual(shapeOf(real('LOGIN_2SA_OTP')));
      if (version !== '5.2') {
        const logout = `${authOf(dsm)}?api=SYNO.API.Auth&version=1&method=logout&session=FileStation`;
        expect(await get(dsm, logout)).toEqual(real('LOGOUT'));
      }
    },
  );

  test('7.2: shares and files with everything additional have the same keys and types', async () => {
    const dsm = await start();
    const { data } = (await get(dsm, `entry.cgi?${LOGIN}&version=6&format=sid`)) as { data: { sid: string } };
    const ask = (query: string): Promise<unknown> =>
      get(dsm, `entry.cgi?api=SYNO.FileStation.List&version=2&${query}`, '--globoff', '-b', `id=${data.sid}`);
    const share =
      'additional=["real_path","owner","time","perm","mount_point_type","volume_status","sync_share"]';
    expect(shapeOf(await ask(`method=list_share&${share}`))).toEqual(
      shapeOf(recorded('DSM_7_FILE_STATION_FOLDERS.json')),
    );
    const file = 'additional=["real_path","owner","time","perm","mount_point_type","type","size"]';
    const listed = shapeOf(await ask(`method=list&folder_path="/home"&${file}`.replaceAll('"', '%22')));
    const real = shapeOf(recorded('DSM_7_FILE_STATION_FILES.json'));
    expect(listed).toEqual(real);
  });

  test.each(VERSIONS)('%s: the device describes itself with the same keys and types', async (version) => {
    const dsm = await start({ version });
    const { data } = (await get(dsm, `${authOf(dsm)}?${LOGIN}&version=4&format=sid`)) as {
      data: { sid: string };
    };
    const api = dsm.profile.apis['SYNO.DSM.Info'];
    const path = `${api?.path}?api=SYNO.DSM.Info&version=${api?.maxVersion}&method=getinfo`;
    const answer = await get(dsm, path, '-b', `id=${data.sid}`);
    const file =
      version === '5.2' ? 'DSM_5_DSM_INFORMATION_DS410J' : `DSM_${version.charAt(0)}_DSM_INFORMATION`;
    expect(shapeOf(answer)).toEqual(shapeOf(recorded(`${file}.json`)));
  });

  test('its errors are the recorded ones', async () => {
    const dsm = await start({ blockAfter: 1 });
    const real = recorded('ERRORS.json') as Record<string, unknown>;
    const login = `auth.cgi?version=6&session=FileStation&api=SYNO.API.Auth&method=login&account=alice`;
    expect(await get(dsm, 'entry.cgi?api=SYNO.Nope&version=1&method=get')).toEqual(
      real['ERROR_API_NOT_EXISTS'],
    );
    expect(await get(dsm, 'entry.cgi?api=SYNO.API.Info&version=1&method=x')).toEqual(
      real['ERROR_API_METHOD_NOT_EXISTS'],
    );
    expect(await get(dsm, 'entry.cgi?api=SYNO.FileStation.List&version=9&method=list')).toEqual(
      real['ERROR_API_VERSION_NOT_SUPPORTED'],
    );
    expect(await get(dsm, `${login}&passwd=x`)).toEqual(real['ERROR_AUTH_INVALID_CREDENTIALS']);
    expect(await get(dsm, `${login}&passwd=x`)).toEqual(real['ERROR_AUTH_MAX_TRIES']);
  });

  test('5.2: JSON comes as the text/plain of a real DSM 5', async () => {
    const headers = JSON.parse(
      readFileSync(join(RECORDED, 'DotNetDevs-Synology/har_response_headers_dsm5_2015.json'), 'utf8'),
    ) as readonly { readonly cgi: string; readonly headers: Readonly<Record<string, string>> }[];
    const dsm = await start({ version: '5.2' });
    const output = await curl('--include', '--compressed', `${dsm.url}/webapi/${infoPath}`);
    const real = headers.find(({ cgi }) => cgi === 'query.cgi')?.headers ?? {};
    for (const name of ['Content-Type', 'Server', 'Content-Encoding', 'Vary']) {
      expect(output).toContain(`${name}: ${real[name]}`);
    }
  });
});

describeWithCurl('the examples of the File Station guide, asked by curl', () => {
  test('version 1: discovery, sign-in, listing, download, sign-out', async () => {
    const dsm = await start({ version: '5.2' });
    dsm.files.write('/video/a, b.vtu', 'mesh');
    const info = await get(
      dsm,
      'query.cgi?api=SYNO.API.Info&version=1&method=query&query=SYNO.API.Auth,SYNO.FileStation.List',
    );
    expect(info).toEqual({
      data: {
        'SYNO.API.Auth': { maxVersion: 4, minVersion: 1, path: 'auth.cgi' },
        'SYNO.FileStation.List': { maxVersion: 1, minVersion: 1, path: 'FileStation/file_share.cgi' },
      },
      success: true,
    });
    const login = await curl('--include', `${dsm.url}/webapi/auth.cgi?${LOGIN}&version=3&format=cookie`);
    const [, cookie = ''] = /Set-Cookie: (id=[^;]+)/.exec(login) ?? [];
    const listing = 'FileStation/file_share.cgi?api=SYNO.FileStation.List&version=1&method=list';
    const files = await get(dsm, `${listing}&folder_path=/video&additional=size,time`, '-b', cookie);
    expect(files).toMatchObject({
      data: { files: [{ additional: { size: 4 }, name: 'a, b.vtu', isdir: false }], offset: 0, total: 1 },
    });
    const info1 = `${listing.replace('method=list', 'method=getinfo')}&path=/video/a%5C,%20b.vtu,/video/none`;
    expect(await get(dsm, info1, '-b', cookie)).toMatchObject({
      data: { files: [{ name: 'a, b.vtu' }, { code: 408, path: '/video/none' }] },
      success: true,
    });
    const download = 'FileStation/file_download.cgi?api=SYNO.FileStation.Download&version=1&method=download';
    const url = `${dsm.url}/webapi/${download}&path=/video/a%5C,%20b.vtu&mode=download`;
    expect(await curl('-b', cookie, url)).toBe('mesh');
    await get(dsm, 'auth.cgi?api=SYNO.API.Auth&version=1&method=logout&session=FileStation', '-b', cookie);
    expect(dsm.liveSessions).toBe(0);
    expect(await get(dsm, `${listing}&folder_path=/video`, '-b', cookie)).toEqual({
      error: { code: 105 },
      success: false,
    });
  });

  test.each(['6.2', '7.2'] as const)('version 2 (%s): JSON parameters, ranges, MD5 task', async (version) => {
    const dsm = await start({ version });
    dsm.files.write('/home/big.vtu', sparse(5 * 1024 ** 3));
    dsm.files.write('/home/c.vtu', 'mesh');
    const login = await curl('--data', `${LOGIN}&version=6&format=sid`, `${dsm.url}/webapi/auth.cgi`);
    const { data } = JSON.parse(login) as { data: { sid: string } };
    const ask = (path: string): Promise<unknown> => get(dsm, path, '-b', `id=${data.sid}`);
    const call = (api: string, method: string, rest: string): string =>
      `entry.cgi?api=SYNO.FileStation.${api}&version=2&method=${method}&${rest}`;
    const page = `folder_path=%22%2Fhome%22&offset=1&limit=2&sort_by=name&additional=%5B%22size,owner%22%5D`;
    expect(await ask(call('List', 'list', page))).toMatchObject({
      data: {
        files: [{ name: 'big.vtu', additional: { size: 5 * 1024 ** 3 } }, { name: 'c.vtu' }],
        offset: 1,
        total: 4,
      },
    });
    const range = ['--range', '5368709000-5368709009', '--include', '-b', `id=${data.sid}`];
    const file = call('Download', 'download', 'path=%5B%22%2Fhome%2Fbig.vtu%22%5D&mode=%22download%22');
    const answer = Buffer.from(await curl(...range, `${dsm.url}/webapi/${file}`), 'latin1');
    expect(answer.toString('latin1')).toContain('Content-Range: bytes 5368709000-5368709009/5368709120');
    expect([...answer.subarray(-10)]).toEqual(
      Array.from({ length: 10 }, (_, index) => sparseByte(5368709000 + index)),
    );
    const started = (await ask(call('MD5', 'start', 'file_path=%22%2Fhome%2Fc.vtu%22'))) as {
      data: { taskid: string };
    };
    const task = `taskid=%22${started.data.taskid}%22`;
    expect(await ask(call('MD5', 'status', task))).toEqual({ data: { finished: false }, success: true });
    expect(await ask(call('MD5', 'status', task))).toEqual({
      data: { finished: true, md5: createHash('md5').update('mesh').digest('hex') },
      success: true,
    });
    await ask(call('MD5', 'stop', task));
    expect(dsm.fileStation.tasks.size).toBe(0);
  });

  test('several paths, or a folder, come as a ZIP; a comma list is one literal path on 7.2', async () => {
    const dsm = await start();
    const { data } = (await get(dsm, `auth.cgi?${LOGIN}&version=6&format=sid`)) as { data: { sid: string } };
    const url = `${dsm.url}/webapi/entry.cgi?api=SYNO.FileStation.Download&version=2&method=download&mode=download`;
    expect(await curl('-b', `id=${data.sid}`, `${url}&path=%5B%22%2Fhome%22%5D`)).toMatch(/^PK/);
    const both = await curl('-b', `id=${data.sid}`, `${url}&path=/home/3e57d06c.tar,/home/Photos`);
    expect(JSON.parse(both)).toEqual({ error: { code: 408 }, success: false });
  });

  test('a session id that begins with a digit is none as a parameter, and one as a cookie', async () => {
    const dsm = await start({ sidPrefix: '7' });
    const { data } = (await get(dsm, `auth.cgi?${LOGIN}&version=6&format=sid`)) as { data: { sid: string } };
    const list = 'entry.cgi?api=SYNO.FileStation.List&version=2&method=list_share';
    expect(await get(dsm, `${list}&_sid=${data.sid}`)).toEqual({ error: { code: 119 }, success: false });
    expect(await get(dsm, list, '-b', `id=${data.sid}`)).toMatchObject({ success: true });
  });

  test('a path of another version of DSM is an HTML page with 404', async () => {
    const dsm = await start({ version: '7.2' });
    const output = await curl(
      '--include',
      `${dsm.url}/webapi/FileStation/file_share.cgi?api=SYNO.FileStation.List`,
    );
    expect(output).toMatch(/^HTTP\/1.1 404[^]*text\/html[^]*<html>/);
  });

  test('a wrong password counts, and blocks the right one in the end', async () => {
    const dsm = await start({ blockAfter: 2 });
    const login = `auth.cgi?${LOGIN}&version=6`;
    const wrong = login.replace('pass%20word', 'other');
    expect(await get(dsm, wrong)).toMatchObject({ error: { code: 400 } });
    expect(await get(dsm, login)).toMatchObject({ success: true });
    expect(await get(dsm, wrong)).toMatchObject({ error: { code: 400 } });
    expect(await get(dsm, login)).toMatchObject({ error: { code: 407 } });
    expect(dsm.leaks()).toEqual(['pass word+%&#é']);
  });
});
