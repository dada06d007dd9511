import type { BufferPool } from '../core/buffer-pool.ts';
import { CellType } from '../core/cell-types.ts';
import { bodyFaces, curvesByEnds, flatFaces } from '../core/face-tables.ts';
import type { Normalization } from '../core/graph.ts';
import type { Mesh, Tensor } from '../core/mesh.ts';

/** Number of cells handled between two yields. */
const CELLS_PER_STEP = 2 ** 14;

/** Number of corners of cells that have other points, too, by type; undefined where each point is one, or half of them are. */
let cornerCounts: readonly (number | undefined)[] | undefined;

function countCorners(): readonly (number | undefined)[] {
  return Array.from({ length: 256 }, (_, type) => {
    if (curvesByEnds.has(type)) return 2;
    const corners = bodyFaces.get(type)?.flatMap((face) => face.corners) ?? flatFaces.get(type)?.corners;
    return corners && Math.max(...corners) + 1;
  });
}

/**
 * Finds the middle of each cell, the mean of its corners; of quadratic and higher-order cells the corners alone count, of
 * strips, polygons, curves of many points and polyhedra each point. A cell without points lies at the origin, as in VTK.
 *
 * @param mesh - whose cells were checked
 * @param normalization - box by which the middles are mapped
 * @returns `[M, 3]`
 */
export function* centreSteps(
  { cells, points }: Pick<Mesh, 'cells' | 'points'>,
  normalization: Normalization | undefined,
  buffers: BufferPool | undefined,
): Generator<void, Tensor<Float32Array<ArrayBuffer>>> {
  const { length } = cells.types;
  const counts = (cornerCounts ??= countCorners());
  const data = new Float32Array(buffers?.take(12 * length) ?? new ArrayBuffer(12 * length));
  const box = normalization ?? { offset: [0, 0, 0], scale: 1 };
  for (let begin = 0; begin < length; begin += CELLS_PER_STEP) {
    const end = Math.min(begin + CELLS_PER_STEP, length);
    addCentres(cells, points.data, { begin, end, counts, box }, data);
    yield;
  }
  return { data, shape: [length, 3] };
}

interface CentreRun {
  readonly begin: number;
  readonly end: number;
  readonly counts: readonly (number | undefined)[];
  readonly box: Normalization;
}

function addCentres(
  { types, offsets, connectivity }: Mesh['cells'],
  points: Float32Array | Float64Array,
  { begin, end, counts, box }: CentreRun,
  centres: Float32Array,
): void {
  const { offset, scale } = box;
  const [left, front, bottom] = offset;
  for (let cell = begin; cell < end; cell++) {
    const first = offsets[cell] as number;
    const size = (offsets[cell + 1] as number) - first;
    const type = types[cell] as number;
    const half = type === CellType.QuadraticPolygon ? size / 2 : size;
    const count = Math.max(counts[type] ?? half, 1);
    const last = Math.min(first + count, first + size);
    let [x, y, z] = [0, 0, 0];
    for (let at = first; at < last; at++) {
      const point = 3 * (connectivity[at] as number);
      x += points[point] as number;
      y += points[point + 1] as number;
      z += points[point + 2] as number;
    }
    centres[3 * cell] = (x / count - left) / scale;
    centres[3 * cell + 1] = (y / count - front) / scale;
    centres[3 * cell + 2] = (z / count - bottom) / scale;
  }
}
