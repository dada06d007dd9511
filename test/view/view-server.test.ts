import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VascuDataset } from '../../src/data.ts';
import { extractSurface, readMesh, sliceMesh, type Tensor } from '../../src/mesh.ts';
import { type RunningView, startView } from '../../src/view/start-view.ts';
import type {
  ProbedValue,
  SampleDescription,
  SamplePage,
  SliceFacts,
  SurfaceFacts,
  ValueRange,
  ValuesFacts,
  ViewSession,
} from '../../src/view/view-protocol.ts';
import { makeBlock, makeEmpty, makeLines, writeSamples } from './small-meshes.ts';
import { ask, text, ViewClient, valuesIn } from './view-client.ts';

const HOSTILE = '<img src=x onerror=alert(1)>';
const far = (value: number): number => value + 1e7;
let folder: string;
let pages: string;
let view: RunningView;
let page: ViewClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vascusim-view-'));
  const pressure = (x: number, y: number, z: number): number => 3 * x + 2 * y - z;
  const velocity = (x: number, y: number, z: number): number[] => [x, y * y, 1 - z];
  await writeSamples(folder, {
    'a.vtu': [
      makeBlock({
        pointData: {
          pressure,
          velocity,
          steady: (x) => 1e6 + 0.01 * (x / 2 - 1),
          holes: (x, y) => (x === 0 && y === 0 ? Number.NaN : x),
          [HOSTILE]: (x) => x,
        },
      }),
      { age: 61, kind: HOSTILE, units: { pressure: 'Pa' } },
    ],
    'b.vtu': [makeBlock({ pointData: { pressure: (x, y, z) => pressure(x, y, z) - x } }), { age: 40 }],
    'c.vtu': [makeBlock({ alongZ: 3, pointData: { pressure } }), { age: 12 }],
    'empty.vtp': [makeEmpty()],
    'far.vtu': [
      makeBlock({
        origin: [1e7, 1e7, 1e7],
        pointData: { pressure: (x, y, z) => pressure(x - 1e7, y - 1e7, z - 1e7) },
      }),
    ],
    'lines.vtp': [makeLines()],
  });
  const whole = await import('node:fs/promises').then(({ readFile }) => readFile(join(folder, 'a.vtu')));
  await writeFile(join(folder, 'cut.vtu'), whole.subarray(0, whole.length - 400));
  pages = await mkdtemp(join(tmpdir(), 'vascusim-page-'));
  await writeFile(join(pages, 'index.html'), '<!doctype html><title>page</title>');
  view = await startView({
    port: 0,
    version: '1.2.3',
    title: 'folder',
    thumbnails: 'auto',
    report: undefined,
    pageFolder: pages,
    open: () => VascuDataset.open({ sourceUrl: folder, cacheDir: join(folder, '.cache') }),
    chooseArray: ({ pointArrays }) => pointArrays[0],
    unitOf: (metadata, array) => (metadata['units'] as Record<string, string> | undefined)?.[array],
  });
  page = await ViewClient.enter(view.url);
});

afterAll(async () => {
  await view[Symbol.asyncDispose]();
  for (const each of [folder, pages]) await rm(each, { recursive: true, force: true });
});

