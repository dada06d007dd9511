import { FormatError, isVascuError } from '../core/errors.ts';
import type { Mesh, MeshOptions, MeshReader, RandomAccess, Tensor } from '../core/mesh.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type ArrayHeader, arrayHeaders } from './array-header.ts';
import { checkPiecePath, readParallel } from './pvtu.ts';
import { ArrayReader } from './vtk-xml/array-reader.ts';
import { readFieldData } from './vtk-xml/field-data.ts';
import { FileWindow } from './vtk-xml/file-window.ts';
import { readHeader } from './vtk-xml/header.ts';
import type { FileLayout, VtkXmlHeader } from './vtk-xml/header-model.ts';
import { joinPieces } from './vtk-xml/join-pieces.ts';
import { type Piece, readTensor } from './vtk-xml/piece-reader.ts';
import { readPolyPiece } from './vtp.ts';
import { readUnstructuredPiece } from './vtu.ts';

/** Without an option of another value, a file may unpack to this many times its size (and 64 MiB). */
const MAX_EXPANSION = 256;

/** How a VTK XML file is stored. */
export interface VtkHeader extends FileLayout {
  /** How its arrays are encoded, each way once. */
  readonly encodings: readonly ('ascii' | 'inline base64' | 'appended raw' | 'appended base64')[];
  /** Number of pieces in the file, or of piece files that it names. */
  readonly pieceCount: number;
  /** Names of the arrays of numbers over points, as its first piece has them or as it declares them for its pieces. */
  readonly pointArrays: readonly string[];
  /** Names of those over cells. */
  readonly cellArrays: readonly string[];
  /** Names of the arrays that it marks as ids, normals and the like: as something else than a field. Absent without any. */
  readonly markedArrays?: readonly string[] | undefined;
  /** Points and cells in all pieces; undefined where other files hold these. */
  readonly points: number | undefined;
  readonly cells: number | undefined;
  /** Type of the coordinates; undefined where there are none. */
  readonly pointType: string | undefined;
  /** What is said of each array; nothing of those in other files. */
  readonly arrays: readonly ArrayHeader[];
  /** Files that hold the pieces, as it names them. */
  readonly pieceFiles: readonly string[];
}

/**
 * Reads how a VTK XML file is stored, without its arrays.
 *
 * @throws FormatError when the file is no VTK XML file of a type that is read here
 */
export async function readVtkHeader(
  file: RandomAccess,
  options: Pick<MeshOptions, 'path' | 'signal'> = {},
): Promise<VtkHeader> {
  const header = await readHeader(new FileWindow(file, options.signal), options.path ?? 'mesh');
  const arrays = [
    ...header.fieldData.values(),
    ...header.pieces.flatMap(({ sections }) =>
      [...sections.values()].flatMap((section) => [...section.values()]),
    ),
  ];
  const names = {
    ascii: 'ascii',
    binary: 'inline base64',
    appended: header.appended?.encoding === 'raw' ? 'appended raw' : 'appended base64',
  } as const;
  const namesFiles = header.layout.type === 'PUnstructuredGrid' || header.layout.type === 'PPolyData';
  const sum = (what: 'points' | 'cells'): number | undefined =>
    namesFiles ? undefined : header.pieces.reduce((total, { counts }) => total + counts[what], 0);
  const coordinates = header.pieces.map(({ sections }) => sections.get('Points')?.values().next().value);
  return {
    ...header.layout,
    points: sum('points'),
    cells: sum('cells'),
    pointType: coordinates.find((info) => info !== undefined)?.type,
    arrays: arrayHeaders(header),
    pieceFiles: header.pieces.map(({ source }) => source).filter((source) => source !== undefined),
    encodings: [...new Set(arrays.map(({ format }) => names[format]))],
    pieceCount: header.pieces.length,
    pointArrays: namesOf(header, 'PointData'),
    cellArrays: namesOf(header, 'CellData'),
    markedArrays: markedArrays(header),
  };
}

/** What an array can be active as that is no field (`vtkDataSetAttributes::AttributeTypes`). */
const MARKS: ReadonlySet<string> = new Set([
  'Normals',
  'TCoords',
  'GlobalIds',
  'PedigreeIds',
  'EdgeFlag',
  'Tangents',
  'HigherOrderDegrees',
  'ProcessIds',
]);

function markedArrays({ pieces, declared }: VtkXmlHeader): readonly string[] | undefined {
  const sections = [...pieces, declared].flatMap(({ active }) => [...active.values()]);
  const marked = sections.flatMap((section) => [...section].filter(([mark]) => MARKS.has(mark)));
  return marked.length === 0 ? undefined : [...new Set(marked.map(([, name]) => name))];
}

