import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { conclude } from '../../../src/cli/bench-conclusion.ts';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES = Object.fromEntries(
  Array.from({ length: 6 }, (_, index) => [`case_${index}.vtu`, smallVtu({ points: 300 + index })]),
);

interface Pass {
  readonly name: string;
  readonly samples: number;
  readonly bytesFetched: number;
  readonly samplesPerSecond: number;
  readonly boundBy: string;
}

test('loads cold and warm, and leaves no cache behind', async () => {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const temporary = await makeFolder();
  const { run } = await makeCli({ env: { TMPDIR: temporary } });
  const { stdout, status } = await run(['bench', server.url, '-n', '5', '-b', '2', '--json']);
  expect(status).toBe(0);
  const { passes, suggestion } = JSON.parse(stdout) as { passes: Pass[]; suggestion: string };
  const bytes = Object.values(FILES)
    .slice(0, 5)
    .reduce((sum, text) => sum + text.length, 0);
  expect(passes.map(({ name, samples, bytesFetched }) => [name, samples, bytesFetched])).toEqual([
    ['cold', 5, bytes],
    ['warm', 5, 0],
  ]);
  for (const { samplesPerSecond } of passes) expect(samplesPerSecond).toBeGreaterThan(0);
  expect(suggestion).not.toBe('');
  expect(server.requests.filter(({ path }) => path === 'case_5.vtu')).toEqual([]);
  expect(await readdir(temporary)).toEqual([]);
});

test('prints a table, what holds the loop up, and one suggestion', async () => {
  const { run } = await makeCli();
  const { stdout } = await run(['bench', await makeFolder(FILES), '-n', '6', '--step-ms', '150', '-b', '1']);
  const lines = linesOf(stdout);
  expect(lines[0]).toMatch(/^ +SAMPLES\/S +READ +WAITING +FIRST BATCH +WAIT P50 +P95 +LISTING$/);
  expect(lines[1]).toMatch(/^first +[\d.]+ +[\d.]+ .B\/s +\d+ % +/);
  expect(lines[2]).toMatch(/^again +/);
  expect(lines[3]).toMatch(/^6 samples in 6 batches, /);
  expect(lines[4]).toMatch(/^bound by: (?:consumer|decode|network)\. [A-Z]/);
});

test('--report writes a page that needs nothing else, over none that is there', async () => {
  const { run, home } = await makeCli();
  const folder = await makeFolder(FILES);
  const args = ['bench', folder, '-n', '4', '-b', '2', '--report', 'b.html'];
  const { stderr, stdout, status } = await run(args);
  expect([stderr, status]).toEqual(['report: b.html\n', 0]);
  const page = await readFile(join(home, 'b.html'), 'utf8');
  expect(page).not.toMatch(/<script|src=|href=|NaN|Infinity|undefined/);
  expect(page.match(/<svg/g)).toHaveLength(2);
  // A bar a batch in each of two passes.
  expect(page.match(/<rect/g)).toHaveLength(4);
  expect(page).toContain(linesOf(stdout).at(-1)?.replace('bound', 'Bound'));
  const again = await run(args);
  expect([again.status, again.stdout]).toEqual([2, '']);
  expect(again.stderr).toMatch(/b\.html exists already; --force/);
  expect((await run([...args.slice(0, -1), 'b.txt'])).status).toBe(2);
});

test('--workers 0 loads on the thread that asks', async () => {
  const { run, home } = await makeCli();
  const args = [
    'bench',
    await makeFolder(FILES),
    '-n',
    '3',
    '--workers',
    '0',
    '--json',
    '--report',
    'b.html',
  ];
  const { stdout, status } = await run(args);
  expect(status).toBe(0);
  const { passes } = JSON.parse(stdout) as { passes: Pass[] };
  expect(passes.map(({ samples }) => samples)).toEqual([3, 3]);
  expect(await readFile(join(home, 'b.html'), 'utf8')).toContain('no worker');
  for (const wrong of ['-1', 'some', '1.5']) {
    const { stderr, status: refused } = await run(['bench', home, '--workers', wrong]);
    expect([refused, stderr]).toEqual([2, expect.stringContaining('auto or a whole number from 0 on')]);
  }
});

describe('what holds up a loop that waits for samples', () => {
  const pass = { boundBy: 'decode', decodeBusyPercent: 10, waitingPercent: 100, milliseconds: 500 } as const;

  test.each([2, 0])('is the start where hardly any of that was decoding, with %i workers', (workers) => {
    const found = conclude({ ...pass, decodeMs: 100 }, { workers, prefetch: 1 }, true);
    expect(found.boundBy).toBe('start-up');
    expect(found.suggestion).toMatch(/^Use more samples \(--limit\)/);
    expect(found.suggestion.includes('--workers 0')).toBe(workers > 0);
  });

  test.each([
    [100, 'start-up', 'Use more samples (--limit).'],
    [400, 'decode', /^No further thread would help: read fewer arrays/],
  ] as const)('names no number of workers where that is found out (%i ms)', (decodeMs, boundBy, said) => {
    const found = conclude({ ...pass, decodeMs }, { workers: 'auto', prefetch: 1 }, true);
    expect(found.boundBy).toBe(boundBy);
    if (typeof said === 'string') expect(found.suggestion).toBe(said);
    else expect(found.suggestion).toMatch(said);
  });

  test('is decoding where most of it was', () => {
    const found = conclude({ ...pass, decodeMs: 400 }, { workers: 0, prefetch: 1 }, true);
    expect(found.boundBy).toBe('decode');
    expect(found.suggestion).not.toMatch(/--workers 0/);
  });
});
