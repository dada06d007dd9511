import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { asTyped } from '../../src/cli/options/advice.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

function systemError(code: string, syscall: string, path?: string): Error {
  return Object.assign(new Error(`${code}: as the system words it, ${syscall}`), { code, syscall, path });
}

test.each([
  ['ENOENT', 'open', '/data/a', 3, /There is no file \/data\/a\./],
  ['EACCES', 'scandir', '/data', 2, /No permission to read \/data/],
  ['EACCES', 'mkdir', '/data', 2, /No permission to write \/data/],
  ['EROFS', 'rename', '/data/a', 2, /\/data\/a cannot be written/],
  ['EMFILE', 'open', '/data/a', 2, /ulimit -n/],
  ['EIO', 'read', undefined, 5, /A file cannot be read now/],
  ['ENOENT', 'mkdtemp', '/nowhere/vascusim-XXXXXX', 2, /in \/nowhere: set TMPDIR/],
  ['ENOENT', 'uv_cwd', undefined, 2, /working folder is not there any more/],
  ['EWHATEVER', 'open', '/data/a', 2, /\/data\/a cannot be read: the system says EWHATEVER/],
])(
  '%s of %s, which nobody has explained, is typed where a command ends',
  (code, syscall, path, exit, words) => {
    const error = asTyped(systemError(code, syscall, path));
    expect(isVascuError(error)).toBe(true);
    expect((error as Error).message).toMatch(words);
    expect((error as Error).message).not.toMatch(/as the system words it/);
    expect(exitCodeOf(error)).toBe(exit);
  },
);

test.each([
  ['bench', ['bench', 'http://127.0.0.1:9/', '-n', '1']],
  ['ls --no-cache', ['ls', 'http://127.0.0.1:9/', '--no-cache']],
])('%s without a folder for temporary files names TMPDIR', async (_, args) => {
  const { run } = await makeCli({ env: { TMPDIR: '/nowhere/at-all' } });
  const { status, stderr } = await run(args);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/error: No temporary folder .*set TMPDIR/)]);
});

test('a working folder that is gone is said so', async () => {
  const folder = await makeFolder();
  const command = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$1" info x.vtu';
  const args = ['-c', command, process.execPath, resolve('bin/vascusim.mjs')];
  const { status, stderr } = spawnSync('sh', args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  });
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/error: The working folder is not there any more/),
  ]);
});
