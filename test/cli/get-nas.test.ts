import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import type { Fault } from '../servers/dsm/faults.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const LARGE = smallVtu({ points: 6000 });

describe('vascusim get from a Synology NAS', () => {
  async function stage() {
    const dsm = await LoopbackDsm.start();
    onTestFinished(() => dsm.close());
    dsm.files.write('/sim/a.vtu', smallVtu());
    dsm.files.write('/sim/a.json', '{"age": 60}');
    dsm.files.write('/sim/deep/large.vtu', LARGE);
    const env = { VASCUSIM_USER: 'alice', VASCUSIM_PASSWORD: 'pass word+%&#é' };
    const cli = await makeCli({ env });
    const args = ['get', `nas://127.0.0.1:${dsm.port}/sim`, '--no-secure', '--to', 'data'];
    return { dsm, args, ...cli, to: join(cli.home, 'data') };
  }

  const faults: readonly (readonly [string, Fault])[] = [
    ['a cut', { kind: 'cut', bytes: 100_000 }],
    ['a break before the answer', { kind: 'reset' }],
    ['a session that has ended', { kind: 'code', code: 106 }],
    ['an answer that ends early', { kind: 'truncate', bytes: 100_000 }],
  ];
  test.each(faults)('bears %s', async (_, fault) => {
    const { dsm, args, run, to } = await stage();
    dsm.faults.add({ api: 'Download', mentions: 'large' }, fault);
    const { stderr, status } = await run(args);
    expect([stderr, status]).toEqual([expect.stringMatching(/2 samples: got 3 files, had 0/), 0]);
    expect(await readFile(join(to, 'deep/large.vtu'), 'utf8')).toBe(LARGE);
    expect(dsm.leaks()).toEqual([]);
  });

  test('names a file that may not be read and gets the others', async () => {
    const { dsm, args, run, to } = await stage();
    dsm.faults.add({ api: 'Download', mentions: 'large', times: 99 }, { kind: 'code', code: 408 });
    const { stderr, status } = await run(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/got 2 files, had 0, failed 1/);
    expect(stderr).toMatch(/failed sim\/deep\/large\.vtu: /);
    expect(await readdir(to)).toEqual(['a.json', 'a.vtu']);
  });

  test.each([
    ['', '/sim/deep/large.vtu'],
    ['', '/sim/deep/large'],
    ['/sim', '/sim/deep/large.vtu'],
    ['/sim', 'deep/large'],
  ])('info of the NAS "%s" takes %s', async (folder, name) => {
    const { dsm, run } = await stage();
    const { stdout } = await run(['info', `nas://127.0.0.1:${dsm.port}${folder}`, name, '--no-secure']);
    expect(stdout).toMatch(/^sim\/deep\/large\.vtu\n[^]*points {2}6 000/);
  });

  test('a wrong password is tried once and is exit code 4', async () => {
    const { dsm, args, run } = await stage();
    const { status, stdout } = await run(args, { env: { VASCUSIM_PASSWORD: 'wrong' } });
    expect([status, stdout, dsm.auth.attempts]).toEqual([4, '', 1]);
  });
});

describeWithSamba('vascusim get from a real SMB server', () => {
  test('names a file that may not be read; a server that is away is exit code 5', async () => {
    await using samba = await startSamba();
    await mkdir(join(samba.folder, 'cases'));
    await writeFile(join(samba.folder, 'cases/a.vtu'), smallVtu());
    await writeFile(join(samba.folder, 'cases/large.vtu'), LARGE);
    await writeFile(join(samba.folder, 'cases/locked.vtu'), LARGE);
    await chmod(join(samba.folder, 'cases/locked.vtu'), 0o000);
    const { run, home } = await makeCli({ env: { VASCUSIM_USER: USERNAME, VASCUSIM_PASSWORD: PASSWORD } });
    const args = ['get', `smb://127.0.0.1:${samba.port}/sims/cases`, '--to', 'data'];
    const locked = await run(args);
    expect(locked.status).toBe(1);
    expect(locked.stderr).toMatch(/got 2 files, had 0, failed 1[^]*failed sims\/cases\/locked\.vtu: /);
    await chmod(join(samba.folder, 'cases/locked.vtu'), 0o644);
    const { stderr, status } = await run(args);
    expect([stderr, status]).toEqual([expect.stringMatching(/^3 samples: got \d files?, had \d/), 0]);
    expect(await readFile(join(home, 'data/large.vtu'), 'utf8')).toBe(LARGE);
    await samba.stop();
    const away = await run(args);
    expect([away.stderr, away.status]).toEqual([
      expect.stringMatching(/^error: .*\nhint: vascusim doctor/),
      5,
    ]);
  });
});