describe('the door', () => {
  test('lets in who has the token, which leaves the address', async () => {
    const answer = await ask(view.port, new URL(view.url).search.replace(/^/, '/'));
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('./');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^vascusim-[0-9a-f]{16}=[\w-]{22}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
  });

  test.each(['/?token=', `/?token=${'A'.repeat(22)}`])('refuses a wrong token: %s', async (path) => {
    const answer = await ask(view.port, path);
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  test.each(['/api/session', '/api/samples', '/api/nothing', '/api/report'])(
    'answers %s to nobody without the token',
    async (path) => {
      const answer = await ask(view.port, path, { headers: { cookie: 'vascusim-0=x' } });
      expect([answer.status, JSON.parse(text(answer))]).toMatchObject([403, { code: 'TOKEN' }]);
    },
  );

  test('gives the page to everybody, and nothing else of the disk', async () => {
    expect(text(await ask(view.port, '/'))).toContain('<title>page</title>');
    for (const path of ['/../a.vtu', '/%2e%2e/a.vtu', '/..%2f..%2fetc/passwd', '/.cache'])
      expect((await ask(view.port, path)).status).toBe(404);
  });

  test.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.nip.io', 'localhost:'])(
    'refuses the host %j',
    async (host) => {
      const answer = await page.get('session', {}, { headers: { host } });
      expect([answer.status, JSON.parse(text(answer))]).toMatchObject([403, { code: 'HOST' }]);
    },
  );

  test.each(['localhost', 'localhost:9000', '127.0.0.1:1', '[::1]:9000', 'LOCALHOST:80'])(
    'takes %s for its own name: any port may be that of a tunnel',
    async (host) => {
      const own = { host, origin: `http://${host}` };
      expect((await page.get('session', {}, { headers: own })).status).toBe(200);
    },
  );

  test.each([
    { host: 'localhost:9000', origin: 'http://localhost:9001' },
    { host: 'localhost:9000', origin: 'https://localhost:9000' },
    { host: 'localhost:9000', origin: 'null' },
    { host: 'localhost:9000', 'sec-fetch-site': 'cross-site' },
  ])('refuses what another page asks: %j', async (headers) => {
    const answer = await page.get('session', {}, { headers });
    expect([answer.status, JSON.parse(text(answer))]).toMatchObject([403, { code: 'ORIGIN' }]);
  });

  test('opens the page for a link elsewhere', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await ask(view.port, '/', { headers })).status).toBe(200);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('takes no %s', async (method) => {
    expect((await page.get('session', {}, { method })).status).toBe(405);
  });

  test('says to every answer what browsers may do with it', async () => {
    for (const answer of [
      await ask(view.port, '/'),
      await page.get('session'),
      await ask(view.port, '/api/x'),
    ]) {
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toMatch(/^default-src 'none'; /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.replace("'wasm-unsafe-eval'", '')).not.toContain('unsafe');
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    }
  });

  test('answers HEAD without a body', async () => {
    const answer = await page.get('session', {}, { method: 'HEAD' });
    expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
  });
});

describe('samples', () => {
  test('the session says what is looked at', async () => {
    const session = await page.json<ViewSession>('session');
    expect(session).toMatchObject({ version: '1.2.3', source: 'folder', samples: 7, thumbnails: true });
  });

  test('are listed in pages', async () => {
    const { total, matching, samples } = await page.json<SamplePage>('samples', { from: '1', count: '2' });
    expect([total, matching, samples.map(({ id }) => id)]).toEqual([7, 7, ['b', 'c']]);
  });

  test('are filtered by their metadata', async () => {
    const found = await page.json<SamplePage>('samples', { where: 'age > 20' });
    expect([found.total, found.matching, found.samples.map(({ id }) => id)]).toEqual([7, 2, ['a', 'b']]);
  });

  test('a filter that cannot be read is told with its place', async () => {
    const fault = await page.fault('samples', { where: 'age > > 20' });
    expect(fault).toMatchObject({ status: 400, code: 'CONFIG', offset: 6 });
  });

  test('are described: arrays with units, metadata as texts', async () => {
    const sample = await page.json<SampleDescription>('sample', { sample: 'a' });
    expect(sample).toMatchObject({ id: 'a', points: 125, cells: 64, first: 'pressure', steps: [] });
    expect(sample.metadata).toEqual([
      ['age', '61'],
      ['kind', HOSTILE],
      ['units.pressure', 'Pa'],
    ]);
    expect(sample.arrays.map(({ name, on, components }) => [name, on, components])).toEqual([
      ['pressure', 'node', 1],
      ['velocity', 'node', 3],
      ['steady', 'node', 1],
      ['holes', 'node', 1],
      [HOSTILE, 'node', 1],
      ['number', 'cell', 1],
    ]);
    expect(sample.arrays[0]).toMatchObject({ unit: 'Pa', range: [-4, 20] });
  });

  test('one that is not there is named, with what comes near', async () => {
    expect(await page.fault('sample', { sample: 'linse' })).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      message: expect.stringContaining('did you mean "lines"') as string,
    });
  });
});

