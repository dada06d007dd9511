import { FormatError } from '../../core/errors.ts';
import { isGhostArray } from '../../core/ghosts.ts';
import { mapLimited } from '../../core/limit.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { Cells, MeshArray, MeshArrays, SectionDetails, Tensor } from '../../core/mesh.ts';
import { isVersionBelow } from '../arrays/file-version.ts';
import { safeNumbers } from '../arrays/safe-numbers.ts';
import type { ArraySelection, WantedIntegers } from '../arrays/wanted-values.ts';
import type { ArrayReader } from './array-reader.ts';
import { pieceDetails } from './header-facts.ts';
import type { ArrayInfo, PieceInfo, SectionName } from './header-model.ts';

/** Loader of the code that reads strings. */
export const loadStrings: () => Promise<typeof import('./string-array.ts')> = loadOnce(
  () => import('./string-array.ts'),
);

/** Arrays of one section that are read at a time. */
const AT_ONCE = 2;

/** One piece of a mesh, read. */
export interface Piece {
  readonly points: Tensor<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>;
  readonly cells: Cells;
  /** Cells of each group, in their order: one group, or verts, lines, polys and strips. */
  readonly groups: readonly number[];
  readonly pointData: MeshArrays;
  readonly cellData: MeshArrays;
  readonly details: { readonly pointData: SectionDetails; readonly cellData: SectionDetails };
}

/** Context of the reading of a piece's cells. */
export interface PieceContext {
  readonly reader: ArrayReader;
  readonly piece: PieceInfo;
}

/** Makes an error about a piece as a whole. */
export function pieceError({ reader, piece }: PieceContext, problem: string, array?: string): FormatError {
  return new FormatError(problem, { path: reader.context.path, offset: piece.tagOffset, array });
}

/** Finds an array that must be there. */
export function requiredArray(context: PieceContext, section: SectionName, name: string): ArrayInfo {
  const info = context.piece.sections.get(section)?.get(name);
  if (info === undefined) throw pieceError(context, `has no array "${name}" in <${section}>`, name);
  return info;
}

/**
 * Reads the values of `info` as a tensor of `tuples` rows. 64-bit integers become doubles where all of them are safe
 * integers.
 */
export async function readTensor(
  reader: ArrayReader,
  info: ArrayInfo,
  tuples: number | undefined,
): Promise<Tensor> {
  const { components } = info;
  const expected = tuples === undefined ? undefined : tuples * components;
  const data = await reader.readStored(info, expected);
  const rows = data.length / components;
  if (!Number.isInteger(rows)) {
    const { path } = reader.context;
    const problem = `holds ${data.length} values, no whole number of tuples of ${components}`;
    throw new FormatError(problem, { path, array: info.name, offset: info.tagOffset });
  }
  const shape = components === 1 ? [rows] : [rows, components];
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return { data, shape };
  const storedAs = data instanceof BigInt64Array ? 'Int64' : 'UInt64';
  return { data: await safeNumbers(data, reader.context.slice), shape, storedAs };
}

/** Content of a piece that its format decides: its cells. */
export interface PieceCells {
  /** Cells of each group, in their order: see {@link Piece}. */
  readonly groups: readonly number[];
  readonly readCells: (context: PieceContext) => Promise<Cells>;
}

/**
 * Reads one piece, its parts at once.
 *
 * @throws FormatError when arrays are missing, have another length or point outside the mesh
 */
export async function readPiece(
  context: PieceContext,
  wanted: ArraySelection,
  { groups, readCells }: PieceCells,
): Promise<Piece> {
  const { piece } = context;
  const details = { pointData: pieceDetails(piece, 'PointData'), cellData: pieceDetails(piece, 'CellData') };
  const [cells, points, pointData, cellData] = await readTogether<
    [Cells, Piece['points'], Piece['pointData'], Piece['cellData']]
  >(
    () => readCells(context),
    () => readPoints(context),
    () => readData(context, 'PointData', wanted),
    () => readData(context, 'CellData', wanted),
  );
  return { points, cells, groups, pointData, cellData, details };
}

/** Reads `[N, 3]` points of a piece. */
async function readPoints(context: PieceContext): Promise<Piece['points']> {
  const { reader, piece } = context;
  const count = piece.counts.points;
  const info = piece.sections.get('Points')?.values().next().value;
  if (count === 0) return { data: new Float32Array(0), shape: [0, 3] };
  if (info === undefined) throw pieceError(context, `has ${count} points but no array in <Points>`);
  if (info.components !== 3)
    throw pieceError(context, `has points of ${info.components} components, not 3`, info.name);
  const { data } = await readTensor(reader, info, count);
  const points =
    data instanceof Float32Array || data instanceof Float64Array
      ? data
      : Float64Array.from(data as Int32Array, Number);
  return { data: points, shape: [count, 3] };
}

/** Runs all `parts` of reading a piece at once; after a failure it rejects when the others have ended. */
export async function readTogether<Parts extends readonly unknown[]>(
  ...parts: { readonly [Index in keyof Parts]: () => Promise<Parts[Index]> }
): Promise<Parts> {
  const tasks: readonly (() => Promise<unknown>)[] = parts;
  return (await mapLimited(tasks, tasks.length, (task) => task())) as unknown as Parts;
}

