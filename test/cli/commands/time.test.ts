import { expect, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { filesOfSteps, pvdOf, steppedVtu } from '../../dataset/time/stepped-files.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

const FILES = {
  'case_1.vtu': steppedVtu(['pressure', 'velocity'], ['00100', '00105', '00110', '00120'], { region_1: 3 }),
  'case_1.json': '{"dt": 0.5, "patient": "P1"}',
  ...filesOfSteps('run/r_*.vtu', [1, 2]),
};

test('ls --time lists series with steps, times and holes; the source may stand behind it', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const { stdout, stderr, status } = await run(['ls', '--time', folder]);
  expect(linesOf(stdout).map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
    'SERIES | STEPS | TIMES | HOLES | SAMPLES | DT | PATIENT | SIZE',
    expect.stringMatching(/^case_1 \| 4 \(100 … 120\) \| 100 … 120 \| 1 \(115\) \| 4 \| 0.5 \| P1 \| /),
    expect.stringMatching(/^run\/r \| 2 \(1 … 2\) \| in the files \| 2 \| – \| – \| /),
  ]);
  expect(stderr).toMatch(
    /^6 samples \(.*\)\. Steps were found as arrays of one file: 1 series, 4 steps \(100 … 120\) of pressure, velocity/,
  );
  expect(status).toBe(0);
});

test('ls --window --dt --steps lists windows as JSON', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const flags = ['--window', '2', '--dt', 'dt', '--steps', '105:', '--include', 'case_1.vtu', '--json'];
  const listing = JSON.parse((await run(['ls', folder, ...flags])).stdout) as Record<string, unknown>;
  expect(listing).toMatchObject({
    total: 1,
    samples: [{ id: 'case_1@105', series: 'case_1', steps: [105, 110], times: [52.5, 55] }],
    time: {
      gaps: [{ series: 'case_1', after: 110, before: 120, steps: [115] }],
      tooShort: [],
      series: [{ id: 'case_1', samples: 1, steps: [105, 110], holes: [115] }],
    },
  });
});

test('stream --window ends with the shapes of arrays, and --time=files takes only files', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const { stdout } = await run([
    'stream',
    folder,
    '--include',
    'case_1.vtu',
    '--window',
    '2',
    '-a',
    'pressure',
  ]);
  expect(stdout).toContain('arrays: pressure [N, 2], times [B, 2]\n');
  const ids = await run(['ls', folder, '--time=files', '-q']);
  expect(linesOf(ids.stdout)).toEqual(['case_1@0', 'run/r@1', 'run/r@2']);
});

test('info shows arrays of steps as one line', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const { stdout, stderr } = await run(['info', 'case_1.vtu'], { cwd: folder });
  const rows = linesOf(stdout).filter((line) => / {2,}node/.test(line));
  expect(rows.map((line) => line.split(/ {2,}/)[0])).toEqual([
    'pressure × 4 steps (100 … 120)',
    'velocity × 4 steps (100 … 120)',
    'region_1',
  ]);
  expect(rows[0]).toMatch(/ 100 +108\.75 +120/);
  expect(stderr).toContain('vascusim stream . --include case_1.vtu --window 2');
});

test('get --time brings the list of steps along', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder({ 'r.pvd': pvdOf([[0, 's/a.vtu']]), 's/a.vtu': smallVtu() });
  const { stdout } = await run(['get', folder, '--time', '--dry-run']);
  expect(linesOf(stdout).toSorted()).toEqual(['r.pvd', 's/a.vtu']);
});

test.each([
  [['--window', '9'], 'No series is as long as a window, 9 steps: the longest has 4.'],
  [['--dt', 'none'], '--dt names "none", which is not in the metadata of "case_1"'],
  [['--time=steps'], 'It must be one of auto, arrays, files, collection.'],
])('%j are refused in the words of the command line', async (flags, message) => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const { stderr, status } = await run(['ls', folder, ...flags]);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/time\./);
  expect(status).toBe(2);
});
