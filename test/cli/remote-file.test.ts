import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { graphFromSafetensors, meshToGraph, readMesh } from '../../src/mesh.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { decodePng } from '../render/decode-png.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { PASSWORD, startSamba, USERNAME } from '../servers/samba.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';
import { largeMesh, largeVtu, rangeOf } from './large-mesh.ts';
import { linesOf, makeCli } from './run-cli.ts';

vi.setConfig({ testTimeout: 60_000 });

const ALL = ['pressure', 'velocity', 'wall_shear_stress', 'region', 'TimeValue'] as const;
const NODES = largeMesh.points.shape[0] as number;
const CELLS = largeMesh.cells.types.length;

interface Report {
  readonly read: string;
  readonly points: number;
  readonly cells: number;
  readonly graphEdges: number | null;
  readonly bytesFetched: number;
  readonly arrays: readonly { name: string; min: number; max: number; mean: number | null }[];
}

function rangesOf({ arrays }: Report): Record<string, readonly [number, number]> {
  return Object.fromEntries(arrays.map(({ name, min, max }) => [name, [min, max]]));
}

const ranges = Object.fromEntries(
  ALL.slice(0, 4).map((name) => [name, rangeOf(name).map((value) => expect.closeTo(value, 4))]),
);

async function stageWeb(files: Readonly<Record<string, string | Uint8Array>>) {
  const server = await FaultServer.start(files, { index: 'size' });
  onTestFinished(() => server.close());
  return { server, ...(await makeCli()) };
}

describe('the address of a file', () => {
  test.each([
    ['info', 'a.vtu?version=SECRET', []],
    ['info', 'a.vtu#SECRET', ['--json']],
    ['render', 'a.vtu?sig=SECRET', ['-o', 'x.png']],
    ['convert', 'a.vtu?sig=SECRET', ['x.vtu']],
  ])('%s %s is refused, and the query not repeated', async (command, file, options) => {
    const { server, run } = await stageWeb({ 'a.vtu': smallVtu() });
    const { status, stdout, stderr } = await run([command, `${server.url}/${file}`, ...options]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/a\.vtu has a (query|fragment).*not sent/s);
    expect(stderr).not.toContain('SECRET');
    expect(server.requests).toEqual([]);
  });

  test.each(['50%.vtu', '%zz.vtu', 'a%20b.vtu', 'a%3Fb.vtu', '100%25.vtu', '%C3%BC%.vtu'])(
    'may have a "%%" that encodes nothing: %s',
    async (name) => {
      const path = name.replace(/%(20|3F|25|C3%BC)/g, (encoded) => decodeURIComponent(encoded));
      const { server, run } = await stageWeb({ [path]: smallVtu() });
      const { status, stdout } = await run(['info', `${server.url}/${name}`, '--json']);
      expect([status, JSON.parse(stdout)]).toMatchObject([0, { points: 4 }]);
    },
  );

  test.each(['file:///a%2Fb.vtu', 'file://host/a.vtu', 'file:///a.vtu?x'])(
    'of this machine that cannot be one is refused: %s',
    async (url) => {
      const { run } = await makeCli();
      const { status, stderr } = await run(['info', url, '--read', 'ranges']);
      expect([status, stderr.startsWith('error: file:')]).toEqual([2, true]);
    },
  );
});

