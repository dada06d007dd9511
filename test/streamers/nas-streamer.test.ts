import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { parseSmbUrl } from '../../src/sources/smb/address.ts';
import { NASStreamer, type NASStreamerOptions } from '../../src/streamers/nas-streamer.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD as SAMBA_PASSWORD, type Samba, startSamba, USERNAME } from '../servers/samba.ts';
import { PASSWORD as DSM_PASSWORD } from '../sources/synology/loopback.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FILES = {
  'case 1.vtu': smallVtu({ points: 5 }),
  'case 1.json': '{"patient_age": 61}',
  'b/case 2.vtu': smallVtu(),
};

/** What the guide does with a NAS, whichever way it is reached. */
function testGuide(
  open: (options?: Partial<NASStreamerOptions>) => Promise<NASStreamer>,
  share: string,
): void {
  test('connects, shows shares and folders, and disconnects', async () => {
    const nas = await open();
    await nas.connect();
    expect(await nas.listShares()).toContain(share);
    const entries = await nas.listDirectory(`/${share}/cases/`);
    expect(entries.map(({ name, isDirectory }) => [name, isDirectory])).toEqual([
      ['b', true],
      ['case 1.json', false],
      ['case 1.vtu', false],
    ]);
    expect(entries[2]).toMatchObject({ path: `${share}/cases/case 1.vtu`, size: FILES['case 1.vtu'].length });
    await nas.disconnect();
    expect(isVascuError(await failureOf(nas.listShares()), 'DISPOSED')).toBe(true);
  });

  test.each(['', '/'])('gets files and their metadata, with "%s" before the share', async (slash) => {
    const nas = await open();
    const path = await nas.getFile(`${slash}${share}/cases/case 1.vtu`);
    expect(await readFile(path, 'utf8')).toBe(FILES['case 1.vtu']);
    expect(await nas.getMetadata(`${slash}${share}/cases/case 1.vtu`)).toEqual({ patient_age: 61 });
    expect(await nas.getMetadata(`${slash}${share}/cases/case 1.json`)).toEqual({ patient_age: 61 });
    await nas.getFile(`${share}/cases/case 1.vtu`);
    expect(nas.stats()).toMatchObject({ misses: 2 });
  });

  test('what is not there is NOT_FOUND, and named', async () => {
    const nas = await open();
    const error = await failureOf(nas.getFile(`${share}/cases/missing.vtu`));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('missing.vtu');
  });

  test('a wrong password is an AuthError, without the password in it', async () => {
    const nas = await open({ password: 'wr0ng-secret' });
    const error = await failureOf(nas.connect());
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
    expect(String(error)).not.toContain('wr0ng-secret');
  });

  test('checks the connection step by step', async () => {
    const nas = await open();
    const report = await nas.checkConnection({ path: `${share}/cases` });
    expect(report.steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['name', 'port', 'login', 'share', 'directory', 'sample', 'cache']),
    );
  });

  test('says which step fails, and what to do', async () => {
    const nas = await open();
    const { ok, steps } = await nas.checkConnection({ path: `${share}/nowhere` });
    expect(ok).toBe(false);
    const failed = steps.find((step) => !step.ok);
    expect(failed?.name).toBe('directory');
    expect(failed?.remedy).not.toBe('');
  });
}

