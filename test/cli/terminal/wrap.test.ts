import { test as example, expect, vi } from 'vitest';
import { wrap } from '../../../src/cli/terminal/wrap.ts';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { fc, test } from '../../property.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const word = fc.stringMatching(/^[a-z/.]{1,12}$/);

test(
  'words keep their order, and only a single word is longer than a line',
  [fc.array(word), fc.integer({ min: 8, max: 40 })],
  (words, width) => {
    const lines = wrap(words.join(' '), width, '  ');
    expect(lines.flatMap((line) => line.trim().split(' ')).join(' ')).toBe(words.join(' '));
    for (const line of lines) if (line.trim().includes(' ')) expect(line.length).toBeLessThanOrEqual(width);
  },
);

test('no line ends where the next word would have fitted', [fc.array(word, { minLength: 1 })], (words) => {
  const lines = wrap(words.join(' '), 20);
  for (const [at, line] of lines.slice(1).entries()) {
    const [first = ''] = line.split(' ');
    expect(`${lines[at]} ${first}`.length).toBeGreaterThan(20);
  }
});

example('no line ends within a number', () => {
  expect(wrap('it has 3 962 points and 7 920 cells', 26)).toEqual(['it has 3 962 points and', '7 920 cells']);
  expect(wrap('of 1 234 567 in 2026 1 is', 12)).toEqual(['of 1 234 567', 'in 2026 1 is']);
});

example('info at 40 columns breaks between words and leaves columns out', async () => {
  const folder = await makeFolder({ 'a.vtu': smallVtu({ points: 9, pointData: { pressure: 3, flow: 4 } }) });
  const { runOnTerminal } = await makeCli({ env: { NO_COLOR: '1' } });
  const { stdout } = await runOnTerminal(['info', 'a.vtu'], 40, { cwd: folder });
  expect(linesOf(stdout)).toEqual([
    'a.vtu',
    'UnstructuredGrid, 964 B: VTK XML 0.1,',
    '  ascii, not compressed, UInt32 header,',
    '  little endian',
    'points  9 (float32)',
    'cells   6 Tetra',
    'edges   21',
    'bounds  x 0 … 8   y 0 … 1   z 0 … 2',
    '',
    'ARRAY     ON    TYPE     N  MIN  MAX',
    'pressure  node  float32  1    3    3',
    'flow      node  float32  1    4    4',
  ]);
});

example('an error at 40 columns is broken between words, elsewhere it is one line', async () => {
  const { run, runOnTerminal } = await makeCli({ env: { NO_COLOR: '1' } });
  const args = ['ls', 'https://127.0.0.1/', '--user', 'x'];
  expect(linesOf((await runOnTerminal(args, 40)).stdout)).toEqual([
    'error: --user has no meaning for a web',
    'server, which is what the source is',
    'taken for.',
  ]);
  expect((await run(args)).stderr).toBe(
    'error: --user has no meaning for a web server, which is what the source is taken for.\n',
  );
});

example('what is missing on the command line is said with where to read more', async () => {
  const { run } = await makeCli();
  const { stderr, status } = await run(['render']);
  expect([stderr, status]).toEqual([
    "error: missing required argument 'file'\nvascusim render --help says more.\n",
    2,
  ]);
});
