import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { makeVessel } from '../../src/cli/demo/vessel.ts';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { colorAt } from '../../src/render/color.ts';
import type { Image } from '../../src/render/image.ts';
import { renderMesh, renderMeshAsync } from '../../src/render/render-mesh.ts';
import type { RenderOptions } from '../../src/render/render-options.ts';
import { cellsOf, type TestCell } from '../graph/edge-reference.ts';
import { decodePng } from './decode-png.ts';
import { drawPicture, pictures } from './golden/pictures.ts';

const WHITE = [255, 255, 255];

function makeMesh(
  places: readonly (readonly number[])[],
  cells: readonly TestCell[],
  arrays: {
    readonly points?: Record<string, readonly number[]>;
    readonly cells?: Record<string, readonly number[]>;
  } = {},
): Mesh {
  const data = (named: Record<string, readonly number[]> = {}): Map<string, Tensor> =>
    new Map(
      Object.entries(named).map(([name, values]) => [
        name,
        { data: Float64Array.from(values), shape: [values.length] },
      ]),
    );
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: cellsOf(cells),
    pointData: data(arrays.points),
    cellData: data(arrays.cells),
    fieldData: new Map(),
  };
}

/** A square sheet of n × n quadrilaterals over 0 … 1, wavy so that it is no plane. */
function makeSheet(n: number, value: (x: number, y: number) => number, height = 0.05): Mesh {
  const at = (index: number): [number, number] => [(index % (n + 1)) / n, Math.floor(index / (n + 1)) / n];
  const places = Array.from({ length: (n + 1) ** 2 }, (_, index) => {
    const [x, y] = at(index);
    return [x, y, height * Math.sin(6 * x) * Math.cos(5 * y)];
  });
  const cells = Array.from({ length: n * n }, (_, index) => {
    const corner = Math.floor(index / n) * (n + 1) + (index % n);
    return { type: CellType.Quad, points: [corner, corner + 1, corner + n + 2, corner + n + 1] };
  });
  const values = places.map((_, index) => value(...at(index)));
  return makeMesh(places, cells, { points: { value: values }, cells: { number: cells.map((_, i) => i) } });
}

function pixel({ width, data }: Image, x: number, y: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
}

/** Where a place of the sheet lies in a square picture of `size` pixels seen from z. */
function pixelOf(size: number, x: number, y: number): [number, number] {
  const margin = 0.05 * size;
  const scale = size - 2 * margin;
  return [Math.floor(margin + scale * x), Math.floor(size - margin - scale * y)];
}

function expectColor(found: readonly number[], expected: readonly number[], tolerance: number): void {
  const off = Math.max(...found.map((value, at) => Math.abs(value - (expected[at] as number))));
  expect(off, `${found.join()} beside ${expected.join()}`).toBeLessThanOrEqual(tolerance);
}

const flat: RenderOptions = { width: 400, height: 400, view: 'z', lighting: false, scalarBar: false };