describe('surfaces', () => {
  test('are those of extractSurface, in double precision about a centre', async () => {
    const expected = extractSurface(await readMesh(join(folder, 'far.vtu')));
    const { tensors, facts } = await page.tensors<SurfaceFacts>('surface', { sample: 'far' });
    const positions = tensors.get('positions')?.data as Float32Array;
    expect(Array.from(positions, (value, at) => value + (facts.centre[at % 3] as number))).toEqual(
      Array.from(expected.points.data),
    );
    expect(facts.bounds).toEqual({ low: [0, 0, 0].map(far), high: [4, 4, 4].map(far) });
    expect(tensors.get('triangles')?.shape).toEqual([2 * expected.cells.types.length, 3]);
  });

  test('number their points and cells as the mesh does', async () => {
    const mesh = await readMesh(join(folder, 'a.vtu'));
    const { tensors, facts } = await page.tensors<SurfaceFacts>('surface', { sample: 'a' });
    const [positions, points] = [tensors.get('positions')?.data, tensors.get('points')?.data];
    expect(points).toHaveLength(98);
    for (const [at, point] of (points as Uint32Array).entries())
      expect((positions?.[3 * at] as number) + facts.centre[0]).toBe(mesh.points.data[3 * point]);
    const [cells, owners] = [tensors.get('cells')?.data, tensors.get('triangleCells')?.data];
    const corners = tensors.get('triangles')?.data as Uint32Array;
    const { connectivity } = mesh.cells;
    for (const [triangle, owner] of (owners as Uint32Array).entries()) {
      const cell = cells?.[owner] as number;
      const own = connectivity.subarray(8 * cell, 8 * cell + 8);
      expect(own).toContain(points?.[corners[3 * triangle] as number]);
    }
  });

  test('say which sides of triangles are those of polygons: two of the three of a half of a square', async () => {
    const { tensors } = await page.tensors<SurfaceFacts>('surface', { sample: 'a' });
    const [sides, corners] = [tensors.get('sides')?.data, tensors.get('triangles')?.data];
    const places = tensors.get('positions')?.data as Float32Array;
    const lengths = (sides as Uint8Array).map((flags, triangle) => {
      const inner = [0, 1, 2].filter((side) => ((flags >> side) & 1) === 0);
      expect(inner).toHaveLength(1);
      const [from, to] = [inner[0] as number, ((inner[0] as number) + 1) % 3].map(
        (corner) => 3 * (corners?.[3 * triangle + corner] as number),
      ) as [number, number];
      const axes = [0, 1, 2].map((axis) => (places[to + axis] as number) - (places[from + axis] as number));
      return 100 * Math.hypot(...axes);
    });
    expect(new Set(lengths)).toEqual(new Set([141]));
  });

  test('of lines and points are lines and points', async () => {
    const { tensors } = await page.tensors<SurfaceFacts>('surface', { sample: 'lines' });
    expect(tensors.get('lines')?.data).toEqual(Uint32Array.of(0, 1, 1, 2));
    expect(tensors.get('vertices')?.data).toEqual(Uint32Array.of(3));
    const { values } = await page.values({ sample: 'lines', array: 'radius' });
    expect(values).toEqual([1, 2, 3, 4]);
  });

  test('of nothing are a fault that says so', async () => {
    expect(await page.fault('surface', { sample: 'empty' })).toMatchObject({
      status: 422,
      code: 'EMPTY',
      message: expect.stringContaining('empty.vtp has no points and no cells') as string,
    });
  });

  test('of a file that is cut are a fault with file and place, and others are still shown', async () => {
    const fault = await page.fault('surface', { sample: 'cut' });
    expect(fault).toMatchObject({ status: 422, code: 'FORMAT', path: 'cut.vtu' });
    expect((await page.get('surface', { sample: 'a' })).status).toBe(200);
  });
});