describe('vascusim info of a file of a web server', () => {
  test('fetches the header alone where it states the ranges', async () => {
    const { server, run } = await stageWeb({
      'a.vtu': await largeVtu('pressure', 'velocity', 'wall_shear_stress', 'region'),
    });
    const { stdout } = await run(['info', `${server.url}/a.vtu`, '--json']);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ read: 'ranges', points: NODES, cells: CELLS, graphEdges: null });
    expect(rangesOf(report)).toMatchObject(ranges);
    expect(report.bytesFetched).toBeLessThan(80_000);
    expect(report.arrays.find(({ name }) => name === 'pressure')?.mean).toBeNull();
  });

  test('fetches those arrays whose ranges it does not state, and no others', async () => {
    const file = await largeVtu('velocity', 'wall_shear_stress');
    const { server, run } = await stageWeb({ 'a.vtu': file });
    const { stdout } = await run(['info', `${server.url}/a.vtu`, '--json']);
    const report = JSON.parse(stdout) as Report;
    expect(rangesOf(report)).toMatchObject(ranges);
    // Pressure and region, header and end.
    const arrays = 4 * NODES + CELLS;
    expect(report.bytesFetched).toBeGreaterThanOrEqual(arrays);
    expect(report.bytesFetched).toBeLessThan(arrays + 160_000);
    const means = Object.fromEntries(report.arrays.map(({ name, mean }) => [name, mean]));
    expect(means).toMatchObject({ pressure: expect.any(Number), velocity: null });
  });

  test('--read header fetches no array, --read all everything', async () => {
    const file = await largeVtu();
    const { server, run } = await stageWeb({ 'a.vtu': file });
    const local = join(await makeFolder(), 'a.vtu');
    await writeFile(local, file);
    const args = ['info', `${server.url}/a.vtu`, '--json', '--read'];
    const header = JSON.parse((await run([...args, 'header'])).stdout) as Report;
    expect(header.bytesFetched).toBeLessThan(80_000);
    expect(rangesOf(header)['pressure']).toEqual([null, null]);
    const all = JSON.parse((await run([...args, 'all'])).stdout) as Report;
    const expected = JSON.parse((await run(['info', local, '--json'])).stdout) as Report;
    expect({ ...all, path: '', bytesFetched: 0 }).toEqual({ ...expected, path: '' });
  });

  test('a file that is in the cache is read in full, which fetches nothing', async () => {
    const { server, run } = await stageWeb({ 'a.vtu': await largeVtu() });
    await run(['get', server.url]);
    const { stdout } = await run(['info', server.url, 'a.vtu', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      read: 'all',
      bytesFetched: 0,
      graphEdges: expect.any(Number),
    });
  });

  test('of pieces the headers are read, and their ranges are joined', async () => {
    const stated = Buffer.from(await largeVtu('pressure'));
    const head = stated.indexOf('RangeMin="');
    const other = Buffer.from(stated);
    // The same length of digits: the offsets in the file stay.
    const digits = /RangeMin="(\d)/.exec(other.subarray(head, head + 40).toString())?.[1];
    other.write(digits === '1' ? '2' : '1', head + 'RangeMin="'.length);
    const { server, run } = await stageWeb({
      'a.pvtu': smallPvtu(['a_0.vtu', 'a_1.vtu']),
      'a_0.vtu': stated,
      'a_1.vtu': other,
    });
    const { stdout, stderr } = await run(['info', `${server.url}/a.pvtu`, '--json']);
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as Report;
    const [min] = rangeOf('pressure');
    const changed = Number(String(min).replace(/^\d/, digits === '1' ? '2' : '1'));
    expect(report).toMatchObject({ points: 2 * NODES, cells: 2 * CELLS });
    expect(report.bytesFetched).toBeLessThan(200_000);
    expect(rangesOf(report)).toMatchObject({ pressure: [Math.min(min, changed), rangeOf('pressure')[1]] });
  });

  test('what it says on a terminal and elsewhere', async () => {
    const { server, run } = await stageWeb({
      'a.vtu': await largeVtu('pressure', 'velocity', 'wall_shear_stress', 'region'),
    });
    const { stdout, stderr } = await run(['info', `${server.url}/a.vtu`]);
    expect(linesOf(stdout).slice(2, 6)).toEqual([
      expect.stringMatching(/^points {2}[\d ]+ \(float32\)$/),
      expect.stringMatching(/^cells {3}[\d ]+$/),
      '',
      'ARRAY              ON     TYPE     N     MIN     MAX',
    ]);
    expect(stderr).toMatch(
      /^[\d.]+ kB fetched of \d\.\d MB: ranges as the header states them; --read all reads the rest\n$/,
    );
  });
});

const files = {
  'cases/a.vtu': await largeVtu(...ALL.slice(0, 4)),
  'cases/a.json': '{"age": 61, "flow": NaN}',
};

