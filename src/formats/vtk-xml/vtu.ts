import { CellType } from '../../core/cell-types.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { Cells } from '../../core/mesh.ts';
import { checkCellTypes, renumberLagrangeHexahedra } from '../arrays/vtk-cells.ts';
import type { ArraySelection } from '../arrays/wanted-values.ts';
import {
  type Connectivity,
  isFileBelow,
  type Piece,
  type PieceContext,
  pieceError,
  readConnectivity,
  readPiece,
  readTogether,
  requiredArray,
} from './piece-reader.ts';

/** Loader of the code that reads faces, which few meshes have. */
const loadPolyhedra = loadOnce(() => import('./polyhedra.ts'));

/**
 * Reads one piece of an UnstructuredGrid.
 *
 * @throws FormatError when arrays are missing, have another length or point outside the mesh
 */
export function readUnstructuredPiece(context: PieceContext, wanted: ArraySelection): Promise<Piece> {
  return readPiece(context, wanted, { groups: [context.piece.counts.cells], readCells });
}

async function readCells(context: PieceContext): Promise<Cells> {
  const count = context.piece.counts.cells;
  if (count === 0)
    return { types: new Uint8Array(0), connectivity: new Int32Array(0), offsets: new Int32Array(1) };
  const [types, { connectivity, offsets, pointsPerCell }] = await readTogether<
    [Uint8Array<ArrayBuffer>, Connectivity]
  >(
    () => readTypes(context, count),
    () => readConnectivity(context, 'Cells', count),
  );
  const present = await checkCellTypes(
    { types, offsets },
    {
      pointsPerCell,
      slice: context.reader.context.slice,
      fail: (problem) => pieceError(context, problem, 'types'),
    },
  );
  if (present[CellType.LagrangeHexahedron] === 1 && isFileBelow(context, 2, 1)) {
    renumberLagrangeHexahedra({ types, connectivity, offsets });
  }
  if (present[CellType.Polyhedron] !== 1) return { types, connectivity, offsets };
  const { readFaces } = await loadPolyhedra();
  return { types, connectivity, offsets, ...(await readFaces(context, types)) };
}

async function readTypes(context: PieceContext, count: number): Promise<Uint8Array<ArrayBuffer>> {
  const { reader } = context;
  const info = requiredArray(context, 'Cells', 'types');
  if (info.type === 'UInt8') return (await reader.readStored(info, count)) as Uint8Array<ArrayBuffer>;
  const { values } = await reader.readInt32(info, { expected: count });
  const wrong = values.findIndex((type) => type < 0 || type > 255);
  if (wrong >= 0)
    throw pieceError(context, `has the cell type ${values[wrong]}, which VTK does not know`, 'types');
  return Uint8Array.from(values);
}
