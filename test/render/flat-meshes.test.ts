import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { colorAt } from '../../src/render/color.ts';
import type { Image } from '../../src/render/image.ts';
import { renderMesh } from '../../src/render/render-mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';

type Axis = 0 | 1 | 2;

interface Sheet {
  readonly right: Axis;
  readonly up: Axis;
  /** Where the sheet lies along the third axis. */
  readonly at?: number;
  /** How far points lie off it. */
  readonly off?: number;
  readonly size?: number;
}

/** A rectangle of 3 × 2 cells in a plane of two axes, twice as long as high; each cell has its number. */
function sheet({ right, up, at = 0, off = 0, size = 1 }: Sheet): Mesh {
  const places = Array.from({ length: 12 }, (_, point) => {
    const place = [0, 0, 0];
    place[right] = (size * 2 * (point % 4)) / 3;
    place[up] = (size * Math.floor(point / 4)) / 2;
    place[3 - right - up] = at + (point % 2 === 0 ? off : -off);
    return place;
  });
  const cells = Array.from({ length: 6 }, (_, cell) => {
    const corner = 4 * Math.floor(cell / 3) + (cell % 3);
    return { type: CellType.Quad, points: [corner, corner + 1, corner + 5, corner + 4] };
  });
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [12, 3] },
    cells: cellsOf(cells),
    pointData: new Map(),
    cellData: new Map([['number', { data: Float64Array.of(0, 1, 2, 3, 4, 5), shape: [6] }]]),
    fieldData: new Map(),
  };
}

const options = { attribute: 'number', width: 400, height: 300, lighting: false, scalarBar: false } as const;

/** The numbers of the cells that are seen in a picture that a sheet fills face on, row by row from the top. */
function seen({ width, data }: Image): number[] {
  return [0, 1, 2, 3, 4, 5].map((index) => {
    const x = Math.round(15 + (370 * (0.5 + (index % 3))) / 3);
    const y = Math.round(150 - 92.5 + 185 * (0.25 + 0.5 * Math.floor(index / 3)));
    const color = data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3);
    return [0, 1, 2, 3, 4, 5].findIndex((cell) => colorAt('viridis', cell / 5).join() === color.join());
  });
}

describe('a flat mesh is seen face on', () => {
  test.each<[string, Sheet]>([
    ['xy: x to the right, y up', { right: 0, up: 1 }],
    ['xz: x to the right, z up', { right: 0, up: 2 }],
    ['yz: y to the right, z up', { right: 1, up: 2 }],
    ['xy, far from zero', { right: 0, up: 1, at: 50 }],
    ['xz, below zero', { right: 0, up: 2, at: -3 }],
    ['xy with noise', { right: 0, up: 1, off: 1e-4 }],
    ['yz with noise, in micrometres', { right: 1, up: 2, off: 1e-10, size: 1e-6 }],
    ['xy, kilometres wide', { right: 0, up: 1, size: 1e3, off: 1e-3 }],
  ])('%s', (_, where) => {
    const mesh = sheet(where);
    const image = renderMesh(mesh, options);
    expect(seen(image)).toEqual([3, 4, 5, 0, 1, 2]);
    const view = where.up === 1 ? 'z' : where.right === 0 ? 'front' : 'x';
    const faceOn = renderMesh(mesh, { ...options, view });
    expect(Buffer.from(image.data).equals(Buffer.from(faceOn.data))).toBe(true);
  });

  test('upright pictures do not turn it', () => {
    const upright = renderMesh(sheet({ right: 0, up: 1 }), { ...options, width: 300, height: 400 });
    const columns = new Set<number>();
    for (let at = 0; at < upright.data.length; at += 4)
      if (upright.data[at + 1] !== 255) columns.add((at / 4) % 300);
    expect(columns.size).toBeGreaterThanOrEqual(269);
  });

  test('a view that is named is taken all the same', () => {
    const image = renderMesh(sheet({ right: 0, up: 1 }), { ...options, view: 'bottom' });
    expect(seen(image)).not.toEqual([3, 4, 5, 0, 1, 2]);
  });

  test('a mesh of some depth is turned, so that its depth shows', () => {
    const mesh = sheet({ right: 0, up: 1, off: 0.1 });
    expect(renderMesh(mesh, options).data).not.toEqual(renderMesh(mesh, { ...options, view: 'z' }).data);
  });
});
