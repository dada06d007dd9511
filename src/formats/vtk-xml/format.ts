import { FormatError, isVascuError } from '../../core/errors.ts';
import { leftOutKey } from '../../core/left-out-arrays.ts';
import type { LeftOutArray, Mesh, MeshOptions, MeshReader, RandomAccess } from '../../core/mesh.ts';
import type { ArrayHeader, MeshHeader, ReadArray } from '../../core/mesh-format.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { arrayHeaders, declaredHeaders } from './array-header.ts';
import { ArrayReader } from './array-reader.ts';
import { readFieldData } from './field-data.ts';
import { FileWindow } from './file-window.ts';
import { readHeader } from './header.ts';
import { sectionDetails } from './header-facts.ts';
import type { ArrayInfo, VtkXmlHeader } from './header-model.ts';
import { joinPieces, type NamedPiece } from './join-pieces.ts';
import { readTensor, type WantedArrays } from './piece-reader.ts';
import { checkPiecePath, type PieceFile, type ReadPiece, readParallel, toMesh } from './pvtu.ts';
import { readPolyPiece } from './vtp.ts';
import { readUnstructuredPiece } from './vtu.ts';

/** Without an option of another value, a file may unpack to this many times its size (and 64 MiB). */
const MAX_EXPANSION = 256;

/**
 * Reads how a VTK XML file is stored, without its arrays.
 *
 * @throws FormatError when the file is no VTK XML file of a type that is read here
 */
export async function readVtkHeader(
  file: RandomAccess,
  options: Pick<MeshOptions, 'path' | 'signal'> = {},
): Promise<MeshHeader> {
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
  const said = { ...arrayHeaders(header), declared: declaredHeaders(header) };
  return {
    format: 'VTK XML',
    ...header.layout,
    size: file.size,
    ...said,
    points: sum('points'),
    cells: sum('cells'),
    pointType: coordinates.find((info) => info !== undefined)?.type,
    pieceFiles: header.pieces.map(({ source }) => source).filter((source) => source !== undefined),
    encodings: [...new Set(arrays.map(({ format }) => names[format]))],
    pieceCount: header.pieces.length,
    pointArrays: namesOf('node', said),
    cellArrays: namesOf('cell', said),
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

function namesOf(
  on: ArrayHeader['on'],
  { arrays, declared }: Pick<MeshHeader, 'arrays' | 'declared'>,
): readonly string[] {
  const all = [...declared, ...arrays].filter((array) => array.on === on && array.type !== 'String');
  return all.map(({ name }) => name);
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

/** What a read is to give, and where it tells of what it leaves out. */
interface Request {
  readonly wanted: WantedArrays;
  readonly onLeftOut: (array: LeftOutArray) => void;
}

async function readPieces(
  file: RandomAccess,
  window: FileWindow,
  header: VtkXmlHeader,
  options: MeshOptions,
  { wanted, onLeftOut }: Request,
): Promise<PieceFile> {
  const { path = 'mesh' } = options;
  const kind = header.layout.type === 'PolyData' ? 'PolyData' : 'UnstructuredGrid';
  const reader = makeReader(file, window, header, options);
  const read = kind === 'PolyData' ? readPolyPiece : readUnstructuredPiece;
  const pieces: NamedPiece[] = [];
  for (const [index, piece] of header.pieces.entries())
    pieces.push({ name: `number ${index + 1}`, piece: await read({ reader, piece }, wanted) });
  const piece = joinPieces(pieces, { path, wanted: wanted.names, strings: wanted.strings, onLeftOut });
  const fieldData = await readFieldData(reader);
  for (const array of header.extras)
    if (array.on === 'field' || (wanted.names?.has(array.name) ?? true)) onLeftOut(array);
  if (!wanted.strings) {
    for (const section of ['PointData', 'CellData'] as const) {
      const on = section === 'PointData' ? 'node' : 'cell';
      for (const { name, type } of arraysOf(header, section)) {
        if (type === 'String' && wanted.names?.has(name) !== false)
          onLeftOut({ name, on, reason: 'strings' });
      }
    }
  }
  return {
    kind,
    piece,
    fieldData,
    fieldDetails: sectionDetails(header.fieldData.values(), undefined),
    namesOf: (section) => arraysOf(header, section).map(({ name }) => name),
  };
}

/** The arrays that the pieces of a file have, each once. */
function arraysOf({ pieces }: VtkXmlHeader, section: 'PointData' | 'CellData'): readonly ArrayInfo[] {
  const found = new Map<string, ArrayInfo>();
  for (const { sections } of pieces)
    for (const info of sections.get(section)?.values() ?? [])
      if (!found.has(info.name)) found.set(info.name, info);
  return [...found.values()];
}

/** Tells of each thing once, however many pieces have it. */
function tellOnce(tell: MeshOptions['onLeftOut']): Request['onLeftOut'] {
  const told = new Set<string>();
  return (array) => {
    const key = leftOutKey(array);
    if (told.has(key)) return;
    told.add(key);
    tell?.(array);
  };
}

async function read(file: RandomAccess, options: MeshOptions = {}): Promise<Mesh> {
  const { path = 'mesh', openSibling, attributes, strings = true, signal } = options;
  signal?.throwIfAborted();
  const window = new FileWindow(file, signal);
  const header = await readHeader(window, path);
  const wanted = { names: attributes === undefined ? undefined : new Set(attributes), strings };
  const onLeftOut = tellOnce(options.onLeftOut);
  if (!header.layout.type.startsWith('P') || header.layout.type === 'PolyData') {
    const { kind, piece, ...field } = await readPieces(file, window, header, options, { wanted, onLeftOut });
    return toMesh(kind, piece, field.fieldData, field.fieldDetails);
  }
  if (openSibling === undefined) {
    throw new FormatError('names files that hold its pieces, which cannot be opened from here', { path });
  }
  const readPiece: ReadPiece = async (source, inPieces) => {
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
    const inOptions = { ...options, path: name };
    return readPieces(pieceFile, pieceWindow, pieceHeader, inOptions, { wanted: inPieces, onLeftOut });
  };
  const fieldData = await readFieldData(makeReader(file, window, header, options));
  for (const array of header.extras) onLeftOut(array);
  return readParallel({ header, path, fieldData, readPiece }, wanted, onLeftOut);
}

/** VTK XML: `.vtu`, `.vtp` and their parallel forms; what a file is, is told by its content. */
export const vtkXmlReader: MeshReader = { extensions: ['.vtu', '.vtp', '.pvtu', '.pvtp'], read };

/** All formats that are read. */
export const meshReaders: readonly MeshReader[] = [vtkXmlReader];
