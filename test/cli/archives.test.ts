import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildZip } from '../archives/build-zip.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

async function makeArchive(): Promise<string> {
  const mesh = await readFile('test/fixtures/raw-zlib.vtu');
  const zip = buildZip([
    { name: 'a/1.vtu', data: mesh },
    { name: 'a/1.json', data: '{"age": 50}' },
    { name: 'notes.txt', data: 'no sample' },
    { name: '../evil.vtu', data: mesh },
    { name: '__MACOSX/a/._1.vtu', data: 'x' },
  ]);
  return makeFolder({ 'results.zip': zip });
}

test('ls of an archive lists its samples, and says what it passes over', async () => {
  const folder = await makeArchive();
  const { run } = await makeCli();
  const { status, stdout, stderr } = await run(['ls', join(folder, 'results.zip')]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('a/1') });
  expect(stderr).toContain('1 name that leads out of its archive');
  expect(stderr).toContain('1 system folder (__MACOSX');
});

test('--archives takes no argument behind it, and a pattern behind "="', async () => {
  const folder = await makeArchive();
  const { run } = await makeCli();
  expect((await run(['ls', '--archives', folder])).stdout).toContain('results.zip/a/1');
  expect((await run(['ls', '--archives=results.*', folder])).stdout).toContain('results.zip/a/1');
  expect((await run(['ls', '--archives=*.tar', folder])).status).not.toBe(0);
  const { run: byVariable } = await makeCli({ env: { VASCUSIM_ARCHIVES: '1' } });
  expect((await byVariable(['ls', folder])).stdout).toContain('results.zip/a/1');
});

test('ls of a folder of archives says what opens them', async () => {
  const folder = await makeArchive();
  const { run } = await makeCli();
  const { status, stderr } = await run(['ls', folder]);
  expect(status).not.toBe(0);
  expect(stderr).toContain('1 .zip (open them with --archives)');
});

test.each([
  ['a path in the archive', (zip: string) => [`${zip}/a/1.vtu`]],
  ['the archive and an id', (zip: string) => [zip, 'a/1']],
])('info takes %s', async (_, files) => {
  const folder = await makeArchive();
  const { run } = await makeCli();
  const { status, stdout } = await run(['info', ...files(join(folder, 'results.zip'))]);
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('pressure') });
});

test('get of an archive unpacks all that lies inside, and nothing outside', async () => {
  const folder = await makeArchive();
  const target = await makeFolder();
  const { run } = await makeCli();
  const { status } = await run(['get', join(folder, 'results.zip'), '--to', join(target, 'out')]);
  expect(status).toBe(0);
  expect((await readdir(target, { recursive: true })).sort()).toEqual([
    'out',
    'out/a',
    'out/a/1.json',
    'out/a/1.vtu',
    'out/notes.txt',
  ]);
  expect(await readFile(join(target, 'out/a/1.vtu'))).toEqual(await readFile('test/fixtures/raw-zlib.vtu'));
});