/** Reads the arrays of one section that are wanted, and those that mark ghosts. */
async function readData(
  { reader, piece }: PieceContext,
  section: 'PointData' | 'CellData',
  { names, strings, pointArrays }: ArraySelection,
): Promise<MeshArrays> {
  if (section === 'PointData' && !pointArrays) return new Map();
  const infos: ArrayInfo[] = [];
  const tuples = section === 'PointData' ? piece.counts.points : piece.counts.cells;
  for (const info of piece.sections.get(section)?.values() ?? []) {
    const isNamed = names === undefined || names.has(info.name) || isGhostArray(info.name);
    if (!isNamed || (info.type === 'String' && !strings)) continue;
    // Only who asks for an array of a type that nothing knows is told so by an error.
    if (info.type === undefined && names?.has(info.name) !== true) continue;
    infos.push(info);
  }
  const arrays = await mapLimited(
    infos,
    AT_ONCE,
    (info): Promise<MeshArray> =>
      info.type === 'String'
        ? loadStrings().then(({ readStrings }) => readStrings(reader, info, tuples * info.components))
        : readTensor(reader, info, tuples),
  );
  return new Map(infos.map(({ name }, index) => [name, arrays[index] as MeshArray]));
}

/** Tells whether the file's version is below `major.minor`; a file that states none is old. */
export function isFileBelow({ reader }: PieceContext, major: number, minor: number): boolean {
  return isVersionBelow(reader.context.header.layout.version ?? '0.1', major, minor);
}

type Integers = Awaited<ReturnType<ArrayReader['readInt32']>>;

/** Use that is made of an array of integers. */
interface UsedIntegers extends Pick<WantedIntegers, 'asker' | 'lead'> {
  /** Function that tells how many are used, the first ones; asked where not all can be read. */
  readonly used: () => number | Promise<number>;
}

/**
 * Reads all integers of an array, as many as it has. Where something is wrong with it, which may be behind what is used
 * of it, only these are read.
 */
export function readAllOrUsed(
  { reader }: PieceContext,
  info: ArrayInfo,
  { used, asker, lead }: UsedIntegers,
): Promise<Integers> {
  return reader.readInt32(info, { lead }).catch(async (error: unknown) => {
    if (!(error instanceof FormatError)) throw error;
    return reader.readInt32(info, { expected: await used(), asker, lead });
  });
}

/** Point indices of cells and where each begins. */
export interface Connectivity {
  readonly connectivity: Int32Array<ArrayBuffer>;
  /** Offsets, which begin with 0. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Points of each cell where all have the same number, else negative. */
  readonly pointsPerCell: number;
}

/**
 * Reads `connectivity` and the ends of `count` cells from a section and checks them. What either holds beyond the last
 * cell is not looked at.
 */
export async function readConnectivity(
  context: PieceContext,
  section: SectionName,
  count: number,
): Promise<Connectivity> {
  const { piece } = context;
  const reading = readEnds(context, section, count);
  const [{ offsets, pointsPerCell }, { values, max }] = await readTogether<[Ends, Integers]>(
    () => reading,
    () =>
      readAllOrUsed(context, requiredArray(context, section, 'connectivity'), {
        used: async () => (await reading).offsets[count] as number,
        asker: 'the offsets ask for',
      }),
  );
  const length = offsets[count] as number;
  if (length > values.length) {
    const problem = `has offsets in <${section}> up to ${length} but only ${values.length} point indices`;
    throw pieceError(context, problem, 'connectivity');
  }
  const connectivity = length === values.length ? values : values.slice(0, length);
  const points = piece.counts.points;
  if (max >= points) {
    const wrong = connectivity.findIndex((index) => index >>> 0 >= points);
    if (wrong >= 0) {
      const problem = `has in <${section}>, at position ${wrong}, the point index ${connectivity[wrong]}; there are ${points} points`;
      throw pieceError(context, problem, 'connectivity');
    }
  }
  return { connectivity, offsets, pointsPerCell };
}

type Ends = Pick<Connectivity, 'offsets' | 'pointsPerCell'>;

async function readEnds(context: PieceContext, section: SectionName, count: number): Promise<Ends> {
  const info = requiredArray(context, section, 'offsets');
  const ends = await readAllOrUsed(context, info, { used: () => count, lead: 1 });
  const held = ends.values.length - 1;
  // VTK 9.1 and later may write the leading 0 as well.
  const leading = held === count + 1 && ends.values[1] === 0;
  if (held < count) {
    throw pieceError(context, `has ${held} cell offsets for ${count} cells`, 'offsets');
  }
  const surplus = held - count;
  const from = leading ? 1 : 0;
  const offsets = surplus === 0 ? ends.values : ends.values.slice(from, from + count + 1);
  const fall = ends.falls ? offsets.findIndex((end, cell) => end < (offsets[cell - 1] ?? 0)) - 1 : -1;
  if (fall >= 0) {
    throw pieceError(
      context,
      `has in <${section}> an offset of cell ${fall} that is less than the one before`,
      'offsets',
    );
  }
  return { offsets, pointsPerCell: surplus === 0 ? ends.stride : -1 };
}
