import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { colorAt } from '../../src/render/color.ts';
import type { Image } from '../../src/render/image.ts';
import { renderMesh } from '../../src/render/render-mesh.ts';
import type { RenderOptions } from '../../src/render/render-options.ts';
import { cornersOf, meshOf } from './make-mesh.ts';

type Place = readonly [number, number, number];

/** A sheet of 20 × 20 squares over 0 … 2, without its upper right part where it is an L; `value` is given over it. */
function sheet(
  value: (x: number, y: number) => number,
  toSpace: (x: number, y: number) => Place = (x, y) => [x, y, 0],
  isL = false,
): Mesh {
  const at = (index: number): readonly [number, number] => [(index % 21) / 10, Math.floor(index / 21) / 10];
  const points = Array.from({ length: 441 }, (_, index) => at(index));
  const corners = points.flatMap(([x, y], index) =>
    x > 1.95 || y > 1.95 || (isL && x > 0.95 && y > 0.55) ? [] : [index],
  );
  return meshOf(
    points.map(([x, y]) => toSpace(x, y)),
    corners.map((corner) => ({
      type: CellType.Quad,
      points: [corner, corner + 1, corner + 22, corner + 21],
    })),
    {
      points: { value: points.map(([x, y]) => value(x, y)) },
      cells: { cell: corners.map((corner) => corner) },
    },
  );
}

const plain: RenderOptions = { width: 400, height: 400, view: 'z', lighting: false, scalarBar: false };
const sum = (x: number, y: number): number => x + y;

function pixel({ width, data }: Image, x: number, y: number): number[] {
  return [...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)];
}

/** Where a place of the sheet lies in a plain picture of all of it. */
function pixelAt(image: Image, x: number, y: number): number[] {
  return pixel(image, Math.floor(20 + 180 * x), Math.floor(380 - 180 * y));
}

function isBackground(image: Image, x: number, y: number): boolean {
  return pixelAt(image, x, y).join() === '255,255,255';
}

/** Share of two sets of pixels that both have. */
function overlap(image: Image, inside: (x: number, y: number) => boolean): number {
  let [both, either] = [0, 0];
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      const drawn = pixel(image, x, y).join() !== '255,255,255';
      const wanted = inside(x + 0.5, y + 0.5);
      if (drawn && wanted) both++;
      if (drawn || wanted) either++;
    }
  }
  return both / either;
}

describe('a flat L', () => {
  const inFrame = (x: number, y: number): boolean => {
    const [u, v] = [(x - 20) / 180, (380 - y) / 180];
    return u >= 0 && u <= 2 && v >= 0 && v <= 2 && !(u > 1 && v > 0.6);
  };
  const options: RenderOptions = { width: 400, height: 400, scalarBar: false, attribute: 'value' };

  test.each<[string, (x: number, y: number) => Place]>([
    ['in xy has x to the right and y up', (x, y) => [x, y, 3]],
    ['in xz has z up', (x, y) => [x, -2, y]],
    ['in yz has y to the right', (x, y) => [7, x, y]],
    ['in an upright plane has z up', (x, y) => [0.8 * x, 0.6 * x, y]],
  ])('%s', (_, toSpace) => {
    expect(overlap(renderMesh(sheet(sum, toSpace, true), options), inFrame)).toBeGreaterThan(0.97);
  });

  test.each([0, 1, 2, 3, 4, 5])(
    'that is one polygon is not left by its triangles, begun at corner %d',
    (first) => {
      const corners = [
        [0, 0],
        [2, 0],
        [2, 0.6],
        [1, 0.6],
        [1, 2],
        [0, 2],
      ];
      const places = corners.map((_, at) => [...(corners[(at + first) % 6] as number[]), 0]);
      const mesh = meshOf(places, [{ type: CellType.Polygon, points: [0, 1, 2, 3, 4, 5] }]);
      expect(overlap(renderMesh(mesh, { ...options, attribute: undefined }), inFrame)).toBeGreaterThan(0.97);
    },
  );
});

