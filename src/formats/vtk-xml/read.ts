import { FormatError, isVascuError } from '../../core/errors.ts';
import { leftOutKey } from '../../core/left-out-arrays.ts';
import type { LeftOutArray, Mesh, RandomAccess, SiblingFile } from '../../core/mesh.ts';
import type { ReadArray, ReadMeshFileOptions } from '../../core/mesh-format.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { ArrayReader } from './array-reader.ts';
import { readFieldData } from './field-data.ts';
import { checkFileEnd } from './file-end.ts';
import { FileWindow } from './file-window.ts';
import { readHeader } from './header.ts';
import { sectionDetails } from './header-facts.ts';
import type { ArrayInfo, VtkXmlHeader } from './header-model.ts';
import { isCollection } from './header-summary.ts';
import { joinPieces, type NamedPiece } from './join-pieces.ts';
import { VTK_XML } from './name.ts';
import { readTensor, type WantedArrays } from './piece-reader.ts';
import { checkPiecePath, type PieceFile, type ReadPiece, readParallel, toMesh } from './pvtu.ts';
import { readPolyPiece } from './vtp.ts';
import { readUnstructuredPiece } from './vtu.ts';

/** Without an option of another value, a file may unpack to this many times its size (and 64 MiB). */
const MAX_EXPANSION = 256;

/** Opened file whose header is known. */
export interface OpenedFile {
  readonly file: RandomAccess;
  readonly window: FileWindow;
  readonly header: VtkXmlHeader;
  /** How messages name it. */
  readonly path: string;
}

/**
 * Reads the arrays of a file, one after the other, and neither its points nor its cells.
 *
 * @param names - undefined: all
 */
export async function* readArrays(
  opened: OpenedFile,
  names: ReadonlySet<string> | undefined,
  options: Pick<ReadMeshFileOptions, 'maxExpansion' | 'signal'>,
): AsyncGenerator<ReadArray, void, void> {
  const { header } = opened;
  const reader = makeReader(opened, options);
  const groups = header.pieces.flatMap(({ sections, counts }) => [
    { on: 'node', infos: sections.get('PointData'), tuples: counts.points } as const,
    { on: 'cell', infos: sections.get('CellData'), tuples: counts.cells } as const,
  ]);
  for (const { on, infos, tuples } of [
    ...groups,
    { on: 'field', infos: header.fieldData, tuples: undefined } as const,
  ]) {
    for (const info of infos?.values() ?? []) {
      if (info.type === 'String' || info.type === undefined || names?.has(info.name) === false) continue;
      yield { name: info.name, on, tensor: await readTensor(reader, info, tuples ?? info.tuples) };
    }
  }
}

function makeReader(
  { file, window, header, path }: OpenedFile,
  options: Pick<ReadMeshFileOptions, 'maxExpansion' | 'buffers' | 'signal'>,
): ArrayReader {
  const { signal, buffers, maxExpansion = MAX_EXPANSION } = options;
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
  opened: OpenedFile,
  options: ReadMeshFileOptions,
  { wanted, onLeftOut }: Request,
): Promise<PieceFile> {
  const { header, path } = opened;
  const kind = header.layout.type === 'PolyData' ? 'PolyData' : 'UnstructuredGrid';
  const reader = makeReader(opened, options);
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
function tellOnce(tell: ReadMeshFileOptions['onLeftOut']): Request['onLeftOut'] {
  const told = new Set<string>();
  return (array) => {
    const key = leftOutKey(array);
    if (told.has(key)) return;
    told.add(key);
    tell?.(array);
  };
}

/** Reads the mesh of a file, and of those that it names. */
export async function readFile(opened: OpenedFile, options: ReadMeshFileOptions): Promise<Mesh> {
  const { header, path } = opened;
  const { openSibling, attributes, strings = true, signal } = options;
  const wanted = { names: attributes === undefined ? undefined : new Set(attributes), strings };
  const onLeftOut = tellOnce(options.onLeftOut);
  if (!isCollection(header)) {
    const { kind, piece, ...field } = await readPieces(opened, options, { wanted, onLeftOut });
    return toMesh(kind, piece, field.fieldData, field.fieldDetails);
  }
  if (openSibling === undefined) {
    throw new FormatError('names files that hold its pieces, which cannot be opened from here', { path });
  }
  const readPiece: ReadPiece = async (source, inPieces) => {
    const piecePath = checkPiecePath(source, path);
    const name = `${path.replace(/[^/\\]*$/, '')}${piecePath}`;
    const file = await openSibling(piecePath, signal).catch((cause: unknown) => {
      if (!isVascuError(cause, 'NOT_FOUND')) throw cause;
      throw new FormatError(`names the piece ${piecePath}, which does not exist`, { path }, { cause });
    });
    const piece = await openPiece(file, name, signal);
    if (isCollection(piece.header)) {
      throw new FormatError('is named as a piece but names pieces itself', { path: name });
    }
    return readPieces(piece, options, { wanted: inPieces, onLeftOut });
  };
  const fieldData = await readFieldData(makeReader(opened, options));
  for (const array of header.extras) onLeftOut(array);
  return readParallel({ header, path, fieldData, readPiece }, wanted, onLeftOut);
}

/** Opens a file that holds a piece; its header is not read again where it came with the file. */
async function openPiece(
  file: SiblingFile,
  path: string,
  signal: AbortSignal | undefined,
): Promise<OpenedFile> {
  const window = new FileWindow(file, signal);
  const known = file.parsed?.format === VTK_XML ? (file.parsed.value as VtkXmlHeader) : undefined;
  const header = known ?? (await readHeader(window, path, { headOnly: true }));
  if (header.appended !== undefined) await checkFileEnd(file, path, signal);
  return { file, window, header, path };
}
