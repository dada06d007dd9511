import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { graphFromSafetensors } from '../../src/graph/graph-safetensors.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { type Files, makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

/** Chains of 7 and of 9 tetrahedra, each of which has a face in common with the next. */
const FILES: Files = {
  'a.vtu': smallVtu({ points: 10, cellData: { flow: 1 } }),
  'b.vtu': smallVtu({ points: 12, cellData: { flow: 3 } }),
};

async function stage() {
  return makeCli({ cwd: await makeFolder(FILES) });
}

const CELLS = ['--graph-of', 'cells'];

test('stream gives the graphs of the cells', async () => {
  const { run } = await stage();
  const { stdout } = await run(['stream', '.', ...CELLS, '--batch-size', '2', '--json']);
  const [batch] = linesOf(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(batch).toMatchObject({ ids: ['a', 'b'], numNodes: 7 + 9, numEdges: 2 * (6 + 8) });
});

test('measure has the arrays over cells as those of the nodes, by which stream standardizes', async () => {
  const { run } = await stage();
  const { stdout } = await run(['measure', '.', ...CELLS, '-o', 'stats.json', '--json']);
  const { nodes, cells, fields } = JSON.parse(stdout) as Record<string, Record<string, unknown>>;
  expect([nodes, cells, Object.keys(fields ?? {})]).toEqual([16, 0, ['node.flow']]);
  const streamed = await run(['stream', '.', ...CELLS, '--standardize', 'stats.json', '--json']);
  expect([streamed.status, streamed.stderr]).toEqual([0, '']);
});

test.each([['stream'], ['measure'], ['bench']])(
  '%s of an array over points says so in the words of the command line',
  async (command) => {
    const { run } = await stage();
    const { stderr, status } = await run([command, '.', ...CELLS, '-a', 'pressure']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/"pressure" of a\.vtu .* with --graph-of cells .* or use --graph-of points/);
  },
);

test('bench times the graphs of the cells', async () => {
  const { run } = await stage();
  const { stdout, status } = await run(['bench', '.', ...CELLS, '-a', 'flow', '--json']);
  expect([status, stdout]).toEqual([0, expect.stringContaining('"samples":2')]);
});

test.each([['ls'], ['get']])('%s takes the option, which changes nothing of the files', async (command) => {
  const { run } = await stage();
  const more = command === 'get' ? ['--dry-run'] : [];
  const [cells, points] = await Promise.all([
    run([command, '.', ...more, ...CELLS]),
    run([command, '.', ...more]),
  ]);
  expect([cells.status, cells.stdout]).toEqual([0, points.stdout]);
});

test('convert writes the graph of the cells, which a mesh has no place for', async () => {
  const { run, home } = await stage();
  const written = await run(['convert', 'a.vtu', join(home, 'a.safetensors'), ...CELLS]);
  expect(written.stdout).toMatch(/graph of 7 nodes and 12 edges/);
  const graph = graphFromSafetensors(new Uint8Array(await readFile(join(home, 'a.safetensors'))));
  expect([graph.numNodes, Object.keys(graph.node), graph.numCells]).toEqual([7, ['flow'], 0]);
  const refused = await run(['convert', 'a.vtu', join(home, 'c.vtu'), ...CELLS]);
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/\.safetensors alone/) });
});

test('another word is an error of usage', async () => {
  const { run } = await stage();
  const { stderr, status } = await run(['ls', '.', '--graph-of', 'faces']);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/points, cells/)]);
});
