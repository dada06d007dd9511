import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

async function stage() {
  const cli = await makeCli();
  const data = join(cli.home, 'data');
  await mkdir(join(data, '@Recycle'), { recursive: true });
  await writeFile(join(data, 'a.vtu'), smallVtu());
  await writeFile(join(data, 'a.json'), '{"age": 1}');
  await writeFile(join(data, '@Recycle/b.vtu'), smallVtu());
  return { ...cli, data };
}

test.each([
  ['ls', []],
  ['get', ['--to', 'out']],
  ['get', ['--dry-run']],
  ['stream', ['-w', '0']],
  ['bench', ['-w', '0']],
] as const)('%s %j --json has what the listing left out', async (command, args) => {
  const { run } = await stage();
  const { status, stdout, stderr } = await run([command, 'data', ...args, '--json']);
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(status).toBe(0);
  expect(last[command === 'stream' ? 'notListed' : 'leftOut']).toEqual([
    { path: '@Recycle', reason: 'system-folder' },
  ]);
  expect(stderr).toMatch(/warning: Not listed: 1 system folder/);
});

test.each(['ls', 'get', 'stream', 'bench'])('%s tells of a name that no metadata has', async (command) => {
  const { run } = await stage();
  const { status, stderr } = await run([command, 'data', '--where', 'aeg > 0']);
  expect(status).toBe(0);
  expect(stderr).toMatch(/warning: no sample has the metadata "aeg": did you mean "age"\?/);
});

test('bench without a sample advises no more of them', async () => {
  const { run } = await stage();
  const { stdout } = await run(['bench', 'data', '-w', '0', '--where', 'age > 5']);
  expect(stdout).toMatch(/There is no sample to measure/);
});

test.each([
  [
    'a variable that names no file of settings',
    { VASCUSIM_CONFIG: '/nowhere/mine.json' },
    /no file \/nowhere\/mine\.json, which VASCUSIM_CONFIG/,
  ],
  ['the home folder of somebody', { VASCUSIM_CACHE_DIR: '~bob/x' }, /VASCUSIM_CACHE_DIR begins with "~bob"/],
])('%s is refused', async (_, env, words) => {
  const { run } = await stage();
  const { status, stderr } = await run(['ls', 'data'], { env });
  expect([status, stderr]).toEqual([2, expect.stringMatching(words)]);
});

test('a pipe in place of the settings holds nothing up', async () => {
  const { run, home } = await stage();
  execFileSync('mkfifo', [join(home, 'vascusim.json')]);
  const { status, stderr } = await run(['ls', 'data']);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/vascusim\.json cannot be read: it is a pipe/)]);
});

test.each([
  [['--json', 'ls', 'data'], /Options stand behind the command/],
  [['ls', 'data', '--no-secure'], /^error: --no-secure has no meaning/],
  [['ls', '--type', 'nas', 'x'], /since --type says so/],
  [['ls', '\\\\host\\share'], /no folder is called "\\\\host\\share"/],
  [['info', "'data/a.vtu'"], /There is no file and no folder 'data\/a\.vtu'/],
])('%j is told in the words of the command line', async (args, words) => {
  const { run } = await stage();
  const { status, stderr } = await run(args);
  expect([2, 3]).toContain(status);
  expect(stderr).toMatch(words);
});

test('the variable of the source is not that of cache clear', async () => {
  const { run } = await stage();
  const { status } = await run(['cache', 'clear', '-y'], { env: { VASCUSIM_SOURCE: 'data' } });
  expect(status).toBe(0);
});
