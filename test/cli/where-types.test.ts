import { expect, test } from 'vitest';
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';
import { makeCli } from './run-cli.ts';

test('--where finds texts that read as numbers, and says what it cannot compare', async () => {
  const folder = await makeFolder({
    'a.vtu': smallVtu(),
    'a.json': '{"age": "60"}',
    'b.vtu': smallVtu(),
    'b.json': '{"age": "n/a"}',
  });
  const { run } = await makeCli();
  const { stdout, stderr, status } = await run(['ls', folder, '--where', 'age > 50', '--json']);
  expect(status).toBe(0);
  expect((JSON.parse(stdout) as { samples: { id: string }[] }).samples.map(({ id }) => id)).toEqual(['a']);
  expect(stderr).toContain('"age > 50" met "n/a" and 50');
});
