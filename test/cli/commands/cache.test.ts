import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

/** A cache that holds two meshes of a server. */
async function stage() {
  const server = await FaultServer.start(
    { 'a.vtu': smallVtu({ points: 500 }), 'b.vtu': smallVtu({ points: 600 }) },
    { index: 'size' },
  );
  onTestFinished(() => server.close());
  const cli = await makeCli();
  const got = await cli.run(['get', server.url]);
  expect(got.stderr).toMatch(/got 2 files/);
  return { server, ...cli };
}

test('ls and stats say what there is', async () => {
  const { run, server, cacheDir } = await stage();
  const [listed, json, stats] = await Promise.all([
    run(['cache', 'ls']),
    run(['cache', 'ls', '--json']),
    run(['cache', 'stats']),
  ]);
  expect(linesOf(listed.stdout)[0]).toBe('SOURCE                   FILES     SIZE  LAST USED  IN USE');
  expect(linesOf(listed.stdout)[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ +2 +[\d.]+ kB {2}just now$/);
  expect(listed.stderr).toContain(`of at most 10.7 GB in ${cacheDir}`);
  expect(JSON.parse(json.stdout)).toMatchObject({
    cacheDir,
    sources: [{ source: `${server.url}/`, files: 2, held: 0 }],
    stats: { fileCount: 2, unfinished: { files: 0, bytes: 0 } },
  });
  expect(stats.stdout).toMatch(/^files {7}2$/m);
  expect(stats.stdout).toMatch(/^misses {6}2$/m);
});

test('verify finds what is damaged and exits with 1, --repair has it fetched again', async () => {
  const { run, server, cacheDir } = await stage();
  expect(await run(['cache', 'verify'])).toMatchObject({ status: 0, stderr: '2 ok\n' });
  const names = await readdir(join(cacheDir, 'objects'), { recursive: true });
  const object = names.find((name) => name.endsWith('.vtu')) ?? '';
  await writeFile(join(cacheDir, 'objects', object), 'rotten');
  const damaged = await run(['cache', 'verify']);
  expect(damaged.status).toBe(1);
  expect(damaged.stdout).toMatch(/^wrong size: http.*\.vtu\n$/);
  expect(damaged.stderr).toMatch(/^1 ok, 1 damaged\n--repair removes them/);
  const repaired = await run(['cache', 'verify', '--repair', '--json']);
  expect(repaired.status).toBe(0);
  expect(JSON.parse(repaired.stdout)).toMatchObject({ ok: 1, repaired: true });
  expect((await run(['get', server.url])).stderr).toMatch(/got 1 file, had 1/);
});

test('prune removes unfinished downloads and what is above the size', async () => {
  const { run, server } = await stage();
  server.put('c.vtu', smallVtu({ points: 6000 }));
  server.always('c.vtu', { kind: 'cut', afterBytes: 100_000 });
  expect((await run(['get', server.url, '--tries', '1'])).status).toBe(1);
  const listed = await run(['cache', 'ls']);
  expect(listed.stderr).toMatch(/1 unfinished download \([\d.]+ kB\)/);
  const pruned = await run(['cache', 'prune', '--cache-size', '30kB']);
  expect(pruned.stdout).toMatch(/^removed 1 file and 1 unfinished download, /);
  expect((await run(['cache', 'stats', '--json'])).stdout).toContain('"unfinished":{"files":0,"bytes":0}');
});

test('clear removes nothing unasked', async () => {
  const { run, runOnTerminal, server } = await stage();
  const refused = await run(['cache', 'clear']);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toMatch(/--yes/);
  const asked = await runOnTerminal(['cache', 'clear'], 100, { input: 'n\n' });
  expect(asked.stdout).toMatch(/Remove all 2 files \([\d.]+ kB\) in .*\? \[y\/N\]/);
  expect(asked.status).toBe(1);
  const wrong = await run(['cache', 'clear', '-y', '--source', 'hf://nothing']);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(`${server.url}/`);
  const done = await run(['cache', 'clear', '-y', '--source', `${server.url}/`]);
  expect(done.stdout).toMatch(/^removed 2 files, /);
});

test('a folder that is no cache is refused', async () => {
  const { run, home } = await stage();
  await writeFile(join(home, 'notes.txt'), 'mine');
  const { status, stderr } = await run(['cache', 'clear', '-y', '--cache-dir', home]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/is not a cache of VascuSim/);
});
