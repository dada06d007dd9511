import { CellType, type CellTypeNumber } from '../../core/cell-types.ts';
import type { Cells } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';

/** Cells joined between two looks at the clock. */
const CELLS_PER_STEP = 2 ** 18;

/** Group of cells of PolyData: their types by their number of points, and the type of those of more. */
export interface PolyGroup {
  readonly types: readonly CellTypeNumber[];
  readonly other: CellTypeNumber;
}

/** The groups of cells of PolyData in VTK's order of cell numbers, with the cell type of each number of points. */
export const POLY_GROUPS: Readonly<Record<'verts' | 'lines' | 'polys' | 'strips', PolyGroup>> = {
  verts: { types: [CellType.Empty, CellType.Vertex], other: CellType.PolyVertex },
  lines: { types: [CellType.Empty, CellType.Vertex, CellType.Line], other: CellType.PolyLine },
  polys: {
    types: [CellType.Empty, CellType.Vertex, CellType.Line, CellType.Triangle, CellType.Quad],
    other: CellType.Polygon,
  },
  strips: { types: [CellType.Empty], other: CellType.TriangleStrip },
};

/** Cells of one group: their points, and where each begins. */
export interface PolyPart extends Pick<Cells, 'connectivity' | 'offsets'> {
  readonly group: PolyGroup;
}

/** Joins the cells of the groups of PolyData, in the order of their numbers. What is one group keeps its memory. */
export async function joinPolyGroups(parts: readonly PolyPart[], slice: TimeSlice): Promise<Cells> {
  const [only] = parts;
  const isOne = parts.length === 1 && only !== undefined;
  const count = parts.reduce((sum, { offsets }) => sum + offsets.length - 1, 0);
  const length = parts.reduce((sum, { connectivity }) => sum + connectivity.length, 0);
  const cells = {
    types: new Uint8Array(count),
    connectivity: isOne ? only.connectivity : new Int32Array(length),
    offsets: isOne ? only.offsets : new Int32Array(count + 1),
  };
  let cell = 0;
  let start = 0;
  for (const { connectivity, offsets, group } of parts) {
    if (!isOne) cells.connectivity.set(connectivity, start);
    for (let index = 1; index < offsets.length; index++, cell++) {
      const end = offsets[index] as number;
      cells.types[cell] = group.types[end - (offsets[index - 1] as number)] ?? group.other;
      if (!isOne) cells.offsets[cell + 1] = start + end;
      if (cell % CELLS_PER_STEP === CELLS_PER_STEP - 1) await slice.pause();
    }
    start += connectivity.length;
  }
  return cells;
}
