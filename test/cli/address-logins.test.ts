import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const SECRET = 'hunter2';

test.each([
  `//u:${SECRET}@host/share`,
  `\\\\u:${SECRET}@host\\share`,
  `smb:u:${SECRET}@host/share`,
  `SMB:/u:${SECRET}@host/share`,
  `cifs:\\\\u:${SECRET}@host\\share`,
  `smb://u:x/${SECRET}@host/share`,
  `nas://u:x#${SECRET}@host/share`,
  `https://u:x?${SECRET}@host/folder`,
  `//u:x/${SECRET}@host/share`,
  `user:${SECRET}@host/share`,
])('the login of %s is not repeated, by argument, variable or settings', async (address) => {
  const { run } = await makeCli();
  const runs = await Promise.all([
    run(['ls', address]),
    run(['doctor', address]),
    run(['info', address, 'case_1']),
    run(['ls'], { env: { VASCUSIM_SOURCE: address } }),
  ]);
  for (const { status, stdout, stderr } of runs) {
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: The address of the source holds a password/);
    expect(stderr).not.toContain(SECRET);
  }
});

test.each([
  ['a folder that is called so', 'a:b@c'],
  ['a revision of the Hub', 'hf://datasets/user/name@v1'],
  ['"@" in a path behind a port', 'smb://127.0.0.1:1/a@b'],
])('%s is no login', async (_, address) => {
  const { run, home } = await makeCli({ env: { HF_HUB_OFFLINE: '1', VASCUSIM_GUEST: '1' } });
  await mkdir(join(home, 'a:b@c'));
  const { stderr } = await run(['ls', address, '--tries', '1', '--timeout', '5']);
  expect(stderr).not.toMatch(/holds a password|holds a user name/);
});
