import type { Cells } from '../../core/mesh.ts';
import { POLY_GROUPS } from '../arrays/vtk-cells.ts';
import {
  type ArraySelection,
  type Piece,
  type PieceContext,
  readConnectivity,
  readPiece,
} from './piece-reader.ts';

/** Sections of the groups of cells, in VTK's order of cell numbers. */
const groups = [
  { section: 'Verts', count: 'verts', ...POLY_GROUPS.verts },
  { section: 'Lines', count: 'lines', ...POLY_GROUPS.lines },
  { section: 'Polys', count: 'polys', ...POLY_GROUPS.polys },
  { section: 'Strips', count: 'strips', ...POLY_GROUPS.strips },
] as const;

/**
 * Reads one piece of PolyData: cells in the order verts, lines, polys, strips.
 *
 * @throws FormatError when arrays are missing, have another length or point outside the mesh
 */
export function readPolyPiece(context: PieceContext, wanted: ArraySelection): Promise<Piece> {
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
