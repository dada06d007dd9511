import { CellType } from '../../core/cell-types.ts';
import type { Cells } from '../../core/mesh.ts';
import {
  type Piece,
  type PieceContext,
  readConnectivity,
  readPiece,
  type WantedArrays,
} from './piece-reader.ts';

/** The groups of cells of PolyData in VTK's order of cell numbers, with the cell type of each number of points. */
const groups = [
  { section: 'Verts', count: 'verts', types: [CellType.Empty, CellType.Vertex], other: CellType.PolyVertex },
  {
    section: 'Lines',
    count: 'lines',
    types: [CellType.Empty, CellType.Vertex, CellType.Line],
    other: CellType.PolyLine,
  },
  {
    section: 'Polys',
    count: 'polys',
    types: [CellType.Empty, CellType.Vertex, CellType.Line, CellType.Triangle, CellType.Quad],
    other: CellType.Polygon,
  },
  { section: 'Strips', count: 'strips', types: [CellType.Empty], other: CellType.TriangleStrip },
] as const;

/**
 * Reads one piece of PolyData: cells in the order verts, lines, polys, strips.
 *
 * @throws FormatError when arrays are missing, have another length or point outside the mesh
 */
export function readPolyPiece(context: PieceContext, wanted: WantedArrays): Promise<Piece> {
  const counts = groups.map(({ count }) => context.piece.counts[count]);
  return readPiece(context, wanted, { groups: counts, readCells });
}

async function readCells(context: PieceContext): Promise<Cells> {
  const { counts } = context.piece;
  const parts = [];
  for (const { section, count, types, other } of groups) {
    if (counts[count] === 0) continue;
    parts.push({ ...(await readConnectivity(context, section, counts[count])), types, other });
  }
  const length = parts.reduce((sum, { connectivity }) => sum + connectivity.length, 0);
  const [only] = parts;
  const cells = {
    types: new Uint8Array(counts.cells),
    connectivity: parts.length === 1 && only !== undefined ? only.connectivity : new Int32Array(length),
    offsets: parts.length === 1 && only !== undefined ? only.offsets : new Int32Array(counts.cells + 1),
  };
  let cell = 0;
  let start = 0;
  for (const { connectivity, offsets, types, other } of parts) {
    if (parts.length > 1) cells.connectivity.set(connectivity, start);
    for (let index = 1; index < offsets.length; index++, cell++) {
      const end = offsets[index] as number;
      cells.types[cell] = types[end - (offsets[index - 1] as number)] ?? other;
      if (parts.length > 1) cells.offsets[cell + 1] = start + end;
    }
    start += connectivity.length;
    await context.reader.context.slice.pause();
  }
  return cells;
}
