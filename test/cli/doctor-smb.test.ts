import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { PASSWORD, type Samba, startSamba, USERNAME } from '../servers/samba.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

describeWithSamba('vascusim doctor and get of a real SMB server', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
    await mkdir(join(samba.folder, 'aorta'));
    for (const name of ['a', 'b'])
      await writeFile(join(samba.folder, 'aorta', `${name}.vtu`), smallVtu({ points: 900 }));
    await writeFile(join(samba.folder, 'aorta', 'a.json'), '{"age": 60}');
  });
  afterAll(() => samba[Symbol.asyncDispose]());

  const env = { VASCUSIM_USER: USERNAME, VASCUSIM_PASSWORD: PASSWORD };

  test('all is well', async () => {
    const { run, home } = await makeCli({ env });
    const source = `smb://127.0.0.1:${samba.port}/sims/aorta`;
    const { stdout, status } = await run(['doctor', source]);
    expect([stdout, status]).toEqual([expect.stringMatching(/ok {4}sample: read \d+ of/), 0]);
    const got = await run(['get', source, '--to', join(home, 'data'), '--where', 'age > 50']);
    expect([got.stderr, got.status]).toEqual([expect.stringMatching(/^1 sample: got 2 files, had 0/), 0]);
    const again = await run(['get', source, '--to', join(home, 'data')]);
    expect(again.stderr).toMatch(/got 1 file, had 2/);
    const info = await run(['info', source, 'a.vtu']);
    expect(info.stdout).toMatch(/^sims\/aorta\/a\.vtu\n.*\npoints {2}900/);
  });

  test.each([
    [
      'a wrong password',
      'sims',
      { VASCUSIM_PASSWORD: 'wrong' },
      4,
      /FAIL {2}login: .* refused with STATUS_LOGON_FAILURE\n {6}-> Check username/,
    ],
    ['a share that does not exist', 'nothing', {}, 4, /FAIL {2}share.*sims/],
    ['a share that is closed', 'other', {}, 4, /FAIL/],
    ['a folder that does not exist', 'sims/nothing', {}, 3, /FAIL {2}directory/],
  ])('%s fails', async (_, path, changed, code, message) => {
    const { run } = await makeCli({ env: { ...env, ...changed } });
    const { stdout, status } = await run(['doctor', `smb://127.0.0.1:${samba.port}/${path}`]);
    expect(stdout).toMatch(message);
    expect(status).toBe(code);
    expect(stdout).not.toContain(PASSWORD);
  });

  test('a guest has no account, whatever the environment says', async () => {
    const global = ['map to guest = Bad User', `guest account = ${USERNAME}`];
    await using open = await startSamba({ global, share: ['guest ok = yes'], folder: samba.folder });
    const { run } = await makeCli({ env });
    const { stdout, stderr, status } = await run([
      'ls',
      `smb://127.0.0.1:${open.port}/sims/aorta`,
      '--guest',
    ]);
    expect([stderr, status]).toEqual([expect.stringMatching(/^2 samples/), 0]);
    expect(stdout).toContain('sims/aorta/a');
  });

  test('get says what failed at the login with exit code 4', async () => {
    const { run, home } = await makeCli({ env: { ...env, VASCUSIM_PASSWORD: 'wrong' } });
    const { stderr, status } = await run([
      'get',
      `smb://127.0.0.1:${samba.port}/sims`,
      '--to',
      join(home, 'data'),
    ]);
    expect(status).toBe(4);
    expect(stderr).toMatch(/^error: .*\nhint: .*VASCUSIM_PASSWORD/);
    expect(stderr).not.toContain('wrong\n');
  });
});
