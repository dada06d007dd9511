import { CellType } from '../core/cell-types.ts';
import type { FormatError } from '../core/errors.ts';
import type { Cells } from '../core/mesh.ts';
import { type PieceContext, pieceError, readAllOrFirst, requiredArray } from './vtk-xml/piece-reader.ts';

type Faces = Required<Pick<Cells, 'faces' | 'faceOffsets'>>;

/**
 * Reads the faces of the polyhedra of a piece.
 *
 * @throws FormatError when arrays are missing, too short or point outside of each other or the mesh
 */
export async function readFaces(context: PieceContext, types: Uint8Array): Promise<Faces> {
  const { reader, piece } = context;
  const { values: faceOffsets } = await reader.readInt32(requiredArray(context, 'Cells', 'faceoffsets'), {
    expected: types.length,
  });
  const { values: faces } = await readAllOrFirst(context, 'Cells', 'faces', {
    expected: () => faceOffsets.reduce((most, end) => Math.max(most, end), 0),
    asker: 'faceoffsets asks for',
  });
  let at = 0;
  for (let cell = 0; cell < types.length; cell++) {
    const end = faceOffsets[cell] as number;
    if (end < 0 && types[cell] !== CellType.Polyhedron) continue;
    const fault = (problem: string): FormatError =>
      pieceError(context, `has a polyhedron (cell ${cell}) ${problem}`, 'faces');
    if (end <= at || end > faces.length)
      throw fault(`whose face offset ${end} is not in ${at + 1} … ${faces.length}`);
    const faceCount = faces[at++] as number;
    for (let face = 0; face < faceCount; face++) {
      if (at >= end) throw fault(`with fewer faces than the ${faceCount} it declares`);
      const size = faces[at++] as number;
      if (size < 0 || size > end - at) throw fault(`with a face of ${size} points`);
      for (const last = at + size; at < last; at++) {
        if ((faces[at] as number) >>> 0 >= piece.counts.points) {
          throw fault(`with the point index ${faces[at]}; there are ${piece.counts.points} points`);
        }
      }
    }
    if (at !== end) throw fault('whose faces end before its face offset');
  }
  return { faces: at === faces.length ? faces : faces.slice(0, at), faceOffsets };
}
