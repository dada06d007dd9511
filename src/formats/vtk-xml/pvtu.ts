import { FormatError } from '../../core/errors.ts';
import type { Mesh } from '../../core/mesh.ts';
import { sectionDetails } from '../arrays/section-details.ts';
import type { ArraySelection } from '../arrays/wanted-values.ts';
import type { VtkXmlHeader } from './header-model.ts';
import { type JoinOptions, joinPieces, type NamedPiece } from './join-pieces.ts';
import { type PieceFile, toMesh } from './read-pieces.ts';

/** Reads one piece file, of its arrays over points and cells those that are named. */
export type ReadPiece = (piecePath: string, wanted: ArraySelection) => Promise<PieceFile>;

/** A file that names others. */
export interface ParallelFile {
  readonly header: VtkXmlHeader;
  readonly path: string;
  /** Arrays of the whole mesh that it holds itself. */
  readonly fieldData: Mesh['fieldData'];
  readonly readPiece: ReadPiece;
}

/**
 * Reads the pieces that a `.pvtu` or `.pvtp` file names and joins them to one mesh. Of the arrays in the pieces
 * those are kept that the file declares and that every piece has. Of arrays of the whole mesh that of the last file
 * counts, as in VTK.
 *
 * @throws FormatError when a piece is missing, or not of the declared kind
 * @throws NotFoundError when a piece lacks an array that is named
 */
export async function readParallel(
  { header, path, fieldData: own, readPiece }: ParallelFile,
  wanted: ArraySelection,
  onLeftOut: JoinOptions['onLeftOut'],
): Promise<Mesh> {
  const { declared } = header;
  const kind = header.layout.type === 'PUnstructuredGrid' ? 'UnstructuredGrid' : 'PolyData';
  const all = new Set([...declared.PointData.keys(), ...declared.CellData.keys()]);
  const { names = all } = wanted;
  const inPieces = { ...wanted, names: new Set([...names].filter((name) => all.has(name))) };
  const pieces: NamedPiece[] = [];
  const fieldData = new Map(own);
  const fieldDetails = new Map(sectionDetails(header.fieldData.values()).arrays);
  for (const { source, tagOffset } of header.pieces) {
    if (source === undefined)
      throw new FormatError('has a Piece without Source', { path, offset: tagOffset });
    const file = await readPiece(source, inPieces);
    if (file.kind !== kind)
      throw new FormatError(`names the piece ${source}, which is ${file.kind}`, { path, offset: tagOffset });
    for (const [name, array] of file.fieldData) fieldData.set(name, array);
    for (const [name, details] of file.fieldDetails.arrays) fieldDetails.set(name, details);
    pieces.push({ name: source, piece: file.piece });
    for (const section of ['PointData', 'CellData'] as const) {
      if (section === 'PointData' && !wanted.pointArrays) continue;
      for (const name of file.namesOf(section)) {
        if (declared[section].has(name) || wanted.names?.has(name) === false) continue;
        const on = section === 'PointData' ? 'node' : 'cell';
        onLeftOut({ name, on, reason: 'undeclared', what: source });
      }
    }
  }
  const piece = joinPieces(pieces, { path, declared, wanted, onLeftOut });
  return toMesh(kind, piece, fieldData, { arrays: fieldDetails, active: new Map() });
}

/**
 * Checks the path of a piece and gives it relative to the file that names it.
 *
 * @throws FormatError when it leads out of that file's folder
 */
export function checkPiecePath(source: string, path: string): string {
  const steps = source.split(/[/\\]/);
  const safe =
    source !== '' &&
    !source.includes('\0') &&
    !/^[/\\]|^[a-z][a-z0-9+.-]*:/i.test(source) &&
    !steps.includes('..');
  if (safe) return steps.filter((step) => step !== '.' && step !== '').join('/');
  throw new FormatError(
    `names the piece "${source.slice(0, 200)}", which is not below the file's own folder`,
    { path },
  );
}
