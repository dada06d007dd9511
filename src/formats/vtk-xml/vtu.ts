import { CellType, cellPointCount, cellTypeName } from '../../core/cell-types.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { Cells } from '../../core/mesh.ts';
import { allEqual } from '../kernels/narrow.ts';
import {
  type Connectivity,
  isVersionBelow,
  type Piece,
  type PieceContext,
  pieceError,
  readConnectivity,
  readPiece,
  readTogether,
  requiredArray,
  type WantedArrays,
} from './piece-reader.ts';

/** Loads the code that reads faces, which few meshes have. */
const loadPolyhedra = loadOnce(() => import('./polyhedra.ts'));

/** Cells checked between two looks at the clock. */
const STEP = 2 ** 18;

/** Points of each cell type; −1 where not fixed, −2 where VTK has no such type. */
const pointCounts = Int8Array.from({ length: 256 }, (_, type) =>
  cellTypeName(type) === undefined ? -2 : (cellPointCount(type) ?? -1),
);

/**
 * Reads one piece of an UnstructuredGrid.
 *
 * @throws FormatError when arrays are missing, have another length or point outside the mesh
 */
export function readUnstructuredPiece(context: PieceContext, wanted: WantedArrays): Promise<Piece> {
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
  const present = await checkTypes(context, types, offsets, pointsPerCell);
  if (present[CellType.LagrangeHexahedron] === 1 && isVersionBelow(context, 2, 1)) {
    renumberLagrangeHexahedra(types, connectivity, offsets);
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

/** Checks that each type is one of VTK's and has its number of points; returns which types there are. */
async function checkTypes(
  context: PieceContext,
  types: Uint8Array<ArrayBuffer>,
  offsets: Int32Array,
  pointsPerCell: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const present = new Uint8Array(256);
  const [first = 0] = types;
  if (pointsPerCell >= 0 && pointsPerCell === pointCounts[first] && allEqual(types)) {
    present[first] = 1;
    return present;
  }
  for (let start = 0; start < types.length; start += STEP) {
    const end = Math.min(start + STEP, types.length);
    for (let cell = start; (cell = firstUnlike(types, offsets, cell, end, present)) < end; cell++) {
      const type = types[cell] as number;
      const wanted = pointCounts[type] as number;
      const size = (offsets[cell + 1] as number) - (offsets[cell] as number);
      // Some writers store open curves of many points as Line; VTK reads them.
      if (wanted === -1 || (type === CellType.Line && size > wanted)) continue;
      const problem =
        wanted === -2
          ? `has the cell type ${type} (cell ${cell}), which VTK does not know`
          : `has a ${cellTypeName(type)} (cell ${cell}) of ${size} points instead of ${wanted}`;
      throw pieceError(context, problem, 'types');
    }
    await context.reader.context.slice.pause();
  }
  return present;
}

/** The first cell from `start` that has not the fixed number of points of its type, or `end`. */
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
 * Gives Lagrange hexahedra of files below version 2.1 the node numbering that VTK has since 9.0: the nodes
 * inside the last two of the four edges along the third axis change places.
 */
function renumberLagrangeHexahedra(types: Uint8Array, connectivity: Int32Array, offsets: Int32Array): void {
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
