import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { smallPvtu, smallVtu } from '../../dataset/small-mesh.ts';
import { FaultServer, type FaultServerOptions } from '../../servers/fault-server.ts';
import { startHub } from '../../servers/start-hub.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const LARGE = smallVtu({ points: 6000 });
const FILES = {
  'metadata.jsonl': '{"file_name": "a.vtu", "age": 60}\n{"file_name": "b.pvtu", "age": 40}\n',
  'a.vtu': smallVtu({ points: 5 }),
  'b.pvtu': smallPvtu(['b_0.vtu', 'b_1.vtu']),
  'b_0.vtu': smallVtu({ points: 6 }),
  'b_1.vtu': smallVtu({ points: 4 }),
  'c/large.vtu': LARGE,
  'c/large.json': '{"age": 70}',
};

async function stage(options: FaultServerOptions = { index: 'sha256' }) {
  const server = await FaultServer.start(FILES, options);
  onTestFinished(() => server.close());
  const cli = await makeCli();
  return { server, ...cli, to: join(cli.home, 'data') };
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .toSorted();
}

describe('vascusim get', () => {
  test('writes samples with pieces and metadata into a folder that is a source itself', async () => {
    const { run, server, to, cacheDir } = await stage();
    const { stderr, stdout, status } = await run(['get', server.url, '--to', to]);
    expect([status, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(/^3 samples: got 7 files, had 0; .* in \d+ s, .*\/s\n$/);
    for (const [path, content] of Object.entries(FILES)) {
      expect(await readFile(join(to, path), 'utf8')).toBe(content);
    }
    expect(await listFiles(to)).toHaveLength(7);
    const [again, listed] = await Promise.all([
      run(['get', server.url, '--to', to]),
      run(['ls', to, '-q', '--where', 'age > 50']),
    ]);
    expect(again.stderr).toBe('3 samples: got 0 files, had 7\n');
    expect(listed.stdout).toBe('a\nc/large\n');
    // Only what listing needed is in the cache: the meshes are in the folder.
    expect(await listFiles(join(cacheDir, 'objects'))).toHaveLength(3);
  });

  test('replaces what is not the same any more, by digest or by time', async () => {
    for (const index of ['sha256', 'size'] as const) {
      const { run, server, to } = await stage({ index });
      await run(['get', server.url, '--to', to, '--where', 'age == 60']);
      server.put('a.vtu', FILES['a.vtu'].replace('version="0.1"', 'version="1.0"'), { modified: new Date() });
      const { stderr } = await run(['get', server.url, '--to', to, '--where', 'age == 60']);
      expect(stderr).toMatch(/got 1 file, had 1/);
      expect(await readFile(join(to, 'a.vtu'), 'utf8')).toContain('version="1.0"');
    }
  });

  test('fetches into the cache without --to, only what fits --where and -n', async () => {
    const { run, server } = await stage();
    const dry = await run(['get', server.url, '--dry-run', '-n', '1']);
    expect(dry.stdout).toBe('metadata.jsonl\na.vtu\n');
    const { stdout } = await run(['get', server.url, '--where', 'age > 50', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ samples: 2, got: 2, failed: [] });
    expect(server.requestsOf('b_0.vtu', 'GET')).toHaveLength(0);
    const again = await run(['get', server.url, '--where', 'age > 50', '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ got: 0, had: 4 });
    expect(server.requestsOf('c/large.vtu', 'GET')).toHaveLength(1);
  });

  test('goes on after a file that fails, names it and exits with 1', async () => {
    const { run, server, to } = await stage();
    server.always('a.vtu', { kind: 'status', status: 503 });
    server.script('c/large.vtu', { kind: 'cut', afterBytes: 70_000 });
    const { stderr, status } = await run(['get', server.url, '--to', to, '--tries', '1']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/got \d files, had \d, failed [12]/);
    expect(stderr).toMatch(/ {2}failed a\.vtu: .*503/);
    expect(await listFiles(to)).not.toContain('a.vtu');
    server.always('a.vtu', undefined);
    expect((await run(['get', server.url, '--to', to])).status).toBe(0);
    expect(await readFile(join(to, 'c/large.vtu'), 'utf8')).toBe(LARGE);
  });

  test('Ctrl-C ends it with 130, and the same command goes on where it was', async () => {
    const { run, server, to } = await stage();
    server.script('c/large.vtu', { kind: 'stall', afterBytes: 200_000 });
    const { stderr, status } = await run(['get', server.url, '--to', to], {
      onStart: (child) => {
        const timer = setInterval(() => {
          void stat(join(to, 'a.vtu')).then(
            () => server.requestsOf('c/large.vtu', 'GET').length > 0 && child.kill('SIGINT'),
            () => undefined,
          );
        }, 100);
        child.once('exit', () => clearInterval(timer));
      },
    });
    expect(status).toBe(130);
    expect(linesOf(stderr)).toEqual([
      'Not finished: the same command goes on where this one ended.',
      'interrupted',
    ]);
    expect(await listFiles(to)).not.toContain('large.vtu');
    const listed = await run(['ls', server.url, '--json']);
    expect(listed.stdout).toContain('"cached":"part"');
    const again = await run(['get', server.url, '--to', to]);
    expect(again.status).toBe(0);
    const ranges = server.requestsOf('c/large.vtu', 'GET').map(({ headers }) => headers['range']);
    expect(ranges.at(-1)).toMatch(/^bytes=[1-9]\d+-/);
    expect(await readFile(join(to, 'c/large.vtu'), 'utf8')).toBe(LARGE);
  });

  test('shows a block with what is under way on a terminal', async () => {
    const { runOnTerminal, server, to } = await stage();
    let release = (): void => undefined;
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.script('c/large.vtu', { kind: 'stall', afterBytes: 200_000, until });
    const { stdout } = await runOnTerminal(['get', server.url, '--to', to], 90, {
      onStart: (child) =>
        child.stdout?.on('data', (chunk: string) => {
          if (chunk.includes('c/large.vtu')) release();
        }),
    });
    expect(stdout).toMatch(/c\/large\.vtu +█+░+ +\d+ % +[\d.]+ kB of [\d.]+ kB/);
    expect(stdout).toMatch(/[0-6]\/7 files {2}[\d.]+ kB of [\d.]+ kB {2}[\d.]+ .*B\/s/);
    expect(stdout).toContain('\u001b[2A\r\u001b[0J');
    expect(linesOf(stdout).at(-1)).toMatch(/got 7 files/);
  });

  test('copies from a folder and leaves it as it is', async () => {
    const { run, to } = await stage();
    const folder = await makeFolder(FILES);
    const { stderr } = await run(['get', folder, '--to', to, '--where', 'age == 70']);
    expect(stderr).toMatch(/^1 sample: got 3 files, had 0/);
    expect(await listFiles(to)).toEqual(['large.json', 'large.vtu', 'metadata.jsonl']);
    expect(await listFiles(folder)).toHaveLength(7);
  });

  test('says so when the folder cannot be written to', async () => {
    const { run, server, home } = await stage();
    await writeFile(join(home, 'data'), 'a file');
    const { status, stderr } = await run(['get', server.url, '--to', join(home, 'data')]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/error: .*data cannot be written: .*data is no folder/);
  });
});

describe('vascusim get from the Hub', () => {
  test.each([
    [
      'a rate limit',
      { at: 'resolve', effect: { kind: 'status', status: 429, headers: { 'retry-after': '0' } } },
    ],
    ['a cut', { at: 'cdn', effect: { kind: 'cut', after: 100_000 } }],
    ['a flipped byte', { at: 'cdn', effect: { kind: 'flip', at: 1000 } }],
    ['a reset', { at: 'cdn', effect: { kind: 'reset' } }],
  ] as const)('bears %s', async (_, fault) => {
    const hub = await startHub();
    hub.add('user/name', FILES);
    const { run, home } = await makeCli({ env: { VASCUSIM_ENDPOINT: hub.url } });
    hub.faults.add(fault);
    const to = join(home, 'data');
    const { status, stderr } = await run(['get', 'user/name', '--to', to, '-j', '1']);
    expect([stderr, status]).toEqual([expect.stringMatching(/got \d+ files/), 0]);
    expect(hub.faults.pending).toBe(0);
    expect(await readFile(join(to, 'c/large.vtu'), 'utf8')).toBe(LARGE);
  });

  test('a dataset that does not exist is exit code 3 or 4, a Hub that is away 5', async () => {
    const hub = await startHub();
    const { run } = await makeCli();
    const [missing, away] = await Promise.all([
      run(['get', 'user/nothing', '--endpoint', hub.url]),
      run(['get', 'user/nothing', '--endpoint', 'http://127.0.0.1:9']),
    ]);
    expect([3, 4]).toContain(missing.status);
    expect(away.status).toBe(5);
    expect(away.stderr).toMatch(/hint: vascusim doctor/);
  });
});
