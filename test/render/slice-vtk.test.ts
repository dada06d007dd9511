import { beforeAll, expect, test } from 'vitest';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import type { Plane } from '../../src/render/plane.ts';
import { sliceMesh } from '../../src/render/slice-mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { measureSlice, numbersOf } from './slice-measure.ts';

type Arrays = Readonly<Record<'linear' | 'bent' | 'count', readonly number[]>>;

interface OracleCut {
  readonly plane: Plane;
  readonly area: number;
  readonly length: number;
  readonly moment: number;
  readonly places: readonly (readonly number[])[];
  readonly arrays: Partial<Arrays>;
  readonly owners: readonly number[];
}

interface OracleMesh {
  readonly name: string;
  readonly places: readonly (readonly number[])[];
  readonly types: readonly number[];
  readonly points: readonly (readonly number[])[];
  readonly faces: readonly number[];
  readonly faceOffsets: readonly number[];
  readonly arrays: Arrays;
  readonly cuts: readonly OracleCut[];
}

/** Meshes of cells without points in their sides: VTK's points are those where edges of cells meet the plane. */
const straight = [
  'tetra',
  'voxel',
  'hexahedron',
  'wedge',
  'pyramid',
  'polyhedron',
  'mixed',
  'prisms',
  'flat cells, lines and points',
];

/** Of them those that VTK cuts into smaller cells. */
const cutInside = ['polyhedron', 'mixed', 'prisms', 'flat cells, lines and points'];

const curved = [
  'QuadraticEdge',
  'QuadraticTriangle',
  'QuadraticQuad',
  'BiQuadraticQuad',
  'BiQuadraticTriangle',
  'QuadraticLinearQuad',
  'QuadraticTetra',
  'QuadraticHexahedron',
  'QuadraticWedge',
  'QuadraticPyramid',
  'TriQuadraticHexahedron',
  'QuadraticLinearWedge',
  'BiQuadraticQuadraticWedge',
  'BiQuadraticQuadraticHexahedron',
];

function meshOf({ places, types, points, faces, faceOffsets, arrays }: OracleMesh): Mesh {
  const tensor = (
    values: readonly number[],
    make: Float64ArrayConstructor | Int32ArrayConstructor,
  ): Tensor => ({
    data: make.from(values),
    shape: [values.length],
  });
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.from(places.flat()), shape: [places.length, 3] },
    cells: {
      ...cellsOf(types.map((type, cell) => ({ type, points: points[cell] as number[] }))),
      faces: Int32Array.from(faces),
      faceOffsets: Int32Array.from(faceOffsets),
    },
    pointData: new Map([
      ['linear', tensor(arrays.linear, Float64Array)],
      ['bent', tensor(arrays.bent, Float64Array)],
      ['count', tensor(arrays.count, Int32Array)],
    ]),
    cellData: new Map([
      [
        'cell',
        tensor(
          types.map((_, cell) => cell),
          Int32Array,
        ),
      ],
    ]),
    fieldData: new Map(),
  };
}

const linearAt = (places: ArrayLike<number>, point: number): number =>
  2 * (places[3 * point] as number) -
  (places[3 * point + 1] as number) +
  0.5 * (places[3 * point + 2] as number) +
  1;

/** VTK computes points of tetrahedra, hexahedra, wedges and pyramids in Float32. */
const TOLERANCE = 1e-6;

describeWithVtk('slices beside vtkCutter', () => {
  let oracle: readonly OracleMesh[];
  beforeAll(() => {
    oracle = runVtk('slice_oracle.py') as typeof oracle;
  });
  const find = (name: string): OracleMesh => oracle.find((mesh) => mesh.name === name) as OracleMesh;

  test.each(straight)('%s: the same points and values', (name) => {
    const mesh = find(name);
    for (const { plane, places, arrays } of mesh.cuts) {
      const slice = sliceMesh(meshOf(mesh), plane);
      const { data } = slice.points;
      const met = new Set<number>();
      for (let point = 0; 3 * point < data.length; point++) {
        const off = places.map((place) =>
          Math.hypot(...place.map((value, axis) => value - (data[3 * point + axis] as number))),
        );
        const nearest = off.indexOf(Math.min(...off));
        expect(off[nearest]).toBeLessThan(TOLERANCE);
        for (const [index, each] of off.entries()) if (each < TOLERANCE) met.add(index);
        for (const array of ['linear', 'bent', 'count'] as const) {
          const value = numbersOf(slice.pointData.get(array))[point] as number;
          // Of some cells VTK rounds whole numbers, of the others it does not.
          const isWhole = arrays[array]?.every(Number.isInteger) === true;
          expect(Math.abs(value - (arrays[array]?.[nearest] as number)), array).toBeLessThan(
            isWhole ? 0.5 + TOLERANCE : 2 * TOLERANCE * Math.max(1, Math.abs(value)),
          );
        }
      }
      // VTK cuts some cells into tetrahedra, whose edges inside have points as well.
      if (!cutInside.includes(name)) expect(met.size).toBe(places.length);
    }
  });

  test.each([...straight, ...curved])(
    '%s: the same area and length, of the same cells, with a linear field on it',
    (name) => {
      const mesh = find(name);
      for (const { plane, area, length, moment, owners } of mesh.cuts) {
        const slice = sliceMesh(meshOf(mesh), plane);
        const [nx, ny, nz, d] = plane;
        const linear = numbersOf(slice.pointData.get('linear'));
        const { data } = slice.points;
        for (let point = 0; 3 * point < data.length; point++) {
          const [x, y, z] = data.subarray(3 * point, 3 * point + 3) as unknown as [number, number, number];
          expect(Math.abs(nx * x + ny * y + nz * z - d)).toBeLessThan(1e-9);
          expect(Math.abs((linear[point] as number) - linearAt(data, point))).toBeLessThan(1e-9);
        }
        const ours = measureSlice(slice, 'linear');
        const where = `${name}, ${plane.join()}`;
        expect(Math.abs(ours.area - area), where).toBeLessThan(TOLERANCE * area + 1e-9);
        expect(ours.length, where).toBeCloseTo(length, 9);
        expect(Math.abs(ours.moment - moment), where).toBeLessThan(TOLERANCE * Math.abs(moment) + 1e-9);
        // Of quadratic cells VTK 9.1 leaves cell data unset.
        if (straight.includes(name))
          expect(new Set(numbersOf(slice.cellData.get('cell'))), where).toEqual(new Set(owners));
      }
    },
  );
});