describe('renderMesh', () => {
  test.each(['viridis', 'cool-warm', 'greys'] as const)('has the colours of %s at the points', (colorMap) => {
    const value = (x: number, y: number): number => 20 + 7 * x * x - 3 * y;
    const image = renderMesh(makeSheet(20, value), { ...flat, colorMap, attribute: 'value' });
    expect(image.range).toEqual([17, 27]);
    for (let index = 1; index < 20; index++) {
      const [x, y] = [index / 20, ((7 * index) % 20) / 20 || 0.5];
      const color = colorAt(colorMap, (value(x, y) - 17) / 10);
      expectColor(pixel(image, ...pixelOf(400, x, y)), color, 3);
    }
  });

  test('without light, cells have exactly the colour of their value', () => {
    const image = renderMesh(
      makeSheet(4, () => 0),
      { ...flat, attribute: 'number' },
    );
    for (let cell = 0; cell < 16; cell++) {
      const [x, y] = [((cell % 4) + 0.5) / 4, (Math.floor(cell / 4) + 0.5) / 4];
      expectColor(pixel(image, ...pixelOf(400, x, y)), colorAt('viridis', cell / 15), 1);
    }
  });

  test('colours vectors by their length', () => {
    const sheet = makeSheet(2, () => 0);
    const data = Float32Array.from({ length: 27 }, (_, at) => [3, 4, 12][at % 3] as number);
    data.fill(0, 0, 3);
    const mesh: Mesh = { ...sheet, pointData: new Map([['velocity', { data, shape: [9, 3] }]]) };
    const image = renderMesh(mesh, { ...flat, attribute: 'velocity' });
    expect(image.range).toEqual([0, 13]);
    expectColor(pixel(image, ...pixelOf(400, 0.75, 0.75)), colorAt('viridis', 1), 1);
  });

  test('cuts values off at the range that was asked for', () => {
    const image = renderMesh(
      makeSheet(10, (x) => 100 * x),
      { ...flat, attribute: 'value', range: [40, 60] },
    );
    expect(image.range).toEqual([40, 60]);
    expectColor(pixel(image, ...pixelOf(400, 0.2, 0.5)), colorAt('viridis', 0), 0);
    expectColor(pixel(image, ...pixelOf(400, 0.5, 0.5)), colorAt('viridis', 0.5), 4);
    expectColor(pixel(image, ...pixelOf(400, 0.8, 0.5)), colorAt('viridis', 1), 0);
  });

  test('has a colour of its own for what is not a number, and leaves it out of the range', () => {
    const value = (x: number): number => (x > 0.55 ? Number.NaN : x > 0.45 ? Number.POSITIVE_INFINITY : x);
    const image = renderMesh(makeSheet(10, value), { ...flat, attribute: 'value', nanColor: '#123' });
    expect(image.range).toEqual([0, 0.4]);
    expectColor(pixel(image, ...pixelOf(400, 0.8, 0.5)), [17, 34, 51], 0);
    expectColor(pixel(image, ...pixelOf(400, 0.5, 0.5)), [17, 34, 51], 0);
  });

  test('on a logarithmic scale goes by the powers of ten', () => {
    const image = renderMesh(
      makeSheet(2, (x) => [0, 10, 1000][2 * x] as number),
      {
        ...flat,
        attribute: 'value',
        logScale: true,
        range: [1, 1000],
      },
    );
    expectColor(pixel(image, ...pixelOf(400, 0.75, 0.5)), colorAt('viridis', 2 / 3), 4);
    expectColor(pixel(image, ...pixelOf(400, 0.25, 0.5)), [255, 79, 216], 0);
  });

  test('shows large coordinates and values far from zero as exactly as small ones', () => {
    const near = makeSheet(8, (x, y) => x * y);
    const far = makeSheet(8, (x, y) => 1e9 + x * y);
    for (const [at, place] of far.points.data.entries()) far.points.data[at] = 1e9 + place;
    const [one, other] = [near, far].map((mesh) => renderMesh(mesh, { ...flat, attribute: 'value' }));
    expect(difference(one as Image, other as Image)).toBeLessThan(0.05);
  });

  test('draws what is nearer to the eye over what is behind it', () => {
    const triangles = [0, 3].map((first) => ({
      type: CellType.Triangle,
      points: [first, first + 1, first + 2],
    }));
    const corners = [
      [0, 0],
      [1, 0],
      [0, 1],
    ];
    const places = [1, 0].flatMap((z) => corners.map(([x = 0, y = 0]) => [x, y, z]));
    const mesh = makeMesh(places, triangles, { cells: { layer: [1, 2] } });
    const seen = (view: 'z' | 'bottom'): number[] =>
      pixel(renderMesh(mesh, { ...flat, attribute: 'layer', view }), 100, view === 'z' ? 300 : 100);
    expectColor(seen('z'), colorAt('viridis', 0), 0);
    expectColor(seen('bottom'), colorAt('viridis', 1), 0);
  });

  test('of a flat cell on the face of a body the flat cell is seen', () => {
    const places = [
      [0, 0, 0],
      [1, 0, 0],
      [0.3, 1, 0],
      [0.4, 0.4, -1],
    ];
    const cells = [
      { type: CellType.Tetra, points: [0, 1, 2, 3] },
      { type: CellType.Triangle, points: [2, 0, 1] },
    ];
    const mesh = makeMesh(places, cells, { cells: { kind: [1, 2] } });
    const image = renderMesh(mesh, { ...flat, attribute: 'kind' });
    const first = colorAt('viridis', 0).join();
    for (let y = 0; y < 400; y++) {
      for (let x = 0; x < 400; x++) expect(pixel(image, x, y).join()).not.toBe(first);
    }
    expectColor(pixel(image, ...pixelOf(400, 0.45, 0.4)), colorAt('viridis', 1), 0);
  });

  test('leaves out what lies at no place, and frames the rest as if it were not there', () => {
    const sheet = makeSheet(4, (x) => x);
    const places = Array.from({ length: 25 }, (_, at) => [...sheet.points.data.subarray(3 * at, 3 * at + 3)]);
    const quads = Array.from({ length: 16 }, (_, cell) => ({
      type: CellType.Quad,
      points: [...sheet.cells.connectivity.subarray(4 * cell, 4 * cell + 4)],
    }));
    const bad = [Number.NaN, Number.POSITIVE_INFINITY].map((value) => [0.5, value, 0]);
    const broken = [25, 26].map((point) => ({ type: CellType.Triangle, points: [0, 1, point] }));
    const options = { width: 200, height: 200 };
    expect(renderMesh(makeMesh([...places, ...bad], [...quads, ...broken]), options).data).toEqual(
      renderMesh(makeMesh(places, quads), options).data,
    );
  });

  test('draws lines and points as well', () => {
    const places = [0, 1, 2].map((x) => [x, x % 2, 0]);
    const line = makeMesh(places, [{ type: CellType.PolyLine, points: [0, 1, 2] }]);
    const dots = makeMesh(places, [{ type: CellType.PolyVertex, points: [0, 1, 2] }]);
    const inkOf = (mesh: Mesh): number => covered(renderMesh(mesh, flat));
    expect(inkOf(dots)).toBeGreaterThan(10);
    expect(inkOf(line)).toBeGreaterThan(10 * inkOf(dots));
  });

  test('edges darken the picture along them only', () => {
    const sheet = makeSheet(4, () => 0);
    const [plain, edged] = [false, true].map((edges) => renderMesh(sheet, { ...flat, edges }));
    const middle = pixelOf(400, 0.375, 0.375);
    expect(pixel(edged as Image, ...middle)).toEqual(pixel(plain as Image, ...middle));
    const [x, y] = pixelOf(400, 0.5, 0.375);
    expect(pixel(edged as Image, x, y)[0]).toBeLessThan((pixel(plain as Image, x, y)[0] as number) - 40);
    // The diagonal of a quadrilateral is no edge.
    const inside = pixelOf(400, 0.3, 0.3);
    expect(pixel(edged as Image, ...inside)).toEqual(pixel(plain as Image, ...inside));
  });

  test('light leaves more than half of each colour', () => {
    const vessel = makeVessel({ radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0, resolution: 8 });
    const options = { width: 300, height: 200, scalarBar: false, background: '#000' } as const;
    const lit = renderMesh(vessel, options);
    const full = renderMesh(vessel, { ...options, lighting: false });
    for (let at = 0; at < lit.data.length; at += 4) {
      if (full.data[at] !== 188) continue;
      expect(lit.data[at]).toBeGreaterThanOrEqual(0.55 * 188);
    }
  });

  test.each(['auto', 'iso', 'front', 'x', 'y', 'z'] as const)('view %s fills the picture', (view) => {
    const vessel = makeVessel({ radius: 1, stenosis: 0.4, meanVelocity: 20, time: 0, resolution: 8 });
    const image = renderMesh(vessel, { width: 300, height: 200, view, scalarBar: false });
    const columns = new Set<number>();
    const rows = new Set<number>();
    for (let at = 0; at < image.data.length; at += 4) {
      if (image.data[at] === 255) continue;
      columns.add((at / 4) % 300);
      rows.add(Math.floor(at / 4 / 300));
    }
    expect(Math.max(columns.size / 280, rows.size / 180)).toBeGreaterThan(0.97);
    expect([columns.has(5), rows.has(5), columns.has(294), rows.has(194)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test('is the same picture in steps, and ends at an abort', async () => {
    const { mesh, options } = pictures['pressure'] as (typeof pictures)[string];
    const image = await renderMeshAsync(mesh, options);
    expect(image.data).toEqual(renderMesh(mesh, options).data);
    const reason = new Error('enough');
    await expect(renderMeshAsync(mesh, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test.each<[string, RenderOptions, RegExp]>([
    ['an array that is not there', { attribute: 'flow' }, /no array "flow"\. Its point arrays: "value"/],
    ['a range that falls', { attribute: 'value', range: [2, 1] }, /the smaller one first/],
    ['a logarithm of 0', { attribute: 'value', range: [0, 1], logScale: true }, /two positive numbers/],
    ['no pixels', { width: 0 }, /width is 0/],
    ['too many pixels', { width: 9000, height: 9000 }, /too large.*4096/],
    ['a colour that is none', { background: 'blue' }, /#rrggbb/],
    ['an unknown map', { colorMap: 'jet' as 'greys' }, /there are viridis, cool-warm, greys/],
  ])('%s is an error that says so', (_, options, message) => {
    expect(() =>
      renderMesh(
        makeSheet(2, (x) => x),
        options,
      ),
    ).toThrow(message);
  });

  test('a mesh without cells is an error', () => {
    expect(() => renderMesh(makeMesh([[0, 0, 0]], []))).toThrow(/no cells/);
  });
});

/** Pixels that are not white. */
function covered({ width, height, ...image }: Image): number {
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++)
      if (pixel({ width, height, ...image }, x, y).some((value, at) => value !== WHITE[at])) count++;
  }
  return count;
}

/** Mean distance of two pictures' values. */
function difference(one: Image, other: Image): number {
  return (
    one.data.reduce((sum, value, at) => sum + Math.abs(value - (other.data[at] as number)), 0) /
    one.data.length
  );
}

describe('the pictures that were looked at', () => {
  test.each(Object.keys(pictures))('%s is as it was', async (name) => {
    const kept = decodePng(await readFile(`test/render/golden/${name}.png`));
    const now = drawPicture(name);
    expect([now.width, now.height]).toEqual([kept.width, kept.height]);
    expect(difference(now, kept)).toBeLessThan(0.2);
  });
});