describe('values', () => {
  const onSurface = async (name: string): Promise<Tensor> =>
    extractSurface(await readMesh(join(folder, 'a.vtu'))).pointData.get(name) as Tensor;

  test('are those at the points of the surface', async () => {
    const { values, facts } = await page.values<ValuesFacts>({ sample: 'a', array: 'pressure' });
    expect(values).toEqual(Array.from((await onSurface('pressure')).data as Float64Array));
    expect(facts).toMatchObject({ array: 'pressure', on: 'node', range: [-4, 20], notFinite: 0 });
  });

  test.each([
    [undefined, (x: number, y: number, z: number) => Math.hypot(x, y, z)],
    ['y', (_: number, y: number) => y],
    ['2', (_x: number, _y: number, z: number) => z + 0],
  ] as const)('of vectors are the component %s', async (component, expected) => {
    const { data } = await onSurface('velocity');
    const { values } = await page.values({
      sample: 'a',
      array: 'velocity',
      ...(component === undefined ? {} : { component }),
    });
    expect(values.map((value) => Math.fround(value))).toEqual(
      values.map((_, at) =>
        Math.fround(expected(...([0, 1, 2].map((axis) => data[3 * at + axis]) as [number, number, number]))),
      ),
    );
  });

  test('a component that there is not is a fault', async () => {
    const fault = await page.fault('values', { sample: 'a', array: 'velocity', component: '3' });
    expect(fault).toMatchObject({
      status: 400,
      code: 'CONFIG',
      message: expect.stringContaining('0 … 2') as string,
    });
  });

  test('nearly the same about a large one keep their differences', async () => {
    const { values, facts } = await page.values<ValuesFacts>({ sample: 'a', array: 'steady' });
    const expected = Array.from((await onSurface('steady')).data as Float64Array);
    for (const [at, value] of values.entries())
      expect(Math.abs(value - (expected[at] as number))).toBeLessThan(1e-9);
    expect(facts.range).toEqual([Math.min(...expected), Math.max(...expected)]);
  });

  test('that are not finite are counted and no part of the range', async () => {
    const { values, facts } = await page.values<ValuesFacts>({ sample: 'a', array: 'holes' });
    expect(facts).toMatchObject({ notFinite: 5, range: [0, 4] });
    expect(values.filter(Number.isNaN)).toHaveLength(5);
  });

  test('over cells are those of the cells on the surface', async () => {
    const { tensors } = await page.tensors<SurfaceFacts>('surface', { sample: 'a' });
    const { values, facts } = await page.values<ValuesFacts>({ sample: 'a', array: 'number' });
    expect(values).toEqual(Array.from(tensors.get('cells')?.data as Uint32Array));
    expect(facts.on).toBe('cell');
  });

  test('of an array with markup in its name are values', async () => {
    const { facts } = await page.values<ValuesFacts>({ sample: 'a', array: HOSTILE });
    expect(facts.array).toBe(HOSTILE);
  });

  test('of an array that is not there are a fault that lists those that are', async () => {
    expect(await page.fault('values', { sample: 'a', array: 'presure' })).toMatchObject({
      status: 404,
      message: expect.stringContaining('did you mean "pressure"') as string,
    });
  });

  test('range over all steps is that of the one there is', async () => {
    const range = await page.json<ValueRange>('range', { sample: 'a', array: 'pressure' });
    expect(range).toEqual({ range: [-4, 20], leastPositive: 1, notFinite: 0 });
  });
});

describe('differences', () => {
  test('are the first less the second', async () => {
    const { tensors, facts } = await page.tensors<SurfaceFacts>('surface', { sample: 'a' });
    const { values } = await page.values({ sample: 'a', minus: 'b', array: 'pressure' });
    const positions = tensors.get('positions')?.data as Float32Array;
    expect(values).toEqual(values.map((_, at) => (positions[3 * at] as number) + facts.centre[0]));
  });

  test.each([
    ['c', 'they have 125 and 100 points'],
    ['far', 'their points lie at other places'],
  ])('with %s are refused: %s', async (minus, why) => {
    const fault = await page.fault('values', { sample: 'a', minus, array: 'pressure' });
    expect(fault).toMatchObject({
      status: 409,
      code: 'OTHER_MESH',
      message: expect.stringContaining(why) as string,
    });
  });
});

