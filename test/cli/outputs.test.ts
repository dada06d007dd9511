import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { type CliRun, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

const LONG = 'x'.repeat(300);

/** What each command that writes is given, but for where it writes to. */
const WRITERS: readonly (readonly [name: string, args: readonly string[], ending: string])[] = [
  ['render -o', ['render', 'data/a.vtu', '--size', '40x40', '-o'], '.png'],
  ['convert to a mesh', ['convert', 'data/a.vtu'], '.vtp'],
  ['convert to a graph', ['convert', 'data/a.vtu'], '.safetensors'],
  ['measure -o', ['measure', 'data', '-w', '0', '-o'], '.json'],
  ['bench --report', ['bench', 'data', '-n', '1', '-w', '0', '--report'], '.html'],
];

async function stage() {
  const cli = await makeCli();
  const data = join(cli.home, 'data');
  await mkdir(data);
  await writeFile(join(data, 'a.vtu'), smallVtu());
  await writeFile(join(data, 'a.json'), '{"age": 1}');
  await writeFile(join(cli.home, 'plain'), 'mine');
  return cli;
}

/** An error of one line, exit code 2, no words of the system, nothing on standard output. */
function expectRefused({ status, stdout, stderr }: CliRun, words: RegExp): void {
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\bE[A-Z]{3,}\b|errno|syscall|\n\s+at /);
}

describe.each(WRITERS)('%s', (_, args, ending) => {
  test('makes folders that are missing', async () => {
    const { run, home } = await stage();
    const { status } = await run([...args, `new/deeper/out${ending}`]);
    expect(status).toBe(0);
    expect(await readdir(join(home, 'new/deeper'))).toContain(`out${ending}`);
    // Nothing unfinished stays behind.
    expect((await readdir(join(home, 'new/deeper'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('says before the work what is in its way', async () => {
    const { run, home } = await stage();
    await mkdir(join(home, `folder${ending}`));
    const [file, folder, long, nowhere] = await Promise.all([
      run([...args, `plain/out${ending}`]),
      run([...args, `folder${ending}`]),
      run([...args, `${LONG}${ending}`]),
      run([...args, `/dev/null/out${ending}`]),
    ]);
    expectRefused(file, /plain\/out\S+ cannot be written: .*plain is no folder/);
    expectRefused(folder, /folder\S+ is a folder/);
    expectRefused(long, /name of more than 255 bytes/);
    expectRefused(nowhere, /\/dev\/null is no folder/);
    expect(await readFile(join(home, 'plain'), 'utf8')).toBe('mine');
  });

  test('takes the longest name that a disk takes', async () => {
    const { run } = await stage();
    // The sidecar beside a mesh has an ending of five.
    const name = 'x'.repeat(Math.min(250, 255 - ending.length)) + ending;
    expect(await run([...args, name])).toMatchObject({ status: 0 });
  });
});

describe.each([
  ['get --to', ['get', 'data', '--to']],
  ['demo --to', ['demo', '--to']],
])('%s', (_, args) => {
  test('says before the work what is in its way, and leaves it alone', async () => {
    const { run, home } = await stage();
    const [file, below, empty, device] = await Promise.all([
      run([...args, 'plain']),
      run([...args, 'plain/new']),
      run([...args, '']),
      run([...args, '/dev/null']),
    ]);
    expectRefused(file, /plain/);
    expectRefused(below, /plain is no folder/);
    expectRefused(empty, /--to is empty/);
    expectRefused(device, /\/dev\/null/);
    expect(await readFile(join(home, 'plain'), 'utf8')).toBe('mine');
  });

  test('ends where a folder takes no others', async () => {
    const { run } = await stage();
    // As root the system lets one try.
    expectRefused(await run([...args, '/proc/new/deeper']), /\/proc\/new\/deeper/);
  });
});

test.skipIf(process.getuid?.() !== 0)("a folder of another user's is named, with what to do", async () => {
  const folder = await makeFolder({ 'own/x': '' });
  await chmod(folder, 0o755);
  const program = `
    const { checkFolder, checkOutput } = await import(${JSON.stringify(pathToFileURL(resolve('src/cli/write-file.ts')).href)});
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const own = ${JSON.stringify(join(folder, 'own'))};
    const checks = [checkOutput(own + '/a.png', true), checkOutput(own + '/new/a.png'), checkFolder(own), checkFolder(own + '/new')];
    const found = await Promise.allSettled(checks);
    process.stdout.write(JSON.stringify(found.map(({ reason }) => [reason?.code, reason?.message])));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  const found = JSON.parse(stdout) as [string, string][];
  expect(found).toHaveLength(4);
  for (const [code, message] of found) {
    expect(code).toBe('CONFIG');
    expect(message).toMatch(/^No permission to write \S*own\S*: choose another place\.$/);
  }
});

test.each(['ls', 'stream'])(
  'results of %s that cannot be written end it with a sentence',
  async (command) => {
    const { home } = await stage();
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    const args = [resolve('bin/vascusim.mjs'), command, join(home, 'data'), '--json'];
    const { status, stderr } = spawnSync(process.execPath, args, {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      env: { ...process.env, HOME: home },
    });
    expect(status).toBe(2);
    expect(stderr).toMatch(/error: The results cannot be written to standard output: its disk is full\./);
    expect(stderr).not.toMatch(/ENOSPC|\n\s+at /);
  },
);
