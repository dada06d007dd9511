import { type ArrayMeasure, joinMeasures, measureSteps } from '../core/array-measure.ts';
import { FormatError, isVascuError } from '../core/errors.ts';
import { mapLimited } from '../core/limit.ts';
import type { RandomAccess } from '../core/mesh.ts';
import { resolveSibling } from '../core/safe-path.ts';
import type { ReadOptions } from '../core/source.ts';
import { TimeSlice } from '../core/time-slice.ts';
import { type ArrayHeader, joinRanges } from '../formats/array-header.ts';
import { planRead } from '../formats/read-plan.ts';
import { readVtkArrays, readVtkHeader, type VtkHeader } from '../formats/readers.ts';
import type { DataStreamer } from '../streamers/data-streamer.ts';
import { FileGroup } from '../streamers/file-group.ts';
import { retryGone } from '../streamers/gone-file.ts';
import { locateBeside, toLocalPath } from '../streamers/local-path.ts';

/** Piece files whose headers are read at a time. */
const PIECES_AT_ONCE = 4;

/** How a mesh file is stored. */
export interface MeshHeader extends VtkHeader {
  /** Bytes of the file; of its pieces no account is taken. */
  readonly size: number;
}

/**
 * Reads how a mesh file of this machine is stored, without its arrays.
 *
 * @param file - a path or a `file:` URL
 * @throws NotFoundError when there is no such file
 * @throws FormatError when it is no mesh file that can be read
 */
export async function readMeshHeader(file: string | URL, options: ReadOptions = {}): Promise<MeshHeader> {
  const path = toLocalPath(file);
  const files = new FileGroup(path, locateBeside(path));
  try {
    const access = await files.open(path, options.signal);
    return { ...(await readVtkHeader(access, { path, signal: options.signal })), size: access.size };
  } finally {
    await files.close();
  }
}

/** What is known of an array without reading all of its mesh. */
export interface MeasuredArray extends ArrayHeader {
  /** What its values are; where they were read. */
  readonly measure?: ArrayMeasure | undefined;
}

/** How a mesh file and its pieces are stored, and the ranges of its arrays. */
export interface MeasuredHeader extends MeshHeader {
  readonly arrays: readonly MeasuredArray[];
}

/** Options of {@link readMeshHeaderFrom}. */
export interface ReadMeshHeaderFromOptions extends ReadOptions {
  /**
   * Whether the arrays are read of which the header states no range, and measured. Their bytes are fetched, but neither
   * those of the points nor those of the cells. @defaultValue false
   */
  readonly measure?: boolean | undefined;
}

/**
 * Reads how a mesh file of a streamer's source is stored: of a large one only the first 64 KiB or so and the end are
 * fetched, unless its data stand between the tags. Of `.pvtu` and `.pvtp` the headers of the pieces are read as well.
 *
 * @param path - inside the source
 * @throws NotFoundError when there is no such file
 * @throws NetworkError, AuthError, IntegrityError when it cannot be fetched
 * @throws FormatError when it is no mesh file that can be read
 *
 * @example
 * const { points, cells, arrays } = await readMeshHeaderFrom(hub, 'cases/case_1.vtu');
 */
export async function readMeshHeaderFrom(
  streamer: DataStreamer,
  path: string,
  options: ReadMeshHeaderFromOptions = {},
): Promise<MeasuredHeader> {
  const header = await readOne(streamer, path, options, () => true);
  return header.pieceFiles.length > 0 ? joinPieces(streamer, path, header, options) : header;
}

