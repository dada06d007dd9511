import { expect, test, vi } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { type Files, makeFolder } from '../temporary-folder.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES: Files = {
  'a/internal.vtu': smallVtu({ points: 10 }),
  'a/wall.vtu': smallVtu({ points: 5, pointData: { wss: 2 } }),
  'b/internal.vtu': smallVtu({ points: 12 }),
  'b/wall.vtu': smallVtu({ points: 7, pointData: { wss: 3 } }),
  'b/inlet.vtu': smallVtu(),
};

const ARGUMENTS = ['--samples', 'volume={case}/internal.vtu', '--samples', 'wall={case}/wall.vtu'];

async function stage() {
  return makeCli({ cwd: await makeFolder(FILES) });
}

test('stream says how large the other parts of samples are', async () => {
  const { run } = await stage();
  const { stdout } = await run(['stream', '.', ...ARGUMENTS, '--batch-size', '2']);
  expect(stdout).toMatch(/2 samples in 1 batch: 22 nodes/);
  expect(stdout).toMatch(/with the parts wall 12 nodes/);
});

test('stream tells the parts of each batch as JSON, and nothing of them where there are none', async () => {
  const { run } = await stage();
  const [parted, plain] = await Promise.all([
    run(['stream', '.', ...ARGUMENTS, '--json']),
    run(['stream', '.', '--json']),
  ]);
  const [first] = linesOf(parted.stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ ids: ['a', 'b'], parts: { wall: { numNodes: 12, numEdges: 48 } } });
  for (const line of linesOf(plain.stdout)) expect(line).not.toContain('"parts"');
});
