import { CellType } from '../../../src/core/cell-types.ts';
import type { Mesh, Tensor } from '../../../src/core/mesh.ts';
import { meshOf } from '../../render/make-mesh.ts';
import type { StagedSample } from './page-server.ts';

const tensor = (values: ArrayLike<number>, width = 1): Tensor => ({
  data: Float64Array.from(values),
  shape: width === 1 ? [values.length] : [values.length / width, width],
});

/** Block of tetrahedra, `size` bricks along each side of a box. */
function makeBlock(
  size: number,
  origin: readonly [number, number, number] = [0, 0, 0],
): { readonly mesh: Mesh; readonly places: readonly (readonly [number, number, number])[] } {
  const places: [number, number, number][] = [];
  const at = (x: number, y: number, z: number): number => x + (size + 1) * (y + (size + 1) * z);
  for (let z = 0; z <= size; z++)
    for (let y = 0; y <= size; y++)
      for (let x = 0; x <= size; x++)
        places.push([origin[0] + (2 * x) / size, origin[1] + y / size, origin[2] + (1.2 * z) / size]);
  const cells: { type: number; points: number[] }[] = [];
  for (let z = 0; z < size; z++)
    for (let y = 0; y < size; y++)
      for (let x = 0; x < size; x++) {
        const [a, b, c, d] = [at(x, y, z), at(x + 1, y, z), at(x + 1, y + 1, z), at(x, y + 1, z)];
        const [e, f, g, h] = [
          at(x, y, z + 1),
          at(x + 1, y, z + 1),
          at(x + 1, y + 1, z + 1),
          at(x, y + 1, z + 1),
        ];
        for (const points of [
          [a, b, c, g],
          [a, c, d, g],
          [a, d, h, g],
          [a, h, e, g],
          [a, e, f, g],
          [a, f, b, g],
        ])
          cells.push({ type: CellType.Tetra, points });
      }
  return { mesh: meshOf(places, cells), places };
}

/** Fields of a block: linear in its places, so that any right interpolation gives the same. */
function blockFields(
  places: readonly (readonly [number, number, number])[],
  numCells: number,
  shift = 0,
): Pick<Mesh, 'pointData' | 'cellData'> {
  return {
    pointData: new Map([
      ['pressure', tensor(places.map(([x, y, z]) => 100 + shift + 3 * x - 2 * y + z))],
      [
        'velocity',
        tensor(
          places.flatMap(([x, y, z]) => [x + shift, y - 0.5, 0.2 * z]),
          3,
        ),
      ],
      ['holes', tensor(places.map(([x]) => (x > 1.5 ? Number.NaN : x)))],
      ['positive', tensor(places.map(([x, y]) => 10 ** (2 * x + y - 3)))],
    ]),
    cellData: new Map([['stress', tensor(Array.from({ length: numCells }, (_, cell) => cell % 97))]]),
  };
}

/** Samples of the tests of the page. */
export function stageSamples(): readonly StagedSample[] {
  const block = makeBlock(6);
  const numCells = block.mesh.cells.types.length;
  const like = (shift: number): Mesh => ({ ...block.mesh, ...blockFields(block.places, numCells, shift) });
  const far = makeBlock(4, [1e7, -1e7, 1e7]);
  const other = makeBlock(5);
  const steps = Array.from(
    { length: 8 },
    (_, step) => new Map([['pressure', tensor(block.places.map(([x, y]) => 100 + step * x + y))]]),
  );
  const hostile = '<img src=x onerror=document.title="taken">';
  return [
    {
      id: 'case 1/a&b=#?',
      metadata: { patient_age: 61, site: 'ICA' },
      mesh: like(0),
      units: { pressure: 'mmHg', velocity: 'm/s' },
    },
    {
      id: 'case 2',
      metadata: { patient_age: 44, site: 'MCA' },
      mesh: like(0.25),
      units: { pressure: 'mmHg' },
    },
    {
      id: 'other mesh',
      metadata: { patient_age: 70 },
      mesh: { ...other.mesh, ...blockFields(other.places, other.mesh.cells.types.length) },
    },
    { id: 'beating', metadata: { patient_age: 50 }, mesh: like(0), steps, units: { pressure: 'Pa' } },
    {
      id: 'far',
      metadata: { patient_age: 30 },
      mesh: {
        ...far.mesh,
        pointData: new Map([['pressure', tensor(far.places.map(([x]) => 1e6 + 0.01 * (x - 1e7 - 1)))]]),
      },
    },
    {
      id: 'lines',
      mesh: meshOf(
        [
          [0, 0, 0],
          [1, 0, 0.5],
          [2, 0.5, 0],
          [1, 0, 1],
        ],
        [
          { type: CellType.PolyLine, points: [0, 1, 2] },
          { type: CellType.Vertex, points: [3] },
        ],
        { points: { t: [0, 1, 2, 3] } },
      ),
    },
    {
      id: 'all nan',
      mesh: { ...block.mesh, pointData: new Map([['nothing', tensor(block.places.map(() => Number.NaN))]]) },
    },
    {
      id: 'cut off',
      mesh: {
        code: 'FORMAT',
        message: 'cut.vtu: the block at byte 1024 is cut off: fetch the file again.',
        path: 'cut.vtu',
        offset: 1024,
      },
    },
    { id: 'empty', mesh: meshOf([[0, 0, 0]], []) },
    {
      id: hostile,
      metadata: { [hostile]: hostile },
      mesh: {
        ...block.mesh,
        pointData: new Map([
          [hostile, tensor(block.places.map(([x]) => x))],
          ['broken', tensor(block.places.map(([x]) => x))],
        ]),
      },
    },
    ...Array.from({ length: 30 }, (_, index) => ({
      id: `case ${index + 11}`,
      metadata: { patient_age: 20 + index },
      mesh: like(index / 10),
    })),
  ];
}