/** @param isWanted - whether anything is to be known of an array */
async function readOne(
  streamer: DataStreamer,
  path: string,
  { measure = false, signal }: ReadMeshHeaderFromOptions,
  isWanted: (array: ArrayHeader) => boolean,
): Promise<MeasuredHeader> {
  const header = await withArrays(streamer, path, [], signal, async (file) => {
    const read = await readVtkHeader(file, { path, signal });
    return { ...read, arrays: read.arrays.filter(isWanted), size: file.size };
  });
  const unstated = header.arrays.filter(({ range, type }) => range === undefined && type !== 'String');
  if (!measure || unstated.length === 0) return header;
  const names = new Set(unstated.map(({ name }) => name));
  const measures = new Map<string, ArrayMeasure>();
  await withArrays(streamer, path, [...names], signal, async (file) => {
    const slice = new TimeSlice(signal);
    for await (const { name, on, tensor } of readVtkArrays(file, names, { path, signal })) {
      const key = `${on} ${name}`;
      const [other, own] = [measures.get(key), await slice.run(measureSteps(tensor))];
      measures.set(key, other === undefined ? own : joinMeasures(other, own));
    }
  });
  return { ...header, arrays: header.arrays.map((array) => withMeasure(array, measures)) };
}

/** Opens a file of which only some arrays are wanted. */
async function withArrays<Result>(
  streamer: DataStreamer,
  path: string,
  attributes: readonly string[],
  signal: AbortSignal | undefined,
  use: (file: RandomAccess) => Promise<Result>,
): Promise<Result> {
  return retryGone(async () => {
    const held = await streamer.openParts(path, {
      plan: (file, own) => planRead(file, { path, attributes, geometry: false, signal: own }),
      mode: 'partial',
      signal,
    });
    const files = new FileGroup(path, () => undefined);
    try {
      return await use(await files.open(held.place, signal));
    } finally {
      await files.close();
      held.release();
    }
  });
}

function withMeasure(array: ArrayHeader, measures: ReadonlyMap<string, ArrayMeasure>): MeasuredArray {
  const measure = measures.get(`${array.on} ${array.name}`);
  if (measure === undefined) return array;
  const { min, max } = measure;
  return { ...array, measure, range: min === null || max === null ? undefined : [min, max] };
}

/** The header of a file that names others, with what these say of points, cells and arrays. */
async function joinPieces(
  streamer: DataStreamer,
  path: string,
  header: MeshHeader,
  options: ReadMeshHeaderFromOptions,
): Promise<MeasuredHeader> {
  const declared = { node: header.pointArrays, cell: header.cellArrays, field: undefined };
  const isDeclared = ({ on, name }: ArrayHeader): boolean => declared[on]?.includes(name) ?? true;
  const pieces = await mapLimited(header.pieceFiles, PIECES_AT_ONCE, async (name) => {
    const piece = resolveSibling(path, name);
    if (piece === undefined)
      throw new FormatError(`names the piece ${JSON.stringify(name)}, which lies outside of the source`, {
        path,
      });
    const own = await readOne(streamer, piece, options, isDeclared).catch((cause: unknown) => {
      if (!isVascuError(cause, 'NOT_FOUND')) throw cause;
      throw new FormatError(`names the piece ${name}, which does not exist`, { path }, { cause });
    });
    if (own.pieceFiles.length > 0)
      throw new FormatError('is named as a piece but names pieces itself', { path: piece });
    return own;
  });
  const sum = (what: 'points' | 'cells'): number =>
    pieces.reduce((total, piece) => total + (piece[what] ?? 0), 0);
  const first = pieces.find(({ points = 0 }) => points > 0) ?? pieces[0];
  return {
    ...header,
    encodings: [...new Set(pieces.flatMap(({ encodings }) => encodings))],
    points: sum('points'),
    cells: sum('cells'),
    pointType: first?.pointType,
    arrays: (first?.arrays ?? []).map((array) => joinArrays(array, pieces)),
  };
}

/** An array of all pieces; of FieldData, which belongs to the whole mesh, that of the first. */
function joinArrays(array: MeasuredArray, pieces: readonly MeasuredHeader[]): MeasuredArray {
  if (array.on === 'field') return array;
  const count = array.on === 'node' ? 'points' : 'cells';
  const all = pieces
    .filter((piece) => (piece[count] ?? 0) > 0)
    .flatMap(({ arrays }) => arrays.filter(({ on, name }) => on === array.on && name === array.name));
  const [first = array, ...others] = all;
  return others.reduce<MeasuredArray>(
    (joined, { range, measure }) => ({
      ...joined,
      range: joinRanges(joined.range, range),
      measure: joined.measure && measure && joinMeasures(joined.measure, measure),
    }),
    first,
  );
}