describe('NASStreamer by the web API', () => {
  const open = async (options: Partial<NASStreamerOptions> = {}): Promise<NASStreamer> => {
    const dsm = await LoopbackDsm.start();
    onTestFinished(() => dsm.close());
    for (const [path, content] of Object.entries(FILES)) dsm.files.write(`/vascusim/cases/${path}`, content);
    const nas = new NASStreamer({
      sourceUrl: dsm.url,
      username: 'alice',
      password: DSM_PASSWORD,
      proxy: false,
      onWarning: () => undefined,
      cacheDir: await makeFolder(),
      ...options,
    });
    onTestFinished(() => nas.close());
    return nas;
  };
  testGuide(open, 'vascusim');

  test('the streamer of a dataset takes paths as the NAS shows them, and begins in the folder of the address', async () => {
    const dsm = await LoopbackDsm.start();
    onTestFinished(() => dsm.close());
    for (const [path, content] of Object.entries(FILES)) dsm.files.write(`/vascusim/cases/${path}`, content);
    dsm.files.write('/vascusim/other.vtu', smallVtu());
    await using dataset = await StreamingVascuDataset.open({
      sourceUrl: `nas://127.0.0.1:${dsm.port}/vascusim/cases`,
      secure: false,
      username: 'alice',
      password: DSM_PASSWORD,
      proxy: false,
      onWarning: () => undefined,
      cacheDir: await makeFolder(),
    });
    const { streamer } = dataset;
    const path = await streamer.getFile('/vascusim/cases/case 1.vtu');
    expect(await readFile(path, 'utf8')).toBe(FILES['case 1.vtu']);
    expect(await streamer.getMetadata('/vascusim/cases/case 1.vtu')).toEqual({ patient_age: 61 });
    expect((await streamer.listFiles({ pattern: '*.vtu' })).map((file) => file.path)).toEqual([
      'vascusim/cases/b/case 2.vtu',
      'vascusim/cases/case 1.vtu',
    ]);
    const { steps } = await streamer.checkConnection();
    expect(steps.map(({ name }) => name)).toEqual(expect.arrayContaining(['share', 'directory', 'sample']));
  });
});

describeWithSamba('NASStreamer by SMB', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
    for (const [path, content] of Object.entries(FILES)) {
      await mkdir(join(samba.folder, 'cases', path, '..'), { recursive: true });
      await writeFile(join(samba.folder, 'cases', path), content);
    }
  });
  afterAll(() => samba[Symbol.asyncDispose]());
  const account = { username: USERNAME, password: SAMBA_PASSWORD };

  testGuide(async (options = {}) => {
    const place = {
      sourceUrl: samba.host,
      port: samba.port,
      accessMode: 'smb',
      cacheDir: await makeFolder(),
    } as const;
    const nas = new NASStreamer({ ...place, ...account, ...options });
    onTestFinished(() => nas.close());
    return nas;
  }, 'sims');

  test('a dataset in a folder of a share, with metadata and filter', async () => {
    await using dataset = await StreamingVascuDataset.open({
      sourceUrl: `smb://${samba.host}:${samba.port}/sims/cases`,
      ...account,
      cacheDir: await makeFolder(),
      filterFn: ({ patient_age: age }) => Number(age ?? 0) > 50,
    });
    expect(dataset.samples.map(({ id, metadata }) => [id, metadata])).toEqual([
      ['sims/cases/case 1', { patient_age: 61 }],
    ]);
    expect((await dataset.get(0)).numNodes).toBe(5);
  });
});

describe('parseSmbUrl', () => {
  test.each([
    ['host', undefined, { host: 'host', port: undefined, folder: '' }],
    ['host:4450', undefined, { host: 'host', port: 4450, folder: '' }],
    ['smb://host/share/my%20cases/', undefined, { host: 'host', port: undefined, folder: 'share/my cases' }],
    ['smb://[::1]:80/share', undefined, { host: '::1', port: 80, folder: 'share' }],
    ['fe80::1', 445, { host: 'fe80::1', port: 445, folder: '' }],
    ['\\\\host\\share\\a b', undefined, { host: 'host', port: undefined, folder: 'share/a b' }],
  ])('reads %s', (given, port, expected) => {
    expect(parseSmbUrl(given, port)).toEqual(expected);
  });

  test.each([
    ['smb://ada:secret@host/share', undefined, 'sourceUrl'],
    ['smb://host/share?x', undefined, 'sourceUrl'],
    ['smb://host:1/share', 2, 'port'],
    ['', undefined, 'sourceUrl'],
    ['a b', undefined, 'sourceUrl'],
  ])('refuses %s', (given, port, option) => {
    let error: unknown;
    try {
      parseSmbUrl(given, port);
    } catch (thrown) {
      error = thrown;
    }
    expect(isVascuError(error, 'CONFIG') && error.option).toBe(option);
    expect(String(error)).not.toContain('secret');
  });
});
