import { FormatError } from '../core/errors.ts';
import type { Mesh, MeshOptions } from '../core/mesh.ts';
import type { VtkXmlHeader } from './vtk-xml/header-model.ts';
import { joinPieces } from './vtk-xml/join-pieces.ts';
import type { Piece } from './vtk-xml/piece-reader.ts';

/** Reads the mesh that one piece file holds. */
export type ReadPiece = (piecePath: string) => Promise<{ readonly mesh: Mesh; readonly piece: Piece }>;

/**
 * Reads the pieces that a `.pvtu` or `.pvtp` file names and joins them to one mesh. Of the arrays in the pieces
 * those are kept that the file declares.
 *
 * @throws FormatError when a piece is missing, not of the declared kind, or lacks a declared array
 */
export async function readParallel(header: VtkXmlHeader, path: string, readPiece: ReadPiece): Promise<Mesh> {
  const kind = header.layout.type === 'PUnstructuredGrid' ? 'UnstructuredGrid' : 'PolyData';
  const pieces: Piece[] = [];
  let fieldData: Mesh['fieldData'] | undefined;
  for (const { source, tagOffset } of header.pieces) {
    if (source === undefined)
      throw new FormatError('has a Piece without Source', { path, offset: tagOffset });
    const { mesh, piece } = await readPiece(source);
    if (mesh.kind !== kind)
      throw new FormatError(`names the piece ${source}, which is ${mesh.kind}`, { path, offset: tagOffset });
    fieldData ??= mesh.fieldData.size > 0 ? mesh.fieldData : undefined;
    const keep = (data: Piece['pointData'], names: readonly string[]): Piece['pointData'] =>
      new Map([...data].filter(([name]) => names.includes(name)));
    pieces.push({
      ...piece,
      pointData: keep(piece.pointData, header.declared.PointData),
      cellData: keep(piece.cellData, header.declared.CellData),
    });
  }
  const { points, cells, pointData, cellData } = joinPieces(pieces, path);
  return { kind, points, cells, pointData, cellData, fieldData: fieldData ?? new Map() };
}

/**
 * The path of a piece relative to the file that names it.
 *
 * @throws FormatError when it leads out of that file's folder
 */
export function checkPiecePath(source: string, options: Pick<MeshOptions, 'path'>): string {
  const steps = source.split(/[/\\]/);
  const safe =
    source !== '' &&
    !source.includes('\0') &&
    !/^[/\\]|^[a-z][a-z0-9+.-]*:/i.test(source) &&
    !steps.includes('..');
  if (safe) return steps.filter((step) => step !== '.' && step !== '').join('/');
  throw new FormatError(
    `names the piece "${source.slice(0, 200)}", which is not below the file's own folder`,
    {
      path: options.path ?? 'mesh',
    },
  );
}