function namesOf({ pieces, declared }: VtkXmlHeader, section: 'PointData' | 'CellData'): readonly string[] {
  const infos = [...(pieces[0]?.sections.get(section)?.values() ?? [])];
  return [
    ...declared[section],
    ...infos.filter(({ type }) => type !== 'String' && type !== undefined).map(({ name }) => name),
  ];
}

/** An array of a file, of one piece of it where it has several. */
export interface ReadArray extends Pick<ArrayHeader, 'name' | 'on'> {
  readonly tensor: Tensor;
}

/** Reads the arrays of a file that are named, one after the other, and neither its points nor its cells. */
export async function* readVtkArrays(
  file: RandomAccess,
  names: ReadonlySet<string>,
  options: Pick<MeshOptions, 'path' | 'maxExpansion' | 'signal'> = {},
): AsyncGenerator<ReadArray, void, void> {
  const window = new FileWindow(file, options.signal);
  const header = await readHeader(window, options.path ?? 'mesh');
  const reader = makeReader(file, window, header, options);
  const groups = header.pieces.flatMap(({ sections, counts }) => [
    { on: 'node', infos: sections.get('PointData'), tuples: counts.points } as const,
    { on: 'cell', infos: sections.get('CellData'), tuples: counts.cells } as const,
  ]);
  for (const { on, infos, tuples } of [
    ...groups,
    { on: 'field', infos: header.fieldData, tuples: undefined } as const,
  ]) {
    for (const info of infos?.values() ?? []) {
      if (info.type === 'String' || info.type === undefined || !names.has(info.name)) continue;
      yield { name: info.name, on, tensor: await readTensor(reader, info, tuples ?? info.tuples) };
    }
  }
}

function makeReader(
  file: RandomAccess,
  window: FileWindow,
  header: VtkXmlHeader,
  options: MeshOptions,
): ArrayReader {
  const { path = 'mesh', signal, buffers, maxExpansion = MAX_EXPANSION } = options;
  const maxBytes = 64 * 1024 ** 2 + Math.max(4, maxExpansion) * file.size;
  const slice = new TimeSlice(signal);
  return new ArrayReader({ window, header, path, slice, maxBytes, buffers, signal, decodedBytes: 0 });
}

async function readPieces(
  file: RandomAccess,
  window: FileWindow,
  header: VtkXmlHeader,
  options: MeshOptions,
): Promise<{ mesh: Mesh; piece: Piece }> {
  const { path = 'mesh' } = options;
  const kind = header.layout.type === 'PolyData' ? 'PolyData' : 'UnstructuredGrid';
  const reader = makeReader(file, window, header, options);
  const attributes = options.attributes === undefined ? undefined : new Set(options.attributes);
  const read = kind === 'PolyData' ? readPolyPiece : readUnstructuredPiece;
  const pieces: Piece[] = [];
  for (const piece of header.pieces) pieces.push(await read({ reader, piece }, attributes));
  const piece = joinPieces(pieces, path);
  const { points, cells, pointData, cellData } = piece;
  const fieldData = await readFieldData(reader);
  return { mesh: { kind, points, cells, pointData, cellData, fieldData }, piece };
}

async function read(file: RandomAccess, options: MeshOptions = {}): Promise<Mesh> {
  const { path = 'mesh', openSibling, signal } = options;
  signal?.throwIfAborted();
  const window = new FileWindow(file, signal);
  const header = await readHeader(window, path);
  if (!header.layout.type.startsWith('P') || header.layout.type === 'PolyData') {
    return (await readPieces(file, window, header, options)).mesh;
  }
  if (openSibling === undefined) {
    throw new FormatError('names files that hold its pieces, which cannot be opened from here', { path });
  }
  return readParallel(header, path, async (source) => {
    const piecePath = checkPiecePath(source, options);
    const name = `${path.replace(/[^/\\]*$/, '')}${piecePath}`;
    const pieceFile = await openSibling(piecePath, signal).catch((cause: unknown) => {
      if (!isVascuError(cause, 'NOT_FOUND')) throw cause;
      throw new FormatError(`names the piece ${piecePath}, which does not exist`, { path }, { cause });
    });
    const pieceWindow = new FileWindow(pieceFile, signal);
    const pieceHeader = await readHeader(pieceWindow, name);
    if (pieceHeader.layout.type.startsWith('PU') || pieceHeader.layout.type.startsWith('PP')) {
      throw new FormatError('is named as a piece but names pieces itself', { path: name });
    }
    return readPieces(pieceFile, pieceWindow, pieceHeader, { ...options, path: name });
  });
}

/** VTK XML: `.vtu`, `.vtp` and their parallel forms; what a file is, is told by its content. */
export const vtkXmlReader: MeshReader = { extensions: ['.vtu', '.vtp', '.pvtu', '.pvtp'], read };

/** All formats that are read. */
export const meshReaders: readonly MeshReader[] = [vtkXmlReader];