describe('vascusim info, render and convert of a file of every kind of source', () => {
  async function checkAll(
    url: string,
    options: { readonly env: Record<string, string>; readonly args?: readonly string[] },
  ): Promise<void> {
    const { run, home } = await makeCli({ env: options.env });
    const { args = [] } = options;
    const info = await run(['info', url, '--json', ...args]);
    expect(info.stderr).toBe('');
    const report = JSON.parse(info.stdout) as Report;
    expect(report).toMatchObject({ points: NODES, cells: CELLS, read: 'ranges' });
    expect(report.bytesFetched).toBeLessThan(80_000);

    const png = join(home, 'a.png');
    const render = await run(['render', url, '-o', png, '--size', '80x60', '--json', ...args]);
    expect(render.stderr).toBe('');
    expect(JSON.parse(render.stdout)).toMatchObject({ attribute: 'pressure' });
    expect(decodePng(await readFile(png)).width).toBe(80);
    const cache = JSON.parse((await run(['cache', 'stats', '--json'])).stdout) as { totalSize: number };
    // Neither the velocity nor the shear stress.
    expect(cache.totalSize).toBeLessThan(files['cases/a.vtu'].length - 12 * NODES);

    const output = join(home, 'a.safetensors');
    const converted = await run(['convert', url, output, '-a', 'pressure', ...args]);
    expect(converted.stderr).toBe('');
    expect(converted.stdout).toMatch(/with its metadata in/);
    const local = join(home, 'a.vtu');
    await writeFile(local, files['cases/a.vtu']);
    const graph = graphFromSafetensors(new Uint8Array(await readFile(output)));
    const metadata = { age: 61, flow: Number.NaN };
    const expected = meshToGraph(await readMesh(local), { id: 'a', attributes: ['pressure'], metadata });
    expect(graph).toEqual(expected);
  }

  test('a web server', async () => {
    const server = await FaultServer.start(files, { index: 'size' });
    onTestFinished(() => server.close());
    await checkAll(`${server.url}/cases/a.vtu`, { env: {} });
  });

  test('the Hub', async () => {
    const hub = await startHub();
    hub.add('user/name', files);
    await checkAll('hf://datasets/user/name/cases/a.vtu', { env: { VASCUSIM_ENDPOINT: hub.url } });
  });

  test('a Synology NAS', async () => {
    const dsm = await LoopbackDsm.start();
    onTestFinished(() => dsm.close());
    for (const [path, content] of Object.entries(files)) dsm.files.write(`/sim/${path}`, content);
    const env = { VASCUSIM_USER: 'alice', VASCUSIM_PASSWORD: 'pass word+%&#é' };
    await checkAll(`nas://127.0.0.1:${dsm.port}/sim/cases/a.vtu`, { env, args: ['--no-secure', '--quiet'] });
  });

  describeWithSamba('by SMB', () => {
    test('a real SMB server', async () => {
      await using samba = await startSamba();
      await mkdir(join(samba.folder, 'cases'));
      for (const [path, content] of Object.entries(files)) await writeFile(join(samba.folder, path), content);
      const env = { VASCUSIM_USER: USERNAME, VASCUSIM_PASSWORD: PASSWORD };
      await checkAll(`smb://127.0.0.1:${samba.port}/sims/cases/a.vtu`, { env });
    });
  });
});

test('render of a file in a folder, and of pieces on a web server', async () => {
  const folder = await makeFolder({ 'cases/a.vtu': smallVtu({ points: 9 }) });
  const pieces = { 'a.pvtu': smallPvtu(['a_0.vtu']), 'a_0.vtu': smallVtu({ points: 9 }) };
  const { server, run } = await stageWeb(pieces);
  const flags = ['--size', '40x30', '-o', 'x.png'];
  const [local, remote] = [
    await run(['render', folder, 'cases/a.vtu', ...flags]),
    await run(['render', `${server.url}/a.pvtu`, ...flags]),
  ];
  expect([local.stderr, remote.stderr]).toEqual(['', '']);
  expect([local.stdout, remote.stdout]).toEqual([
    expect.stringMatching(/^x\.png: 40 × 30, pressure/),
    expect.stringMatching(/^x\.png: 40 × 30, pressure/),
  ]);
});

test('a wrong place for the output is said before anything is fetched', async () => {
  const { server, run } = await stageWeb({ 'a.vtu': smallVtu() });
  const render = await run(['render', `${server.url}/a.vtu`, '-o', 'x.jpg']);
  const convert = await run(['convert', `${server.url}/a.vtu`, 'x.stl']);
  expect([render.status, convert.status, server.requests.length]).toEqual([2, 2, 0]);
});
