import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { colorAt } from '../../src/render/color.ts';
import type { Image } from '../../src/render/image.ts';
import { renderMesh } from '../../src/render/render-mesh.ts';
import type { RenderOptions } from '../../src/render/render-options.ts';
import { cellsOf, type TestCell } from '../graph/edge-reference.ts';

function meshOf(
  places: readonly (readonly number[])[],
  cells: readonly TestCell[],
  points: Readonly<Record<string, readonly number[] | Tensor>> = {},
): Mesh {
  const tensor = (values: readonly number[] | Tensor): Tensor =>
    'data' in values ? values : { data: Float64Array.from(values), shape: [values.length] };
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: cellsOf(cells),
    pointData: new Map(Object.entries(points).map(([name, values]) => [name, tensor(values)])),
    cellData: new Map(),
    fieldData: new Map(),
  };
}

const corners = [
  [0, 0, 0],
  [2, 0, 0],
  [0, 1, 0],
];
const face = { type: CellType.Triangle, points: [0, 1, 2] };
const triangle = (points: Parameters<typeof meshOf>[2]): Mesh => meshOf(corners, [face], points);
const plain: RenderOptions = { width: 400, height: 300, lighting: false };

/** Colours that more than a few pixels of a picture have, but for white. */
function colors({ data }: Image): string[] {
  const counts = new Map<string, number>();
  for (let at = 0; at < data.length; at += 4) {
    const color = data.subarray(at, at + 3).join();
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return [...counts]
    .filter(([color, count]) => count > 1000 && color !== '255,255,255')
    .map(([color]) => color);
}

describe('an array of one value', () => {
  test.each<[string, number, string]>([
    ['a pressure', 101_325, '101325'],
    ['zero', 0, '0'],
    ['a negative one', -2.5, '-2.5'],
    ['a small one', 3e-12, '3e-12'],
    ['a large one', 4e9, '4e9'],
  ])('%s has a bar of one colour and one label', (_, value, text) => {
    const image = renderMesh(triangle({ p: [value, value, value] }), { ...plain, attribute: 'p' });
    expect(image.range).toEqual([value, value]);
    expect(image.labels).toEqual([{ value, text }]);
    expect(image.warnings).toEqual([]);
    expect(colors(image)).toHaveLength(1);
    const found = (colors(image)[0] as string).split(',').map(Number);
    expect(
      Math.max(...colorAt('viridis', 0.5).map((each, at) => Math.abs(each - (found[at] as number)))),
    ).toBeLessThan(3);
  });

  test('on a logarithmic scale, too', () => {
    const image = renderMesh(triangle({ p: [7, 7, 7] }), { ...plain, attribute: 'p', logScale: true });
    expect([image.range, image.labels]).toEqual([[7, 7], [{ value: 7, text: '7' }]]);
  });

  test('beside values that are not finite', () => {
    const image = renderMesh(triangle({ p: [7, Number.NaN, 7] }), { ...plain, attribute: 'p' });
    expect(image.labels).toEqual([{ value: 7, text: '7' }]);
  });

  test('has the range that was asked for', () => {
    const image = renderMesh(triangle({ p: [7, 7, 7] }), { ...plain, attribute: 'p', range: [0, 10] });
    expect(image.range).toEqual([0, 10]);
  });
});

describe('an array without a value', () => {
  test.each<[string, readonly number[], boolean, RegExp]>([
    ['NaN only', [Number.NaN, Number.NaN, Number.NaN], false, /No value of "p" that is seen is finite/],
    ['infinities', [Infinity, -Infinity, Number.NaN], false, /No value of "p" that is seen is finite/],
    ['none that has a logarithm', [-1, 0, -3], true, /No value of "p" that is seen is positive and finite/],
  ])('%s has neither range nor labels, and that is said', (_, values, logScale, message) => {
    const image = renderMesh(triangle({ p: values }), {
      ...plain,
      attribute: 'p',
      logScale,
      nanColor: '#123456',
    });
    expect([image.range, image.labels]).toEqual([undefined, undefined]);
    expect(image.warnings).toEqual([expect.stringMatching(message)]);
    expect(colors(image)).toEqual([[0x12, 0x34, 0x56].join()]);
  });
});

describe('a mesh of no extent', () => {
  test.each<[string, Mesh]>([
    ['one point', meshOf([[1, 2, 3]], [{ type: CellType.Vertex, points: [0] }])],
    [
      'a triangle whose corners are one place',
      meshOf(
        [1, 1, 1].map(() => [5, 5, 5]),
        [face],
      ),
    ],
  ])('%s is drawn, and that is said', (_, mesh) => {
    expect(renderMesh(mesh, plain).warnings).toEqual(['All points that are drawn lie at one place.']);
  });

  test.each<[string, Mesh, RegExp]>([
    ['no points', meshOf([], []), /has no points and no cells, so there is nothing to draw/],
    ['points without cells', meshOf(corners, []), /has 3 points but no cells/],
    [
      'no point with finite coordinates',
      meshOf(
        [
          [Number.NaN, 0, 0],
          [1, Infinity, 0],
          [0, 1, -Infinity],
        ],
        [face],
      ),
      /No point of mesh has finite coordinates/,
    ],
    [
      'cells of no points',
      meshOf(corners, [{ type: CellType.Empty, points: [] }]),
      /no cells that can be seen/,
    ],
  ])('%s is an error that says so', (_, mesh, message) => {
    expect(() => renderMesh(mesh, plain)).toThrow(message);
  });

  test('points at no place are counted', () => {
    const mesh = meshOf(
      [...corners, [Number.NaN, 9, 9]],
      [face, { type: CellType.Triangle, points: [1, 2, 3] }],
    );
    const image = renderMesh(mesh, plain);
    expect(image.warnings).toEqual([
      expect.stringMatching(/^1 of 4 points have a coordinate that is not finite/),
    ]);
    // What lies at no place widens nothing.
    expect(colors(image)).toEqual(colors(renderMesh(triangle({}), plain)));
  });
});

test('labels are those beside the bar, absent where there is none', () => {
  const mesh = triangle({ p: [0, 1e6, 2e6] });
  const image = renderMesh(mesh, { ...plain, attribute: 'p' });
  expect(image.labels?.map(({ text }) => text)).toEqual(['0', '5e5', '1e6', '1.5e6', '2e6']);
  expect(renderMesh(mesh, { ...plain, attribute: 'p', scalarBar: false }).labels).toBeUndefined();
  expect(renderMesh(mesh, plain).labels).toBeUndefined();
});

/** Rightmost column and the bottom and top rows that are not white. */
function ink({ width, height, data }: Image, left: number): { right: number; rows: boolean[] } {
  const rows = Array.from({ length: height }, () => false);
  let right = 0;
  for (let y = 0; y < height; y++) {
    for (let x = left; x < width; x++) {
      if (data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3).join() === '255,255,255') continue;
      right = Math.max(right, x);
      rows[y] = true;
    }
  }
  return { right, rows };
}

test.each([
  [300, 200],
  [320, 240],
  [1200, 800],
])('the longest labels are not cut in %d × %d pixels', (width, height) => {
  const low = -1e-30;
  const mesh = triangle({ p: [low, low * (1 + 1e-7), low] });
  const image = renderMesh(mesh, { width, height, attribute: 'p' });
  expect(image.labels?.[0]?.text.length).toBeGreaterThan(12);
  expect(ink(image, Math.round(width / 2)).right).toBeLessThan(width - 4);
});

test('labels have room between each other in a low picture', () => {
  const mesh = triangle({ p: [0, 0.5, 1] });
  for (const height of [40, 60, 90, 150]) {
    const { labels = [] } = renderMesh(mesh, { width: 300, height, attribute: 'p', scalarBar: true });
    expect(labels.length).toBeGreaterThan(0);
    expect((labels.length - 1) * 11).toBeLessThanOrEqual(0.56 * height);
  }
});
