import { readdir } from 'node:fs/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

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

test('says what holds up a loop whose step is slow', async () => {
  const { run } = await makeCli();
  const { stdout } = await run(['bench', await makeFolder(FILES), '-n', '6', '--step-ms', '150', '-b', '1']);
  const lines = linesOf(stdout);
  expect(lines[0]).toMatch(/^ +SAMPLES\/S +READ +WAITING +FIRST BATCH +WAIT P50 +P95 +LISTING$/);
  expect(lines[1]).toMatch(/^first +[\d.]+ +[\d.]+ .B\/s +\d+ % +/);
  expect(lines[2]).toMatch(/^again +/);
  expect(lines[3]).toMatch(/^6 samples in 6 batches, /);
  expect(lines[4]).toMatch(/^bound by: consumer\. The training step/);
});
