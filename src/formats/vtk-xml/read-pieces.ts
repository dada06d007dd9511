import { loadOnce } from '../../core/load-once.ts';
import type { LeftOutArray, Mesh, RandomAccess, SectionDetails } from '../../core/mesh.ts';
import type { ReadMeshFileOptions } from '../../core/mesh-format.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { sectionDetails, withDetails } from '../arrays/section-details.ts';
import { tellLeftOut } from '../arrays/tell-left-out.ts';
import type { ArraySelection } from '../arrays/wanted-values.ts';
import { ArrayReader } from './array-reader.ts';
import { readFieldData } from './field-data.ts';
import type { FileWindow } from './file-window.ts';
import type { ArrayInfo, VtkXmlHeader } from './header-model.ts';
import type { NamedPiece } from './join-pieces.ts';
import type { Piece } from './piece-reader.ts';
import { readPolyPiece } from './vtp.ts';
import { readUnstructuredPiece } from './vtu.ts';

/** Loader of the code that joins pieces, of which most files have one. */
const loadJoining = loadOnce(() => import('./join-pieces.ts'));

/** Multiple of its size (and 64 MiB) that a file may unpack to without an option of another value. */
const MAX_EXPANSION = 256;

/** Opened file whose header is known. */
export interface OpenedVtkXml {
  readonly file: RandomAccess;
  readonly window: FileWindow;
  readonly header: VtkXmlHeader;
  /** Name of the file in messages. */
  readonly path: string;
}

/** Content that is read of one piece file. */
export interface PieceFile {
  readonly kind: Mesh['kind'];
  readonly piece: Piece;
  readonly fieldData: Mesh['fieldData'];
  readonly fieldDetails: SectionDetails;
  /** Lists the names of all arrays that it has, read or not. */
  namesOf(section: 'PointData' | 'CellData'): readonly string[];
}

/** Makes what reads the arrays of a file. */
export function makeReader(
  { file, window, header, path }: OpenedVtkXml,
  options: Pick<ReadMeshFileOptions, 'maxExpansion' | 'buffers' | 'signal'>,
): ArrayReader {
  const { signal, buffers, maxExpansion = MAX_EXPANSION } = options;
  const maxBytes = 64 * 1024 ** 2 + Math.max(4, maxExpansion) * file.size;
  const slice = new TimeSlice(signal);
  return new ArrayReader({ window, header, path, slice, maxBytes, buffers, signal, decodedBytes: 0 });
}

/** Wish of a read, and where it tells of what it leaves out. */
export interface ReadRequest {
  readonly wanted: ArraySelection;
  readonly onLeftOut: (array: LeftOutArray) => void;
}

/** Reads the pieces that lie in a file and joins them. */
export async function readPieces(
  opened: OpenedVtkXml,
  options: ReadMeshFileOptions,
  { wanted, onLeftOut }: ReadRequest,
): Promise<PieceFile> {
  const { header, path } = opened;
  const kind = header.layout.type === 'PolyData' ? 'PolyData' : 'UnstructuredGrid';
  const reader = makeReader(opened, options);
  const read = kind === 'PolyData' ? readPolyPiece : readUnstructuredPiece;
  const pieces: NamedPiece[] = [];
  for (const [index, piece] of header.pieces.entries())
    pieces.push({ name: `number ${index + 1}`, piece: await read({ reader, piece }, wanted) });
  const [only] = pieces;
  const joining = { path, wanted, onLeftOut };
  const piece =
    only !== undefined && pieces.length === 1
      ? only.piece
      : (await loadJoining()).joinPieces(pieces, joining);
  const fieldData = await readFieldData(reader);
  const sections = [
    { on: 'node', arrays: arraysOf(header, 'PointData') },
    { on: 'cell', arrays: arraysOf(header, 'CellData') },
  ] as const;
  tellLeftOut({ extras: header.extras, sections }, wanted, onLeftOut);
  return {
    kind,
    piece,
    fieldData,
    fieldDetails: sectionDetails(header.fieldData.values()),
    namesOf: (section) => arraysOf(header, section).map(({ name }) => name),
  };
}

/** Lists the arrays that the pieces of a file have, each once. */
function arraysOf({ pieces }: VtkXmlHeader, section: 'PointData' | 'CellData'): readonly ArrayInfo[] {
  const found = new Map<string, ArrayInfo>();
  for (const { sections } of pieces)
    for (const info of sections.get(section)?.values() ?? [])
      if (!found.has(info.name)) found.set(info.name, info);
  return [...found.values()];
}

/** Makes a mesh of what was read. */
export function toMesh(
  kind: Mesh['kind'],
  { points, cells, pointData, cellData, details }: Piece,
  fieldData: Mesh['fieldData'],
  fieldDetails: SectionDetails,
): Mesh {
  const mesh = { kind, points, cells, pointData, cellData, fieldData };
  return withDetails(mesh, { ...details, fieldData: fieldDetails });
}
