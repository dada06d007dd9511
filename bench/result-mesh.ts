import { CellType, type Mesh, type Tensor } from '../src/mesh.ts';

/** As solvers write them: doubles over points, with vectors and tensors, or floats over points and cells. */
export type ResultKind = 'doubles' | 'floats';

/** Twelve fields: their names, components and whether they are over cells. */
const FIELDS: Readonly<Record<ResultKind, readonly (readonly [string, number, boolean?])[]>> = {
  doubles: [
    ['Pressure', 1],
    ['Velocity', 3],
    ['Displacement', 3],
    ['Acceleration', 3],
    ['WSS', 3],
    ['Traction', 3],
    ['Vorticity', 3],
    ['Energy_flux', 3],
    ['Viscosity', 1],
    ['Divergence', 1],
    ['Stress', 6],
    ['Strain', 6],
  ],
  floats: [
    ['Pressure', 1],
    ['Velocity', 3],
    ['Vorticity', 3],
    ['WSS', 1],
    ['OSI', 1],
    ['Density', 1],
    ['Viscosity', 1],
    ['Residence', 1],
    ['Temperature', 1],
    ['Quality', 1, true],
    ['Partition', 1, true],
    ['Region', 1, true],
  ],
};

/** Five tetrahedra a brick. */
const TETRAHEDRA = [0, 1, 3, 4, 1, 2, 3, 6, 1, 4, 5, 6, 3, 4, 6, 7, 1, 3, 4, 6];

/**
 * A block of about so many nodes, cut into tetrahedra, with smooth fields and a little noise.
 *
 * @param step - of time: the mesh is that of every step, the fields are not
 */
export function makeResult(nodes: number, kind: ResultKind, step = 0): Mesh {
  const side = Math.round(Math.cbrt(nodes));
  const count = side ** 3;
  const numbers = kind === 'doubles' ? Float64Array : Float32Array;
  const points = new numbers(3 * count);
  for (let node = 0; node < count; node++) {
    points[3 * node] = (node % side) / side + 1e-4 * noise(3 * node);
    points[3 * node + 1] = (Math.floor(node / side) % side) / side + 1e-4 * noise(3 * node + 1);
    points[3 * node + 2] = Math.floor(node / side ** 2) / side + 1e-4 * noise(3 * node + 2);
  }
  const cells = 5 * (side - 1) ** 3;
  const connectivity = new Int32Array(4 * cells);
  let at = 0;
  for (let brick = 0; brick < (side - 1) ** 3; brick++) {
    const x = brick % (side - 1);
    const y = Math.floor(brick / (side - 1)) % (side - 1);
    const z = Math.floor(brick / (side - 1) ** 2);
    const base = x + side * (y + side * z);
    const layer = side ** 2;
    const corners = [0, 1, 1 + side, side, layer, 1 + layer, 1 + side + layer, side + layer];
    for (const corner of TETRAHEDRA) connectivity[at++] = base + (corners[corner] as number);
  }
  const field = (rows: number, components: number, seed: number): Tensor => {
    const data = new numbers(rows * components);
    for (let index = 0; index < data.length; index++) {
      data[index] =
        100 * Math.sin(step / 10 + index / (1000 + 77 * seed)) +
        0.01 * noise(index * (seed + 1) + 7919 * step);
    }
    return { data, shape: components === 1 ? [rows] : [rows, components] };
  };
  const dataOf = (overCells: boolean, rows: number): Map<string, Tensor> =>
    new Map(
      FIELDS[kind]
        .filter(([, , over = false]) => over === overCells)
        .map(([name, components], seed) => [name, field(rows, components, seed)]),
    );
  return {
    kind: 'UnstructuredGrid',
    points: { data: points, shape: [count, 3] },
    cells: {
      types: new Uint8Array(cells).fill(CellType.Tetra),
      connectivity,
      offsets: Int32Array.from({ length: cells + 1 }, (_, cell) => 4 * cell),
    },
    pointData: dataOf(false, count),
    cellData: dataOf(true, cells),
    fieldData: new Map(),
  };
}

/** −1 … 1, by chance but the same each time. */
function noise(index: number): number {
  let mixed = Math.imul(index + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 31 - 1;
}
