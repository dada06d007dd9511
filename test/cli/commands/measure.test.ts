import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const FILES = {
  'a.vtu': smallVtu({ points: 5, pointData: { pressure: 1, flow: 4 } }),
  'a.json': '{"age": 61}',
  'b.vtu': smallVtu({ points: 5, pointData: { pressure: 3 }, cellData: { region: 2 } }),
  'b.json': '{"age": 44}',
};

describe('vascusim measure', () => {
  test('prints a line for each component, and samples that lack the array', async () => {
    const { run } = await makeCli();
    const { stdout, status } = await run(['measure', await makeFolder(FILES)]);
    expect(linesOf(stdout)).toEqual([
      '2 samples, 10 nodes, 4 cells',
      '',
      'ARRAY          MIN  MAX  MEAN  STD  MISSING',
      'node.pressure    1    3     2    1',
      'node.flow        4    4     4    0        1',
      'cell.region      2    2     2    0        1',
    ]);
    expect(status).toBe(0);
  });

  test('writes statistics by which stream standardizes', async () => {
    const { run, home } = await makeCli();
    const folder = await makeFolder(FILES);
    const measured = await run([
      'measure',
      folder,
      '-a',
      'pressure',
      '-w',
      '0',
      '-o',
      'new/stats.json',
      '--json',
    ]);
    expect(measured.stderr).toContain('statistics: new/stats.json');
    const written = JSON.parse(await readFile(join(home, 'new/stats.json'), 'utf8')) as unknown;
    expect(JSON.parse(measured.stdout)).toEqual(written);
    expect(written).toMatchObject({ samples: 2, fields: { 'node.pressure': { mean: [2], std: [1] } } });
    const streamed = await run(['stream', folder, '--standardize', 'new/stats.json', '-w', '0']);
    expect([streamed.status, streamed.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  });

  test('writes what stream reads also behind a byte order mark, as editors put it there', async () => {
    const { run, home } = await makeCli();
    const folder = await makeFolder(FILES);
    await run(['measure', folder, '-o', 'stats.json']);
    const written = await readFile(join(home, 'stats.json'), 'utf8');
    await writeFile(join(home, 'stats.json'), `\uFEFF${written}`);
    const streamed = await run(['stream', folder, '--standardize', 'stats.json', '-w', '0']);
    expect([streamed.status, streamed.stderr]).toEqual([0, expect.not.stringContaining('error')]);
  });

  test('measures the samples that a filter keeps', async () => {
    const { run } = await makeCli();
    const { stdout } = await run(['measure', await makeFolder(FILES), '--where', 'age > 50', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ samples: 1, fields: { 'node.pressure': { mean: [1] } } });
  });

  test.each([
    [['measure', '.', '-o', 'stats.txt'], 2, /does not end in \.json/],
    [['measure', '.', '-a', 'presure'], 3, /No sample has an array "presure".*"pressure"/],
    [['stream', '.', '--standardize', 'nowhere.json'], 3, /There is no file nowhere\.json/],
    [['stream', '.', '--standardize', 'a.vtu'], 2, /a\.vtu holds no statistics: it is no JSON/],
    [['stream', '.', '--standardize', 'a.json'], 2, /as vascusim measure writes them/],
  ])('%j is refused', async (args, code, message) => {
    const { run } = await makeCli({ cwd: await makeFolder(FILES) });
    const { status, stdout, stderr } = await run(args);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toMatch(message);
  });
});
