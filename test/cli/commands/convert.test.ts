import { spawn, spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeVessel } from '../../../src/cli/demo/vessel.ts';
import {
  extractSurface,
  graphFromSafetensors,
  type Mesh,
  meshToGraph,
  readMesh,
  readMeshHeader,
  writeMesh,
} from '../../../src/mesh.ts';
import { smallPvtu } from '../../dataset/small-mesh.ts';
import { describeWithVtk, runVtk } from '../../vtk/vtk-python.ts';

function convert(...args: readonly string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ['bin/vascusim.mjs', 'convert', ...args], {
    encoding: 'utf8',
    timeout: 60_000,
  });
}

const vessel = makeVessel({ radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0.5, resolution: 4 });

/** A vessel with arrays of several types, among them what text and floating point easily lose. */
function makeMesh(): Mesh {
  const numPoints = vessel.points.shape[0] as number;
  const ids = BigInt64Array.from({ length: numPoints }, (_, point) => 2n ** 62n + BigInt(point));
  const tiny = Float64Array.from({ length: numPoints }, (_, point) => (point + 0.1) * 1e-310);
  tiny.set([Number.NaN, -0, Number.NEGATIVE_INFINITY]);
  const safe = Float64Array.from({ length: numPoints }, (_, point) => point);
  return {
    ...vessel,
    pointData: new Map([
      ...vessel.pointData,
      ['ids', { data: ids, shape: [numPoints] }],
      ['tiny', { data: tiny, shape: [numPoints] }],
      ['safe', { data: safe, shape: [numPoints], storedAs: 'Int64' as const }],
    ]),
    fieldData: new Map([...vessel.fieldData, ['notes', ['systole', 'été']]]),
  };
}

let folder: string;
let input: string;
let surface: string;
const place = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vascusim-test-'));
  input = place('vessel.vtu');
  surface = place('surface.vtp');
  await writeMesh(input, makeMesh(), { encoding: 'inline' });
  await writeMesh(surface, extractSurface(makeMesh()));
});
afterAll(async () => rm(folder, { recursive: true }));

