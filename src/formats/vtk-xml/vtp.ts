import type { Cells } from '../../core/mesh.ts';
import { joinPolyGroups, POLY_GROUPS, type PolyPart } from '../arrays/poly-groups.ts';
import type { ArraySelection } from '../arrays/wanted-values.ts';
import { type Piece, type PieceContext, readConnectivity, readPiece } from './piece-reader.ts';

/** Sections of the groups of cells, in VTK's order of cell numbers. */
const groups = [
  { section: 'Verts', count: 'verts', group: POLY_GROUPS.verts },
  { section: 'Lines', count: 'lines', group: POLY_GROUPS.lines },
  { section: 'Polys', count: 'polys', group: POLY_GROUPS.polys },
  { section: 'Strips', count: 'strips', group: POLY_GROUPS.strips },
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
  const parts: PolyPart[] = [];
  for (const { section, count, group } of groups) {
    if (counts[count] > 0)
      parts.push({ ...(await readConnectivity(context, section, counts[count])), group });
  }
  return joinPolyGroups(parts, context.reader.context.slice);
}
