import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';
import { PASSWORD, startNas } from './loopback.ts';

const ALL = ['name', 'port', 'api', 'login', 'file-station', 'share', 'directory', 'sample'];
/** As a device is delivered with: for a name that is never the one it is reached by. */
const tls = makeCertificate({ names: 'DNS:synology' });
const { fingerprint256 } = tls;

describe('check', () => {
  test.each([
    ['5.2', 'DSM 5', 'DSM410j'],
    ['6.2', 'DSM 6', 'DS918+'],
    ['7.2', 'DSM 7', 'DS918+'],
  ] as const)('finds everything well, and says what it found (%s)', async (version, dsmName, _model) => {
    const { dsm, source } = await startNas({ version }, { sourceDir: 'cases/run 1' });
    dsm.files.write('/cases/run 1/deep/a.vtu', 'mesh');
    const steps = await source.check();
    expect(steps.map(({ name }) => name)).toEqual(ALL);
    expect(steps.filter(({ ok, remedy }) => !ok || remedy !== undefined)).toEqual([]);
    const found = Object.fromEntries(steps.map((step) => [step.name, step.found]));
    expect(found['api']).toContain(dsmName);
    expect(found['login']).toContain(String(dsm.profile.system['version_string']));
    expect(found['share']).toContain('cases');
    expect(found['directory']).toContain('holds 1 entry');
    expect(found['sample']).toContain('parts of files can be read alone');
  });

  test('takes its sample from where a listing would: not from bins, nor from what may not be read', async () => {
    const { dsm, source } = await startNas();
    dsm.files.share('a', { refusal: 407 });
    for (const path of ['b/@Recycle/1.vtu', 'b/closed/2.vtu', 'b/open/3.vtu'])
      dsm.files.write(`/${path}`, 'x');
    dsm.files.folder('b/closed').refusal = 407;
    const steps = await source.check();
    expect(steps.every(({ ok }) => ok)).toBe(true);
    expect(steps.at(-1)?.found).toContain('b/open/3.vtu');
    dsm.files.share('b', { refusal: 407 });
    const last = (await source.check()).at(-1);
    expect([last?.name, last?.ok, last?.code]).toEqual(['directory', false, 'AUTH']);
  });

  test('shows the certificate, trusted or not, and what to pass for it', async () => {
    const { source } = await startNas({ tls });
    const steps = await source.check();
    expect(steps.map(({ name }) => name)).toEqual(['name', 'port', 'tls']);
    expect(steps[2]).toMatchObject({ ok: false });
    expect(steps[2]?.found).toContain('self-signed');
    expect(steps[2]?.remedy).toContain(`fingerprint256: '${fingerprint256}'`);
    const pinned = await startNas({ tls }, { tls: { fingerprint256 } });
    pinned.dsm.files.write('/s/a.vtu', 'x');
    const good = await pinned.source.check();
    expect(good.every(({ ok }) => ok)).toBe(true);
    expect(good[2]?.found).toContain(fingerprint256);
  });

  test('stops at the port that nobody listens at', async () => {
    const { dsm, source } = await startNas();
    await dsm.close();
    const steps = await source.check();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
      ['name', true],
      ['port', false],
    ]);
    expect(steps[1]?.remedy).toContain('5001 is https');
  });

  test('stops at a name that does not exist', async () => {
    const { source } = await startNas({}, { url: 'nas://nas.invalid:5001' });
    const steps = await source.check();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual([['name', false]]);
    expect(steps[0]?.remedy).toContain('spelling');
  });

  test('stops at https spoken to http', async () => {
    const { source } = await startNas({}, { secure: true });
    const last = (await source.check()).at(-1);
    expect(last).toMatchObject({ name: 'tls', ok: false });
    expect(last?.found).toContain('does not speak TLS');
    expect(last?.remedy).toContain('5000 is http');
  });

  test('stops at the sign-in, which is tried once', async () => {
    const { dsm, source } = await startNas({}, { password: 'wrong' });
    const last = (await source.check()).at(-1);
    expect(last).toMatchObject({ name: 'login', ok: false });
    expect(last?.found).toContain('does not accept');
    expect(last?.remedy).toContain('check both');
    await source.check();
    expect(dsm.auth.attempts).toBe(1);
  });

  test('stops at File Station that may not be used', async () => {
    const accounts = { alice: { password: PASSWORD, fileStation: false } };
    const last = (await (await startNas({ accounts })).source.check()).at(-1);
    expect(last).toMatchObject({ name: 'login', ok: false });
    expect(last?.remedy).toContain('Applications');
    const { dsm, source } = await startNas();
    dsm.faults.add({ api: 'FileStation.Info' }, { kind: 'code', code: 160 });
    expect((await source.check()).at(-1)).toMatchObject({ name: 'file-station', ok: false });
  });

  test('stops at a share that is not seen, and at a folder that is missing', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: 'other/x' });
    dsm.files.write('/cases/a.vtu', 'x');
    const share = (await source.check()).at(-1);
    expect(share).toMatchObject({ name: 'share', ok: false });
    expect(share?.found).toContain('sees cases');
    const { dsm: second, source: missing } = await startNas({}, { sourceDir: 'cases/x' });
    second.files.write('/cases/a.vtu', 'x');
    const directory = (await missing.check()).at(-1);
    expect(directory).toMatchObject({ name: 'directory', ok: false });
    expect(directory?.remedy).toContain('the folder "cases" exists');
  });

  test('looks at the folder or the file that it is told to', async () => {
    const { dsm, source } = await startNas({}, { sourceDir: 'none' });
    dsm.files.write('/s/deep/a.vtu', 'mesh');
    for (const path of ['s/deep', '/s/deep/', 's/deep/a.vtu', 's']) {
      const steps = await source.check({ path });
      expect(steps.every(({ ok }) => ok)).toBe(true);
      expect(steps.at(-1)?.found).toContain('"s/deep/a.vtu"');
    }
  });

  test('tells where only whole files are sent', async () => {
    const { dsm, source } = await startNas({ ranges: 'ignored' });
    dsm.files.write('/s/a.vtu', 'mesh');
    expect((await source.check()).at(-1)?.found).toContain('only whole files are sent');
  });

  test('rejects with the reason of an abort', async () => {
    const { dsm, source } = await startNas();
    const controller = new AbortController();
    dsm.faults.add({ api: 'SYNO.API.Info' }, { kind: 'hang' });
    const checking = failureOf(source.check({ signal: controller.signal }));
    while (dsm.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('stop'));
    expect(await checking).toBe(controller.signal.reason);
  });
});
