import { CellType, cellPointCount, cellTypeName } from '../../core/cell-types.ts';
import type { Cells } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { allEqual } from '../kernels/narrow.ts';

/** Cells checked between two looks at the clock. */
const CELLS_PER_STEP = 2 ** 18;

/** Points of each cell type; −1 where not fixed, −2 where VTK has no such type. */
const pointCounts = Int8Array.from({ length: 256 }, (_, type) =>
  cellTypeName(type) === undefined ? -2 : (cellPointCount(type) ?? -1),
);

/** Input and findings of a check of cell types. */
export interface TypeCheck {
  /** Points of each cell where all have the same number, else negative. */
  readonly pointsPerCell: number;
  readonly slice: TimeSlice;
  /** Makes the error for a cell that cannot be. */
  fail(problem: string): Error;
}

/**
 * Checks that each type is one of VTK's and has its number of points.
 *
 * @returns which types there are: 1 at each of them
 */
export async function checkCellTypes(
  { types, offsets }: Pick<Cells, 'types' | 'offsets'>,
  { pointsPerCell, slice, fail }: TypeCheck,
): Promise<Uint8Array<ArrayBuffer>> {
  const present = new Uint8Array(256);
  const [first = 0] = types;
  if (pointsPerCell >= 0 && pointsPerCell === pointCounts[first] && allEqual(types)) {
    present[first] = 1;
    return present;
  }
  for (let start = 0; start < types.length; start += CELLS_PER_STEP) {
    const end = Math.min(start + CELLS_PER_STEP, types.length);
    for (let cell = start; (cell = firstUnlike(types, offsets, cell, end, present)) < end; cell++) {
      const type = types[cell] as number;
      const wanted = pointCounts[type] as number;
      const size = (offsets[cell + 1] as number) - (offsets[cell] as number);
      // Some writers store open curves of many points as Line; VTK reads them.
      if (wanted === -1 || (type === CellType.Line && size > wanted)) continue;
      throw fail(
        wanted === -2
          ? `has the cell type ${type} (cell ${cell}), which VTK does not know`
          : `has a ${cellTypeName(type)} (cell ${cell}) of ${size} points instead of ${wanted}`,
      );
    }
    await slice.pause();
  }
  return present;
}

/** Finds the first cell from `start` that has not the fixed number of points of its type, or `end`. */
function firstUnlike(
  types: Uint8Array,
  offsets: Int32Array,
  start: number,
  end: number,
  present: Uint8Array,
): number {
  let from = offsets[start] as number;
  for (let cell = start; cell < end; cell++) {
    const to = offsets[cell + 1] as number;
    const type = types[cell] as number;
    present[type] = 1;
    if (to - from !== pointCounts[type]) return cell;
    from = to;
  }
  return end;
}

/**
 * Gives Lagrange hexahedra of old files (VTK XML below 2.1, legacy below 5.1) the node numbering that VTK has since 9.0: the nodes
 * inside the last two of the four edges along the third axis change places.
 */
export function renumberLagrangeHexahedra({ types, connectivity, offsets }: Cells): void {
  for (let cell = 0; cell < types.length; cell++) {
    if (types[cell] !== CellType.LagrangeHexahedron) continue;
    const start = offsets[cell] as number;
    const size = (offsets[cell + 1] as number) - start;
    const inside = Math.round(Math.cbrt(size)) - 2;
    if (inside < 1 || (inside + 2) ** 3 !== size) continue;
    const third = start + 8 + 10 * inside;
    const moved = connectivity.slice(third, third + inside);
    connectivity.copyWithin(third, third + inside, third + 2 * inside);
    connectivity.set(moved, third + inside);
  }
}