describe('slices', () => {
  test('are those of sliceMesh, about the centre of the surface', async () => {
    const expected = sliceMesh(await readMesh(join(folder, 'a.vtu')), [1, 1, 0, 3.3]);
    const query = { sample: 'a', array: 'pressure', plane: '1,1,0,3.3' };
    const { tensors, facts } = await page.tensors<SliceFacts>('slice', query);
    const positions = tensors.get('positions')?.data as Float32Array;
    const own = Array.from(positions, (value, at) => value + (facts.centre[at % 3] as number));
    for (const [at, value] of own.entries())
      expect(Math.abs(value - (expected.points.data[at] as number))).toBeLessThan(1e-6);
    const values = valuesIn(tensors, facts.values as ValuesFacts);
    const { data } = expected.pointData.get('pressure') as Tensor;
    for (const [at, value] of values.entries())
      expect(Math.abs(value - Number(data[at]))).toBeLessThan(2.4e-4 / 10);
  });

  test('have the cells that they cut, and values of these', async () => {
    const query = { sample: 'a', array: 'number', plane: '0,0,1,0.5' };
    const { tensors, facts } = await page.tensors<SliceFacts>('slice', query);
    const cells = Array.from(tensors.get('cells')?.data as Uint32Array);
    expect(cells.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, cell) => cell));
    expect(valuesIn(tensors, facts.values as ValuesFacts)).toEqual(cells);
  });

  test('that meet nothing are empty', async () => {
    const { tensors } = await page.tensors<SliceFacts>('slice', { sample: 'a', plane: '0,0,1,9' });
    expect(tensors.get('triangles')?.data).toHaveLength(0);
  });

  test.each(['0,0,0,1', '1,2,3', '1,0,0,x', ''])('by no plane, %j, are a fault', async (plane) => {
    expect(await page.fault('slice', { sample: 'a', plane })).toMatchObject({ status: 400, code: 'CONFIG' });
  });
});

describe('probes', () => {
  test.each(['31', '62'])(
    'of point %s, on the surface or inside, are the values of the file',
    async (point) => {
      const mesh = await readMesh(join(folder, 'a.vtu'));
      const probed = await page.json<ProbedValue>('probe', {
        sample: 'a',
        array: 'velocity',
        component: 'y',
        point,
      });
      const at = 3 * Number(point);
      const row = (mesh.pointData.get('velocity') as Tensor).data.slice(at, at + 3);
      expect(probed).toEqual({
        array: 'velocity',
        on: 'node',
        number: Number(point),
        position: Array.from(mesh.points.data.subarray(at, at + 3)),
        value: row[1],
        text: String(row[1]),
        components: Array.from(row, String),
      });
    },
  );

  test('say what is not finite as a text', async () => {
    const probed = await page.json<ProbedValue>('probe', { sample: 'a', array: 'holes', point: '0' });
    expect([probed.value, probed.text]).toEqual([null, 'NaN']);
  });

  test('of cells and of differences have no less digits', async () => {
    const cell = await page.json<ProbedValue>('probe', { sample: 'a', array: 'number', cell: '21' });
    const less = { sample: 'a', array: 'pressure', minus: 'b', point: '7' };
    expect([cell.value, (await page.json<ProbedValue>('probe', less)).value]).toEqual([21, 2]);
  });

  test('of a point that there is not are a fault', async () => {
    const fault = await page.fault('probe', { sample: 'a', array: 'pressure', point: '125' });
    expect(fault).toMatchObject({ status: 404, message: expect.stringContaining('0 … 124') as string });
  });
});

test('thumbnails are small pictures, kept once they are drawn', async () => {
  const [first, again] = [
    await page.get('thumbnail', { sample: 'a' }),
    await page.get('thumbnail', { sample: 'a' }),
  ];
  expect(first.headers['content-type']).toBe('image/png');
  expect(again.bytes).toEqual(first.bytes);
  for (const sample of ['cut', 'empty']) expect((await page.get('thumbnail', { sample })).status).toBe(204);
});
