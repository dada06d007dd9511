import { expect, onTestFinished, test, vi } from 'vitest';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES = {
  'cases/a b.vtu': smallVtu({ points: 9 }),
  'cases/whole.pvtu': smallPvtu(['part_0.vtu', 'part_1.vtu']),
  'cases/part_0.vtu': smallVtu({ points: 6 }),
  'cases/part_1.vtu': smallVtu({ points: 4 }),
  'cases/broken.vtu': '<html>',
};

test('info of a file by its URL, and of files of a source', async () => {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const { run } = await makeCli();
  const [url, named, pieces] = await Promise.all([
    run(['info', `${server.url}/cases/a%20b.vtu`]),
    run(['info', server.url, 'cases/a b.vtu', 'cases/part_1.vtu', '--json']),
    run(['info', server.url, 'cases/whole.pvtu']),
  ]);
  expect(linesOf(url.stdout).slice(0, 3)).toEqual([
    'a b.vtu',
    expect.stringMatching(/^UnstructuredGrid, .* ascii/),
    'points  9 (float32)',
  ]);
  expect(named.stdout.match(/"points":\d+/g)).toEqual(['"points":9', '"points":4']);
  expect(linesOf(pieces.stdout).slice(0, 3)).toEqual([
    'cases/whole.pvtu',
    expect.stringContaining('2 pieces'),
    'points  10 (float32)',
  ]);
});

test('an error names the file, not its place in the cache', async () => {
  const hub = await startHub();
  hub.add('user/name', FILES);
  const { run, cacheDir } = await makeCli({ env: { VASCUSIM_ENDPOINT: hub.url } });
  const [good, broken, missing, none] = await Promise.all([
    run(['info', 'hf://datasets/user/name/cases/a b.vtu']),
    run(['info', 'user/name', 'cases/broken.vtu']),
    run(['info', 'user/name', 'cases/nothing.vtu']),
    run(['info', 'user/name']),
  ]);
  expect(good.stdout).toMatch(/points {2}9/);
  expect([broken.status, missing.status, none.status]).toEqual([6, 3, 3]);
  expect(broken.stderr).toMatch(/^error: cases\/broken\.vtu, byte 0: is an HTML page/);
  expect(broken.stderr).not.toContain(cacheDir);
});

test('a folder of this machine is a source as well', async () => {
  const { run } = await makeCli();
  const { stdout } = await run(['info', await makeFolder(FILES), 'cases/part_0.vtu']);
  expect(stdout).toMatch(/points {2}6/);
});

test('an id that --samples makes is no file: the message says so', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder({ 'a/m=0.1/v.vtu': smallVtu() });
  const listed = await run(['ls', folder, '--samples', '{case}/m={flow:number}/v.vtu', '-q']);
  const { stderr, status } = await run(['info', folder, listed.stdout.trim()]);
  expect(stderr).toMatch(/no file and no sample "a\/0\.1".* as vascusim ls shows it without --samples\.$/m);
  expect(status).toBe(3);
});