describe('vascusim convert', () => {
  const forms = ['raw', 'base64', 'inline', 'ascii'].flatMap((encoding) =>
    ['zlib', 'none']
      .filter((name) => encoding !== 'ascii' || name === 'none')
      .map((name) => [encoding, name]),
  );

  test.each(forms)('.vtu to .vtu as %s, %s keeps every bit', async (encoding = '', compressor = '') => {
    const output = place(`${encoding}-${compressor}.vtu`);
    const { stdout, status } = convert(input, output, '--encoding', encoding, '--compressor', compressor);
    expect(status).toBe(0);
    expect(stdout).toMatch(/[\d\s]+ points, [\d\s]+ cells in/);
    expect(await readMesh(output)).toEqual(await readMesh(input));
    const header = await readMeshHeader(output);
    expect(header.compressor).toBe(compressor === 'zlib' ? 'vtkZLibDataCompressor' : undefined);
    const names: Record<string, string> = { raw: 'appended raw', base64: 'appended base64', ascii: 'ascii' };
    expect(header.encodings).toEqual([names[encoding] ?? 'inline base64']);
  });

  test('.vtp to .vtp keeps every bit', async () => {
    expect(convert(surface, place('again.vtp'), '--encoding', 'base64').status).toBe(0);
    expect(await readMesh(place('again.vtp'))).toEqual(await readMesh(surface));
  });

  test('.vtp to .vtu keeps cells and arrays', async () => {
    expect(convert(surface, place('grid.vtu')).status).toBe(0);
    const [grid, poly] = [await readMesh(place('grid.vtu')), await readMesh(surface)];
    expect(grid).toEqual({ ...poly, kind: 'UnstructuredGrid' });
  });

  test('.vtu to .vtp is the outer surface: each point and polygon with the data that it had', async () => {
    const { stdout } = convert(input, place('wall.vtp'));
    expect(stdout).toMatch(/outer surface, /);
    const [wall, whole] = [await readMesh(place('wall.vtp')), await readMesh(input)];
    const byPlace = new Map<string, number>();
    const placeOf = ({ points }: Mesh, point: number): string =>
      points.data.subarray(3 * point, 3 * point + 3).join();
    for (let point = 0; point < (whole.points.shape[0] as number); point++)
      byPlace.set(placeOf(whole, point), point);
    const ids = wall.pointData.get('ids')?.data as BigInt64Array;
    for (const [point, id] of ids.entries())
      expect(id).toBe(2n ** 62n + BigInt(byPlace.get(placeOf(wall, point)) as number));
    const regions = (mesh: Mesh): Uint8Array => mesh.cellData.get('region')?.data as Uint8Array;
    // A polygon's points are among those of a tetrahedron of the same region.
    const sets = [0, 1, 2].map(() => new Set<number>());
    for (const [cell, region] of regions(whole).entries())
      for (const point of whole.cells.connectivity.subarray(4 * cell, 4 * cell + 4)) sets[region]?.add(point);
    for (const [cell, region] of regions(wall).entries()) {
      for (const point of wall.cells.connectivity.subarray(3 * cell, 3 * cell + 3))
        expect(sets[region]?.has(byPlace.get(placeOf(wall, point)) as number)).toBe(true);
    }
  });

  test('.pvtu in: its pieces become one file', async () => {
    await copyFile(input, place('piece.vtu'));
    await writeFile(place('whole.pvtu'), smallPvtu(['piece.vtu', 'piece.vtu']));
    expect(convert(place('whole.pvtu'), place('whole.vtu')).status).toBe(0);
    expect(await readMesh(place('whole.vtu'))).toEqual(await readMesh(place('whole.pvtu')));
  });

  test('.safetensors out: the graph, with the arrays that were named', async () => {
    const { stdout } = convert(input, place('graph.safetensors'), '-a', 'pressure,region', '--json');
    const graph = graphFromSafetensors(new Uint8Array(await readFile(place('graph.safetensors'))));
    const attributes = ['pressure', 'region'];
    expect(graph).toEqual(meshToGraph(await readMesh(input), { id: 'vessel', attributes }));
    expect(JSON.parse(stdout)).toMatchObject({ nodes: graph.numNodes, edges: graph.numEdges });
  });

  test('.safetensors out keeps the metadata of the sidecar, also what JSON cannot say', async () => {
    await copyFile(input, place('patient.vtu'));
    await writeFile(place('patient.json'), '{"age": 61, "flow": NaN, "name": "é"}');
    const { stdout } = convert(place('patient.vtu'), place('patient.safetensors'));
    expect(stdout).toMatch(/edges, with its metadata in/);
    const { metadata, id } = graphFromSafetensors(
      new Uint8Array(await readFile(place('patient.safetensors'))),
    );
    expect([id, metadata]).toEqual(['patient', { age: 61, flow: Number.NaN, name: 'é' }]);
  });

  test('.vtu out gets the sidecar beside it, byte by byte, and none is written over', async () => {
    const [sidecar, old] = ['{"age": 61, "id": 12345678901234567890}', '{"age": 1}'];
    await copyFile(input, place('grid_1.vtu'));
    await writeFile(place('grid_1.json'), sidecar);
    await writeFile(place('there.json'), old);
    expect(convert(place('grid_1.vtu'), place('new.vtp')).stdout).toMatch(/with its metadata \(new\.json\)/);
    expect(convert(place('grid_1.vtu'), place('there.vtu')).stdout).not.toMatch(/metadata/);
    expect(await readFile(place('new.json'), 'utf8')).toBe(sidecar);
    expect(await readFile(place('there.json'), 'utf8')).toBe(old);
  });

  test('Ctrl-C ends it and leaves nothing half-written', async () => {
    const large = place('large.vtu');
    await writeMesh(large, makeVessel({ radius: 1, stenosis: 0, meanVelocity: 1, time: 0, resolution: 26 }));
    const to = join(folder, 'to');
    await mkdir(to);
    const child = spawn(process.execPath, [
      'bin/vascusim.mjs',
      'convert',
      large,
      join(to, 'x.vtu'),
      '--encoding',
      'ascii',
    ]);
    const ended = new Promise<number | null>((settle) => {
      child.once('close', settle);
    });
    await vi.waitUntil(async () => (await readdir(to)).length > 0, { timeout: 30_000, interval: 5 });
    child.kill('SIGINT');
    expect([await ended, await readdir(to)]).toEqual([130, []]);
  });

  test('keeps only the arrays that were named', async () => {
    convert(input, place('few.vtu'), '-a', 'pressure');
    const mesh = await readMesh(place('few.vtu'));
    expect([[...mesh.pointData.keys()], [...mesh.cellData.keys()]]).toEqual([['pressure'], []]);
  });

  test('writes over nothing unless --force', async () => {
    const output = place('kept.vtu');
    await writeFile(output, 'mine');
    const { stderr, status } = convert(input, output);
    expect([status, await readFile(output, 'utf8')]).toEqual([2, 'mine']);
    expect(stderr).toMatch(/kept\.vtu exists already; --force writes over it/);
    expect(convert(input, output, '--force').status).toBe(0);
    expect((await stat(output)).size).toBeGreaterThan(100);
  });

  test('a file can be converted in its place', async () => {
    await copyFile(input, place('same.vtu'));
    expect(convert(place('same.vtu'), place('same.vtu'), '--force').status).toBe(0);
    expect(await readMesh(place('same.vtu'))).toEqual(await readMesh(input));
  });

  test.each<[string, string[], number, RegExp]>([
    ['another format', ['INPUT', 'x.stl'], 2, /must end in \.vtu, \.vtp or \.safetensors/],
    [
      'compressed text',
      ['INPUT', 'x.vtu', '--encoding', 'ascii', '--compressor', 'zlib'],
      2,
      /not compressed/,
    ],
    ['an array that is not there', ['INPUT', 'x.vtu', '-a', 'flow'], 3, /no array "flow"/],
    ['a file that is not there', ['nowhere.vtu', 'x.vtu'], 3, /nowhere\.vtu/],
  ])('%s is an error, and nothing is written', async (_, args, code, message) => {
    const before = await readdir(folder);
    const { stderr, status } = convert(
      ...args.map((text) => (text === 'INPUT' ? input : text.startsWith('x.') ? place(text) : text)),
    );
    expect(stderr).toMatch(message);
    expect(status).toBe(code);
    expect(await readdir(folder)).toEqual(before);
  });
});

describeWithVtk('vascusim convert beside VTK', () => {
  test.each(['vtu', 'vtp'])('VTK reads the same arrays, bit by bit, from the .%s written', (extension) => {
    const from = extension === 'vtu' ? input : surface;
    const outputs = ['raw', 'base64', 'inline'].map((encoding) => {
      const output = place(`vtk-${encoding}.${extension}`);
      expect(convert(from, output, '--encoding', encoding).status).toBe(0);
      return output;
    });
    const [original, ...converted] = runVtk('dump_files.py', from, ...outputs) as unknown[];
    for (const dump of converted) expect(dump).toEqual(original);
  });
});