describe('what a picture says of its bar', () => {
  test('labels with their places, title and unit', () => {
    const image = renderMesh(sheet(sum), { ...plain, attribute: 'value', scalarBar: true, unit: 'Pa' });
    expect(image.ticks?.map(({ text, place }) => [text, place])).toEqual([
      ['0', 0],
      ['1', 0.25],
      ['2', 0.5],
      ['3', 0.75],
      ['4', 1],
    ]);
    expect([image.title, image.unit]).toEqual(['value', 'Pa']);
    expect(image.labels).toEqual(image.ticks?.map(({ value, text }) => ({ value, text })));
    const without = renderMesh(sheet(sum), { ...plain, attribute: 'value' });
    expect([without.ticks, without.labels]).toEqual([image.ticks, undefined]);
  });

  test('a unit is written on it', () => {
    const draw = (unit?: string): Image['data'] =>
      renderMesh(sheet(sum), { ...plain, attribute: 'value', scalarBar: true, unit }).data;
    const [bare, labelled] = [draw(), draw('kg m⁻¹ s⁻²')];
    const differs = bare.reduce((count, value, at) => count + (value === labelled[at] ? 0 : 1), 0);
    expect(differs).toBeGreaterThan(200);
    expect(draw('')).toEqual(bare);
  });

  test('counts what is below, above and not finite', () => {
    const value = (x: number, y: number): number => (y > 1.95 ? Number.NaN : y > 1.85 ? Infinity : x);
    const image = renderMesh(sheet(value), { ...plain, attribute: 'value', range: [0.45, 1.85] });
    expect([image.below, image.above, image.notFinite]).toEqual([5 * 19, 2 * 19, 2 * 21]);
    const whole = renderMesh(sheet(sum), { ...plain, attribute: 'value' });
    expect([whole.below, whole.above, whole.notFinite]).toEqual([0, 0, 0]);
    const log = renderMesh(
      sheet((x) => x - 0.15),
      { ...plain, attribute: 'value', logScale: true },
    );
    expect([log.below, log.notFinite]).toEqual([0, 2 * 21]);
    expect(renderMesh(sheet(sum), plain)).not.toHaveProperty('below');
  });

  test('a cell counts once, however many of its faces are seen', () => {
    const places = [0, 1, 2].flatMap((z) => cornersOf('square').map(([x = 0, y = 0]) => [x, y, z]));
    const cells = [0, 4].map((first) => ({
      type: CellType.Hexahedron,
      points: [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => first + corner),
    }));
    const mesh = meshOf(places, cells, { cells: { p: [1, 5] } });
    const image = renderMesh(mesh, { ...plain, attribute: 'p', range: [2, 3] });
    expect([image.below, image.above]).toEqual([1, 1]);
  });

  test.each<[string, [number, number], (x: number, y: number) => number, readonly number[]]>([
    ['below', [1, 5], sum, colorAt('viridis', 0)],
    ['above', [-1, 3], sum, colorAt('viridis', 1)],
    ['not finite', [0, 4], (x, y) => (x > 1.85 ? Number.NaN : x + y), [255, 79, 216]],
  ])('has a swatch for what is %s, where it occurs', (_, range, value, color) => {
    const swatches = [sheet(value), sheet(() => 2)].map((mesh) => {
      const image = renderMesh(mesh, { ...plain, width: 600, attribute: 'value', scalarBar: true, range });
      return countRight(image, 450, color);
    });
    expect((swatches[0] as number) - (swatches[1] as number)).toBeGreaterThan(80);
  });
});

/** Pixels of a colour to the right of a column. */
function countRight(image: Image, left: number, color: readonly number[]): number {
  let count = 0;
  for (let y = 0; y < image.height; y++)
    for (let x = left; x < image.width; x++) if (pixel(image, x, y).join() === color.join()) count++;
  return count;
}

describe('component', () => {
  const mesh = (): Mesh => {
    const base = sheet(sum);
    const data = Float32Array.from({ length: 3 * 441 }, (_, at) => {
      const x = (Math.floor(at / 3) % 21) / 10;
      return [x, 4 - 2 * x, 7][at % 3] as number;
    });
    return { ...base, pointData: new Map([['u', { data, shape: [441, 3] }], ...base.pointData]) };
  };

  test.each<['x' | 'y' | 'z' | number, [number, number], string]>([
    ['x', [0, 2], 'u x'],
    ['y', [0, 4], 'u y'],
    [2, [7, 7], 'u z'],
    [0, [0, 2], 'u x'],
  ])('%s shows its values and its name', (component, range, title) => {
    const image = renderMesh(mesh(), { ...plain, attribute: 'u', component });
    expect([image.range, image.title]).toEqual([range, title]);
  });

  test('without one vectors go by their length', () => {
    expect(renderMesh(mesh(), { ...plain, attribute: 'u' }).title).toBe('|u|');
  });

  test('has the name that the file gives it', () => {
    const arrays = new Map([['u', { componentNames: ['', 'axial', ''] }]]);
    const named = { ...mesh(), details: { pointData: { arrays, active: new Map() } } };
    expect(renderMesh(named, { ...plain, attribute: 'u', component: 1 }).title).toBe('u axial');
  });

  test.each<[string, RenderOptions, RegExp]>([
    [
      'one too many',
      { attribute: 'u', component: 3 },
      /component is 3; the array "u" has the components 0 … 2 \(x, y, z\)/,
    ],
    ['y of one value', { attribute: 'value', component: 'y' }, /"value" has one value a row/],
    ['half a one', { attribute: 'u', component: 0.5 }, /component is 0\.5/],
    ['another letter', { attribute: 'u', component: 'w' as 'x' }, /component is "w"/],
    ['one of nothing', { component: 1 }, /without attribute/],
  ])('%s is an error that says so', (_, options, message) => {
    expect(() => renderMesh(mesh(), { ...plain, ...options })).toThrow(message);
  });
});

