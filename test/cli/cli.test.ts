import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { smallVtu } from '../dataset/small-mesh.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Runs the command as a user would, its output to pipes. */
function vascusim(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ['bin/vascusim.mjs', ...args], {
    encoding: 'utf8',
    env: {
      ...process.env,
      FORCE_COLOR: undefined,
      XDG_CACHE_HOME: resolve('node_modules/.cache'),
      ...environment,
    },
    timeout: 60_000,
  });
}

const dataSet = {
  'a.vtu': smallVtu({ points: 5, pointData: { pressure: 2, velocity: 3 } }),
  'a.json': '{"age": 60}',
  'b.vtu': smallVtu({ points: 6, pointData: { pressure: 4 } }),
  'c.vtu': smallVtu({ points: 7, pointData: { pressure: 5 } }),
};

describe('vascusim', () => {
  test('prints its version', () => {
    const { stdout, status } = vascusim(['--version']);
    expect([stdout.trim(), status]).toEqual([manifest.version, 0]);
  });

  test.each([
    ['--help'],
    ...['ls', 'info', 'get', 'stream', 'cache', 'doctor', 'bench', 'demo'].map((name) => [name, '--help']),
  ])('%s %s prints help within 100 columns', (...args) => {
    const { stdout, status } = vascusim(args.filter((arg) => arg !== undefined));
    expect(status).toBe(0);
    expect(stdout).toContain('Usage: vascusim');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  test.each([
    ['an unknown command', ['streem', 'x'], /Did you mean stream/],
    ['an unknown command of the cache', ['cache', 'prnue'], /Did you mean prune/],
    ['a filter that cannot be read', ['ls', '.', '--where', 'a >'], /something is missing at its end/],
    ['a size that is none', ['cache', 'ls', '--cache-size', 'big'], /such as 5GB/],
    [
      'an unknown kind',
      ['ls', '.', '--type', 'ftp'],
      /Allowed choices are auto, local, http, nas, synology, smb, hf/,
    ],
    ['an unknown option', ['stream', 'x', '--bach-size', '2'], /Did you mean --batch-size/],
    ['a batch size of 0', ['stream', 'x', '-b', '0'], /whole number from 1/],
    ['an empty list of names', ['stream', 'x', '-a', 'p,,q'], /separated by commas/],
    ['no path', ['stream'], /missing required argument/],
  ])('%s is a mistake in usage', (_, args, message) => {
    const { stderr, stdout, status } = vascusim(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
  });

  test('an old Node.js gets one line that says which it needs', async () => {
    const source = await readFile('bin/vascusim.mjs', 'utf8');
    const folder = await makeFolder({
      'old.mjs': source.replace('process.versions.node.split', "'20.20.2'.split"),
    });
    const { stderr, status } = spawnSync(process.execPath, [join(folder, 'old.mjs')], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^vascusim needs Node\.js 22\.19 or newer; this is .*\.\n$/);
  });
});

describe('vascusim stream', () => {
  test('prints a line a batch and a summary', async () => {
    const folder = await makeFolder(dataSet);
    const { stdout, status } = vascusim(['stream', folder, '-b', '2', '-a', 'pressure']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^3 samples in /);
    expect(stdout).toMatch(/\n +1 +2 +11 .*a \+1\n +2 +1 +7 .*c\n/);
    expect(stdout).toMatch(/3 samples in 2 batches: 18 nodes/);
  });

  test('as JSON it is one object a line', async () => {
    const { stdout } = vascusim(['stream', await makeFolder(dataSet), '-b', '2', '--json']);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toMatchObject([
      { event: 'batch', batch: 1, numGraphs: 2, numNodes: 11, ids: ['a', 'b'] },
      { event: 'batch', batch: 2, numGraphs: 1, numNodes: 7, ids: ['c'] },
      { event: 'end', batches: 2, samples: 3, nodes: 18, leftOut: ['velocity'], failed: [] },
    ]);
  });

  test('gives the same shuffled order for the same seed, with and without workers', async () => {
    const folder = await makeFolder(dataSet);
    const order = (...args: string[]): string =>
      vascusim(['stream', folder, '-b', '1', '--json', '-s', ...args])
        .stdout.match(/"ids":\["."\]/g)
        ?.join() ?? '';
    expect(order('--seed', '7', '-w', '0')).toBe(order('--seed', '7', '-w', '2'));
    expect(
      new Set(['1', '2', '3', '4', '5', '6'].map((seed) => order('--seed', seed, '-w', '0'))).size,
    ).toBeGreaterThan(1);
  });

  test('ends after the limit', async () => {
    const { stdout } = vascusim(['stream', await makeFolder(dataSet), '-b', '1', '-n', '2', '--json']);
    expect(stdout.match(/"event":"batch"/g)).toHaveLength(2);
  });

  test('stops at a bad file with its error, and says how to go on', async () => {
    const folder = await makeFolder({ ...dataSet, 'b.vtu': '<html>' });
    const { stderr, status } = vascusim(['stream', folder, '-b', '1']);
    expect(status).toBe(6);
    expect(stderr).toMatch(/--skip-bad/);
    expect(stderr).toMatch(/error: b\.vtu, byte 0: is an HTML page/);
    expect(stderr).not.toMatch(/ at /);
  });

  test('with --skip-bad goes on, lists the bad files and fails at the end', async () => {
    const folder = await makeFolder({ ...dataSet, 'b.vtu': '<html>' });
    const { stdout, stderr, status } = vascusim(['stream', folder, '-b', '1', '--skip-bad']);
    expect(status).toBe(1);
    expect(stdout).toMatch(/2 samples in 2 batches/);
    expect(stderr).toMatch(/1 file could not be used:\n {2}b\.vtu/);
  });

  test('a folder that is not there is exit code 3, a source of another kind 6', () => {
    expect(vascusim(['stream', '/nowhere/at/all']).status).toBe(3);
    const { status, stderr } = vascusim(['stream', 'ftp://host/folder']);
    expect(status).toBe(6);
    expect(stderr).toMatch(/error: /);
  });

  test('an array that no sample has is an error that lists those there are', async () => {
    const { stderr, status } = vascusim(['stream', await makeFolder(dataSet), '-a', 'presure']);
    expect(status).toBe(3);
    expect(stderr).toMatch(/"presure".*"pressure"/);
  });

  test.each([
    [[], 2],
    [['--help'], 0],
    [['-h'], 0],
    [['help'], 0],
    [['help', 'ls'], 0],
    [['-V'], 0],
  ])('vascusim %j ends with %d', (args, code) => {
    const { stdout, stderr, status } = vascusim(args);
    expect(status).toBe(code);
    expect(code === 0 ? stdout : stderr).not.toBe('');
  });

  test('ends cleanly when its reader stops reading', async () => {
    const folder = await makeFolder(dataSet);
    const command = `"${process.execPath}" bin/vascusim.mjs stream "${folder}" -b 1 | head -1`;
    const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
      encoding: 'utf8',
    });
    expect([stdout.split('\n').length, stderr, status]).toEqual([2, '', 0]);
  });

  test('writes colours only where they are wanted', async () => {
    const folder = await makeFolder(dataSet);
    expect(vascusim(['stream', folder]).stdout).not.toContain('\u001b[');
    expect(vascusim(['stream', folder], { FORCE_COLOR: '1', NO_COLOR: '' }).stdout).toContain('\u001b[');
  });
});

describe('vascusim info', () => {
  test('says what a file holds', async () => {
    const { stdout, status } = vascusim(['info', 'test/fixtures/raw-lz4.vtu']);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      'test/fixtures/raw-lz4.vtu',
      'UnstructuredGrid, 6.3 kB: VTK XML 0.1, appended raw, LZ4, UInt32 header, little endian',
      'points  40 (float32)',
      'cells   15: 2 Tetra, 2 Hexahedron, 2 Wedge, 2 Pyramid, 2 Triangle, 2 Polygon, 2 QuadraticTetra, 1 Polyhedron',
      expect.stringMatching(/^edges {3}\d+$/),
    ]);
    expect(stdout).toMatch(/pressure +node +float32 +1 +80 +100 +120/);
    expect(stdout).toMatch(/velocity +node +float64 +3 +\|v\|/);
    expect(stdout).toMatch(/node_id +node +int64 +1 +0 +58\.5 +117/);
    expect(stdout).toMatch(/notes +field +string +4 +systole/);
  });

  test('warns of points without cells and counts NaN', async () => {
    const array = (attributes: string, values: string): string =>
      `<DataArray ${attributes} format="ascii">${values}</DataArray>`;
    const points = array('type="Float32" NumberOfComponents="3"', '0 0 0 1 0 0 0 1 0 5 5 5');
    const cells =
      array('type="Int32" Name="connectivity"', '0 1 2') +
      array('type="Int32" Name="offsets"', '3') +
      array('type="UInt8" Name="types"', '5');
    const data = array('type="Float32" Name="p"', 'nan 1 2 nan');
    const body = `<PointData>${data}</PointData><Points>${points}</Points><Cells>${cells}</Cells>`;
    const folder = await makeFolder({
      'a.vtu': `<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="4" NumberOfCells="1">${body}</Piece></UnstructuredGrid></VTKFile>`,
    });
    const { stdout } = vascusim(['info', join(folder, 'a.vtu')]);
    expect(stdout).toMatch(/p +node +float32 +1 +1 +1\.5 +2 +2\n/);
    expect(stdout).toMatch(/warning: 1 point belongs to no cell/);
  });

  test('as JSON it is one object a file', () => {
    const { stdout } = vascusim(['info', '--json', 'test/fixtures/raw.vtp', 'test/fixtures/ascii.vtu']);
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(reports).toMatchObject([
      { path: 'test/fixtures/raw.vtp', points: 30, header: { type: 'PolyData' } },
      { path: 'test/fixtures/ascii.vtu', points: 40, cells: 15 },
    ]);
  });

  test.each([
    ['a file that is not there', 'nope.vtu', 3],
    ['a file that is no mesh', 'package.json', 6],
  ])('%s ends with an exit code of its own', (_, file, code) => {
    const { status, stderr } = vascusim(['info', file]);
    expect(status).toBe(code);
    expect(stderr).toContain(file);
  });
});

describe('vascusim demo', () => {
  test('makes its data set once and streams it', { timeout: 30_000 }, async () => {
    const folder = await makeFolder({});
    const first = vascusim(['demo'], { TMPDIR: folder });
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^Made a synthetic data set/);
    expect(first.stdout).toMatch(/10 samples in 4 batches: 117 694 nodes/);
    const again = vascusim(['demo'], { TMPDIR: folder });
    expect(again.stdout).toMatch(/^Found a synthetic data set/);
    const batches = (text: string): string[] => text.match(/^ +\d+ +\d+ +[\d ]+/gm) ?? [];
    expect(batches(again.stdout).map((line) => line.slice(0, 38))).toEqual(
      batches(first.stdout).map((line) => line.slice(0, 38)),
    );
  });

  test('makes it again where a file is missing', { timeout: 30_000 }, async () => {
    const folder = await makeFolder({});
    const made = /in (\S+)/.exec(vascusim(['demo'], { TMPDIR: folder }).stdout)?.[1] ?? '';
    await rm(join(made, 'patient_03.json'));
    expect(vascusim(['demo'], { TMPDIR: folder }).stdout).toMatch(/^Made/);
  });
});
