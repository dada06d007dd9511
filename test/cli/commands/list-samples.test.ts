import { describe, expect, test, vi } from 'vitest';
import { smallVtu } from '../../dataset/small-mesh.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { linesOf, makeCli } from '../run-cli.ts';

vi.setConfig({ testTimeout: 30_000 });

const MESH = smallVtu();
const FILES = {
  'a/m=0.1/v.vtu': MESH,
  'a/m=0.1/w.vtp': MESH,
  'b/m=0.2/v.vtu': MESH,
  'b/m=0.2/w.vtp': MESH,
  'b/slices/x.vtp': MESH,
  'raw.zip': 'no archive',
};
const PARTS = ['--samples', 'volume={case}/m={flow:number}/v.vtu', '--samples', 'wall={case}/m={flow}/w.vtp'];

describe('vascusim ls', () => {
  test('lists the files of samples of parts, and says what is in none', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const { stdout, stderr, status } = await run(['ls', folder, ...PARTS]);
    expect(linesOf(stdout)).toEqual([
      'SAMPLE  CASE  FLOW    SIZE',
      'a/0.1   a      0.1  1.5 kB',
      '  volume  a/m=0.1/v.vtu  750 B',
      '  wall    a/m=0.1/w.vtp  750 B',
      'b/0.2   b      0.2  1.5 kB',
      '  volume  b/m=0.2/v.vtu  750 B',
      '  wall    b/m=0.2/w.vtp  750 B',
    ]);
    expect(stderr).toBe(
      '2 samples (3.0 kB)\nin no sample: 1 .vtp not matched by --samples, 1 .zip (open them with --archives)\n',
    );
    expect(status).toBe(0);
  });

  test('has the parts, files and captures as JSON', async () => {
    const { run } = await makeCli();
    const { stdout } = await run([
      'ls',
      await makeFolder(FILES),
      ...PARTS,
      '--json',
      '--exclude',
      'b/**',
      '--files',
    ]);
    const { samples, unused } = JSON.parse(stdout) as { samples: object[]; unused: object[] };
    expect(samples).toEqual([
      expect.objectContaining({
        id: 'a/0.1',
        size: 2 * MESH.length,
        parts: { volume: 'a/m=0.1/v.vtu', wall: 'a/m=0.1/w.vtp' },
        files: [
          { path: 'a/m=0.1/v.vtu', size: MESH.length },
          { path: 'a/m=0.1/w.vtp', size: MESH.length },
        ],
        captures: { case: 'a', flow: 0.1 },
        metadata: { case: 'a', flow: 0.1 },
      }),
    ]);
    expect(unused).toContainEqual({ extension: '.vtp', count: 2, reason: 'excluded' });
  });

  test('filters by what was captured', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const { stdout } = await run([
      'ls',
      folder,
      '--samples',
      '{case}/m={flow:number}/v.vtu',
      '--where',
      'flow > 0.15',
      '-q',
    ]);
    expect(stdout).toBe('b/0.2\n');
  });

  test('shows files without a template, also by --samples alone behind the source', async () => {
    const { run } = await makeCli();
    const folder = await makeFolder(FILES);
    const [files, alone] = await Promise.all([
      run(['ls', folder, '--files', '--include', '*.vtu']),
      run(['ls', folder, '--include', '*.vtu', '--samples']),
    ]);
    expect(linesOf(files.stdout)).toEqual([
      'SAMPLE      SIZE',
      'a/m=0.1/v  750 B',
      '  a/m=0.1/v.vtu  750 B',
      'b/m=0.2/v  750 B',
      '  b/m=0.2/v.vtu  750 B',
    ]);
    expect(files.stderr).toContain('3 .vtp not matched by --include');
    expect(alone).toEqual(files);
  });

  test('says that --samples has taken the source', async () => {
    const { run } = await makeCli();
    const { stderr, status } = await run(['ls', '--samples', '/data/x']);
    expect(stderr).toContain('--samples has taken "/data/x" for its template: write it behind the source');
    expect(status).toBe(2);
  });

  test('ends with the options that would join what recurs', async () => {
    const { run } = await makeCli();
    const { stderr } = await run(['ls', await makeFolder(FILES), '-n', '1']);
    expect(linesOf(stderr)[1]).toBe(
      "The same meshes recur in these folders; to make one sample of each: --samples 'v={case}/{folder}/v.vtu' --samples 'w={case}/{folder}/w.vtp'",
    );
  });

  test.each([
    [['--samples', '{case}/v.vtu', '--samples', 'w={case}/w.vtp'], /"\{case\}\/v\.vtu" has no name/],
    [['--samples', 'w={a}', '--samples', 'w={b}'], /the part "w" twice/],
    [
      ['--samples', '{case}/m={flow}/x.vtu'],
      /matches none of the 5 mesh files .*nearest to it are "a\/m=0\.1\/v\.vtu"[^]*for the whole path\.$/m,
    ],
    [['--include', '*.vtk'], /is left by --include "\*\.vtk"/],
    [[...PARTS.slice(0, 3), 'wall={case}/w.vtp'], /part "wall" matches none/],
    [
      [...PARTS, '--samples', 'x?={case}/slices/x.vtp', '--samples', 'y={case}/slices/x.vtp'],
      /NAME\?=TEMPLATE/,
    ],
    [['--samples', '{case'], /--samples|half/],
    [['--samples='], /A template of samples is empty: give one such as '\{case\}\/internal\.vtu'\.$/m],
  ])('refuses %j', async (options, message) => {
    const { run } = await makeCli();
    const { stderr, status } = await run(['ls', await makeFolder(FILES), ...options]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/sourceDir|filterFn|optional: true/);
    expect([2, 3]).toContain(status);
  });
});

test('vascusim get brings the files of all parts, and of an archive the chosen ones', async () => {
  const { run } = await makeCli();
  const { stdout } = await run(['get', await makeFolder(FILES), ...PARTS, '--dry-run', '-n', '1']);
  expect(linesOf(stdout)).toEqual(['a/m=0.1/v.vtu', 'a/m=0.1/w.vtp']);
});

test('vascusim stream and bench open what --include leaves', async () => {
  const { run } = await makeCli();
  const folder = await makeFolder(FILES);
  const stream = await run(['stream', folder, '--include', '*.vtu', '-w', '0', '--json']);
  expect(JSON.parse(linesOf(stream.stdout).at(-1) ?? '')).toMatchObject({ event: 'end', samples: 2 });
  const bench = await run(['bench', folder, '--samples', '{case}/m={flow}/v.vtu', '-w', '0', '--json']);
  expect(bench).toMatchObject({ status: 0 });
});