describe('clip', () => {
  test('takes away what lies beyond, and frames the rest', () => {
    const image = renderMesh(sheet(sum), { ...plain, attribute: 'value', clip: [0, 2, 0, 1] });
    expect(image.range).toEqual([0, 2.5]);
    const rows = Array.from({ length: 400 }, (_, y) => y).filter((y) => pixel(image, 200, y)[0] !== 255);
    expect(rows.length).toBe(90);
  });

  test('what is left looks as it did, cut at the plane within a cell', () => {
    const range: RenderOptions['range'] = [0, 4];
    const whole = renderMesh(
      sheet((x, y) => x * y + y),
      { ...plain, attribute: 'value', range },
    );
    const cut = renderMesh(
      sheet((x, y) => x * y + y),
      {
        ...plain,
        attribute: 'value',
        range,
        clip: [1, 1, 0, 3.93],
      },
    );
    // So small a corner is gone that the frame stays.
    for (const [x, y] of [
      [0.33, 0.71],
      [1.62, 1.14],
      [1.9, 1.9],
    ] as const)
      expect(pixelAt(cut, x, y)).toEqual(pixelAt(whole, x, y));
    expect(isBackground(cut, 1.985, 1.985)).toBe(true);
    expect(isBackground(whole, 1.985, 1.985)).toBe(false);
  });

  test('a body is open where it is cut', () => {
    const places = [0, 1].flatMap((z) => cornersOf('square').map(([x = 0, y = 0]) => [x, y, z]));
    const mesh = meshOf(places, [{ type: CellType.Hexahedron, points: [0, 1, 2, 3, 4, 5, 6, 7] }]);
    const image = renderMesh(mesh, { ...plain, clip: [0, 0, 1, 0.5] });
    // The bottom and four halves of sides.
    expect(image.triangles).toBe(10);
  });

  test('cuts lines, and takes points away', () => {
    const places = [0, 1, 2, 3].map((x) => [x, 0, 0]);
    const line = meshOf(places, [{ type: CellType.PolyLine, points: [0, 1, 2, 3] }], {
      points: { x: [0, 1, 2, 3] },
    });
    expect(renderMesh(line, { ...plain, attribute: 'x', clip: [1, 0, 0, 1.5] }).range).toEqual([0, 1.5]);
    expect(renderMesh(line, { ...plain, attribute: 'x', clip: [-1, 0, 0, -1.5] }).range).toEqual([1.5, 3]);
    const dots = meshOf(places, [{ type: CellType.PolyVertex, points: [0, 1, 2, 3] }], {
      points: { x: [0, 1, 2, 3] },
    });
    expect(renderMesh(dots, { ...plain, attribute: 'x', clip: [1, 0, 0, 1] }).range).toEqual([0, 1]);
  });

  test('that leaves nothing is an error that says where the mesh is', () => {
    expect(() => renderMesh(sheet(sum), { clip: [1, 0, 0, -1], path: 'case.vtu' })).toThrow(
      'All of case.vtu lies beyond the plane (1, 0, 0) · x = -1: along the normal its points lie from 0 to 2.',
    );
  });
});

describe('slice', () => {
  const cube = (): Mesh => {
    const places = [0, 1].flatMap((z) => cornersOf('square').map(([x = 0, y = 0]) => [x, y, z]));
    return meshOf(places, [{ type: CellType.Hexahedron, points: [0, 1, 2, 3, 4, 5, 6, 7] }], {
      points: { p: places.map(([x = 0, y = 0, z = 0]) => x + 10 * y + 100 * z) },
      cells: { cell: [4] },
    });
  };

  test('shows the values on the plane, face on', () => {
    const image = renderMesh(cube(), {
      width: 400,
      height: 400,
      attribute: 'p',
      slice: [0, 0, 1, 0.5],
      lighting: false,
      scalarBar: false,
    });
    expect(image.range).toEqual([50, 61]);
    expect(image.triangles).toBe(2);
    expect(
      pixelAt(image, 0.02, 0.02).map(
        (value, at) => Math.abs(value - (colorAt('viridis', 0.01)[at] as number)) < 4,
      ),
    ).toEqual([true, true, true]);
  });

  test('shows cell values, and can be clipped', () => {
    const image = renderMesh(cube(), {
      ...plain,
      attribute: 'cell',
      slice: [0, 0, 1, 0.5],
      clip: [1, 0, 0, 0.25],
    });
    expect([image.range, image.triangles]).toEqual([[4, 4], 2]);
  });

  test('that meets nothing is an error that says where the mesh is', () => {
    expect(() => renderMesh(cube(), { slice: [0, 0, 2, 5], path: 'case.vtu' })).toThrow(
      'The plane (0, 0, 2) · x = 5 meets no cell of case.vtu: along the normal its points lie from 0 to 2.',
    );
  });

  test.each(['slice', 'clip'] as const)('a %s without a normal is an error', (option) => {
    expect(() => renderMesh(cube(), { [option]: [0, 0, 0, 1] })).toThrow(
      `${option} is 0, 0, 0, 1; a plane is four`,
    );
  });
});
