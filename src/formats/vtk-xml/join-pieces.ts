import { FormatError } from '../../core/errors.ts';
import type { Cells, Tensor, TypedArray } from '../../core/mesh.ts';
import type { Piece } from './piece-reader.ts';

/** Rows `start … end − 1` of a tensor of some piece. */
interface Rows {
  readonly tensor: Tensor;
  readonly start: number;
  readonly end: number;
}

/** Cells `start … end − 1` of a piece. */
interface CellRange {
  readonly piece: Piece;
  readonly start: number;
  readonly end: number;
}

/**
 * Joins pieces to one mesh: points in the order of the pieces; cells too, but group by group, so that PolyData
 * keeps the order verts, lines, polys, strips. Pieces without points need not have any arrays.
 *
 * @throws FormatError when an array is not in every piece, or not of one type and number of components
 */
export function joinPieces(pieces: readonly Piece[], path: string): Piece {
  const filled = pieces.filter(({ points, cells }) => points.data.length > 0 || cells.types.length > 0);
  const [first = pieces[0], ...others] = filled;
  if (first === undefined) throw new FormatError('has no pieces', { path });
  if (others.length === 0) return first;
  const ranges = first.groups.flatMap((_, group) =>
    filled.map((piece) => {
      const start = piece.groups.slice(0, group).reduce((sum, count) => sum + count, 0);
      return { piece, start, end: start + (piece.groups[group] as number) };
    }),
  );
  const pointRows = (piece: Piece, tensor: Tensor): Rows => ({
    tensor,
    start: 0,
    end: piece.points.shape[0] as number,
  });
  return {
    points: joinRows(
      filled.map((piece) => pointRows(piece, piece.points)),
      'Points',
      path,
    ) as Piece['points'],
    cells: joinCells(filled, ranges),
    groups: first.groups.map((_, group) =>
      filled.reduce((sum, { groups }) => sum + (groups[group] as number), 0),
    ),
    pointData: joinData(first.pointData, path, (name) =>
      filled.map((piece) => pointRows(piece, required(piece.pointData, name, path))),
    ),
    cellData: joinData(first.cellData, path, (name) =>
      ranges.map(({ piece, start, end }) => ({ tensor: required(piece.cellData, name, path), start, end })),
    ),
  };
}

function required(data: ReadonlyMap<string, Tensor>, name: string, path: string): Tensor {
  const tensor = data.get(name);
  if (tensor === undefined) throw new FormatError('is not in every piece', { path, array: name });
  return tensor;
}

function joinData(
  names: ReadonlyMap<string, Tensor>,
  path: string,
  rowsOf: (name: string) => readonly Rows[],
): ReadonlyMap<string, Tensor> {
  return new Map([...names.keys()].map((name) => [name, joinRows(rowsOf(name), name, path)]));
}

function joinRows(rows: readonly Rows[], name: string, path: string): Tensor {
  const tensors = rows.map(({ tensor }) => tensor);
  const [first] = tensors as [Tensor];
  const width = first.shape[1] ?? 1;
  const length = rows.reduce((sum, { start, end }) => sum + (end - start), 0);
  if (tensors.some(({ shape, storedAs }) => (shape[1] ?? 1) !== width || storedAs !== first.storedAs)) {
    throw new FormatError('has another type or number of components in another piece', { path, array: name });
  }
  const shape = first.shape.length === 1 ? [length] : [length, width];
  const data = emptyLike(tensors, length * width, name, path);
  let at = 0;
  for (const { tensor, start, end } of rows) {
    const part = tensor.data.subarray(start * width, end * width);
    const exact = data instanceof BigInt64Array || data instanceof BigUint64Array;
    if (exact && part instanceof Float64Array) data.set(Array.from(part, BigInt), at);
    else data.set(part as never, at);
    at += part.length;
  }
  return first.storedAs === undefined ? { data, shape } : { data, shape, storedAs: first.storedAs };
}

/** An array that holds the values of all `tensors` exactly. */
function emptyLike(tensors: readonly Tensor[], length: number, name: string, path: string): TypedArray {
  const kinds = new Set(tensors.map(({ data }) => data.constructor));
  const widest =
    tensors.find(({ data }) => typeof data[0] === 'bigint') ??
    tensors.find(({ data }) => data instanceof Float64Array);
  const { data, storedAs } = (widest ?? tensors[0]) as Tensor;
  const mixable =
    storedAs !== undefined || [...kinds].every((kind) => kind === Float32Array || kind === Float64Array);
  if (kinds.size > 1 && !mixable) {
    throw new FormatError('has another type in another piece', { path, array: name });
  }
  return new (data.constructor as new (length: number) => TypedArray)(length);
}

function joinCells(pieces: readonly Piece[], ranges: readonly CellRange[]): Cells {
  const firstPoint = new Map<Piece, number>();
  let points = 0;
  for (const piece of pieces) {
    firstPoint.set(piece, points);
    points += piece.points.shape[0] as number;
  }
  const count = pieces.reduce((sum, { cells }) => sum + cells.types.length, 0);
  const types = new Uint8Array(count);
  const offsets = new Int32Array(count + 1);
  const connectivity = new Int32Array(pieces.reduce((sum, { cells }) => sum + cells.connectivity.length, 0));
  let cell = 0;
  let at = 0;
  for (const { piece, start, end } of ranges) {
    const { cells } = piece;
    const base = firstPoint.get(piece) as number;
    types.set(cells.types.subarray(start, end), cell);
    const from = cells.offsets[start] as number;
    const to = cells.offsets[end] as number;
    for (let index = start + 1; index <= end; index++)
      offsets[++cell] = at + (cells.offsets[index] as number) - from;
    for (let index = from; index < to; index++)
      connectivity[at++] = (cells.connectivity[index] as number) + base;
  }
  const joined = { types, connectivity, offsets };
  return pieces.some(({ cells }) => cells.faces !== undefined)
    ? { ...joined, ...joinFaces(pieces, firstPoint) }
    : joined;
}

/** Joins the faces of polyhedra; these occur in UnstructuredGrid only, where there is one group of cells. */
function joinFaces(
  pieces: readonly Piece[],
  firstPoint: ReadonlyMap<Piece, number>,
): Pick<Cells, 'faces' | 'faceOffsets'> {
  const faces = new Int32Array(pieces.reduce((sum, { cells }) => sum + (cells.faces?.length ?? 0), 0));
  const faceOffsets = new Int32Array(pieces.reduce((sum, { cells }) => sum + cells.types.length, 0)).fill(-1);
  let cell = 0;
  let start = 0;
  for (const piece of pieces) {
    const { cells } = piece;
    const base = firstPoint.get(piece) as number;
    let at = 0;
    for (let index = 0; index < cells.types.length; index++, cell++) {
      const end = cells.faceOffsets?.[index] ?? -1;
      if (end < 0 || cells.faces === undefined) continue;
      faceOffsets[cell] = start + end;
      let faceCount = (faces[start + at] = cells.faces[at] as number);
      for (at++; faceCount > 0; faceCount--) {
        const size = (faces[start + at] = cells.faces[at] as number);
        at++;
        for (const last = at + size; at < last; at++) faces[start + at] = (cells.faces[at] as number) + base;
      }
    }
    start += cells.faces?.length ?? 0;
  }
  return { faces, faceOffsets };
}
