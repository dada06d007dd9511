import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

describe('demo --to', () => {
  test('fills the folder in which the shell stands', async () => {
    const { run, home } = await makeCli();
    const folder = join(home, 'here');
    await mkdir(folder);
    const { ino } = await lstat(folder);
    const { status } = await run(['demo', '--to', '.'], { cwd: folder });
    expect(status).toBe(0);
    expect((await lstat(folder)).ino).toBe(ino);
    expect((await readdir(folder)).toSorted().slice(0, 2)).toEqual(['patient_01.json', 'patient_01.vtu']);
    expect(await readdir(folder)).toHaveLength(24);
  });

  test('fills what a link leads to, with its permissions', async () => {
    const { run, home } = await makeCli();
    await mkdir(join(home, 'real'));
    await chmod(join(home, 'real'), 0o2750);
    await symlink('real', join(home, 'link'));
    expect((await run(['demo', '--to', 'link'])).status).toBe(0);
    expect(await readlink(join(home, 'link'))).toBe('real');
    expect((await lstat(join(home, 'real'))).mode & 0o7777).toBe(0o2750);
    expect(await readdir(join(home, 'real'))).toHaveLength(24);
  });

  test('leaves a link to nowhere', async () => {
    const { run, home } = await makeCli();
    await symlink('nowhere', join(home, 'link'));
    const { status, stderr } = await run(['demo', '--to', 'link']);
    expect([status, stderr]).toEqual([2, expect.stringContaining('link is a link to nowhere')]);
    expect(await readlink(join(home, 'link'))).toBe('nowhere');
  });

  test('makes only what is missing of its own, and leaves files of others', async () => {
    const { run, home } = await makeCli();
    expect((await run(['demo', '--to', 'demo'])).status).toBe(0);
    await rm(join(home, 'demo/patient_03.vtu'));
    await writeFile(join(home, 'demo/patient_01.json'), '{"mine": 1}');
    expect((await run(['demo', '--to', 'demo'])).status).toBe(0);
    expect(await readdir(join(home, 'demo'))).toHaveLength(24);
    expect(await readFile(join(home, 'demo/patient_01.json'), 'utf8')).toBe('{"mine": 1}');
    await writeFile(join(home, 'demo/notes.txt'), 'mine');
    await rm(join(home, 'demo/patient_03.vtu'));
    expect((await run(['demo', '--to', 'demo'])).status).toBe(2);
    expect(await readFile(join(home, 'demo/notes.txt'), 'utf8')).toBe('mine');
  });
});

describe.each([
  ['render', ['render', 'a.vtu', '--size', '40x40', '-o'], '.png', []],
  ['convert', ['convert', 'a.vtu'], '.vtp', ['--force']],
  ['convert to a graph', ['convert', 'a.vtu'], '.safetensors', ['--force']],
  ['bench', ['bench', '.', '-n', '1', '-w', '0', '--report'], '.html', ['--force']],
] as const)('%s', (_, args, ending, force) => {
  test('writes through a link, and leaves one to nowhere', async () => {
    const { run, home } = await makeCli();
    await writeFile(join(home, 'a.vtu'), smallVtu());
    await mkdir(join(home, 'other'));
    await writeFile(join(home, `other/real${ending}`), 'old');
    await symlink(`other/real${ending}`, join(home, `link${ending}`));
    await symlink('nowhere', join(home, `lost${ending}`));
    expect((await run([...args, `link${ending}`, ...force])).status).toBe(0);
    expect(await readlink(join(home, `link${ending}`))).toBe(`other/real${ending}`);
    expect((await lstat(join(home, `other/real${ending}`))).size).toBeGreaterThan(20);
    const lost = await run([...args, `lost${ending}`, ...force]);
    expect([lost.status, lost.stderr]).toEqual([2, expect.stringContaining('is a link to nowhere')]);
    expect(await readlink(join(home, `lost${ending}`))).toBe('nowhere');
  });
});

test('a sidecar that is a link to nowhere is left', async () => {
  const { run, home } = await makeCli();
  await writeFile(join(home, 'a.vtu'), smallVtu());
  await writeFile(join(home, 'a.json'), '{"age": 1}');
  await symlink('nowhere', join(home, 'b.json'));
  expect((await run(['convert', 'a.vtu', 'b.vtu'])).status).toBe(0);
  expect(await readlink(join(home, 'b.json'))).toBe('nowhere');
});

test('get --to says that a link leads nowhere', async () => {
  const { run, home } = await makeCli();
  await writeFile(join(home, 'a.vtu'), smallVtu());
  await symlink('nowhere', join(home, 'link'));
  const { status, stderr } = await run(['get', '.', '--to', 'link/deeper']);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/link is a link to nowhere/)]);
});

test('get says how many files it replaced', async () => {
  const { run, home } = await makeCli();
  await mkdir(join(home, 'from'));
  await writeFile(join(home, 'from/a.vtu'), smallVtu());
  await writeFile(join(home, 'from/a.json'), '{"age": 1}');
  await mkdir(join(home, 'to'));
  await writeFile(join(home, 'to/a.json'), '{"age": 1, "mine": true}');
  const { stdout, stderr } = await run(['get', 'from', '--to', 'to', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ got: 2, replaced: 1 });
  expect(stderr).toBe('1 sample: got 2 files, had 0, replaced 1 that had other content\n');
});
