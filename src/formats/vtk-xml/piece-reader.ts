import { FormatError } from '../../core/errors.ts';
import { mapLimited } from '../../core/limit.ts';
import type { Cells, MeshArray, MeshArrays, SectionDetails, Tensor, TypedArray } from '../../core/mesh.ts';
import type { ArrayReader } from './array-reader.ts';
import { pieceDetails } from './header-facts.ts';
import type { ArrayInfo, PieceInfo, SectionName } from './header-model.ts';
import { allSafe, toDoubles } from './numeric-types.ts';
import { readStrings } from './string-array.ts';

/** Values checked or converted between two looks at the clock. */
const STEP = 2 ** 19;
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

/** Which arrays over points and cells are read. */
export interface WantedArrays {
  /** Undefined: all. */
  readonly names: ReadonlySet<string> | undefined;
  /** Whether string arrays are. */
  readonly strings: boolean;
}

/** What reading the cells of a piece needs to know of it. */
export interface PieceContext {
  readonly reader: ArrayReader;
  readonly piece: PieceInfo;
}

/** What the header says of the arrays of a piece besides their values. */
export function detailsOf({ piece }: PieceContext): Piece['details'] {
  return { pointData: pieceDetails(piece, 'PointData'), cellData: pieceDetails(piece, 'CellData') };
}

/** An error about a piece as a whole. */
export function pieceError({ reader, piece }: PieceContext, problem: string, array?: string): FormatError {
  return new FormatError(problem, { path: reader.context.path, offset: piece.tagOffset, array });
}

/** An array that must be there. */
export function requiredArray(context: PieceContext, section: SectionName, name: string): ArrayInfo {
  const info = context.piece.sections.get(section)?.get(name);
  if (info === undefined) throw pieceError(context, `has no array "${name}" in <${section}>`, name);
  return info;
}

/**
 * The values of `info` as a tensor of `tuples` rows. 64-bit integers become doubles where all of them are safe
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
  return { data: await safeNumbers(reader, data), shape, storedAs };
}

async function safeNumbers(
  { context: { slice } }: ArrayReader,
  data: BigInt64Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>,
): Promise<TypedArray> {
  for (let start = 0; start < data.length; start += STEP) {
    if (!allSafe(data, start, Math.min(start + STEP, data.length))) return data;
    await slice.pause();
  }
  for (let start = 0; start < data.length; start += STEP) {
    toDoubles(data, start, Math.min(start + STEP, data.length));
    await slice.pause();
  }
  return new Float64Array(data.buffer, 0, data.length);
}

/** Reads `[N, 3]` points of a piece. */
export async function readPoints(context: PieceContext): Promise<Piece['points']> {
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

/** Reads the arrays of one section that are wanted. */
export async function readData(
  { reader, piece }: PieceContext,
  section: 'PointData' | 'CellData',
  { names, strings }: WantedArrays,
): Promise<MeshArrays> {
  const infos: ArrayInfo[] = [];
  const tuples = section === 'PointData' ? piece.counts.points : piece.counts.cells;
  for (const info of piece.sections.get(section)?.values() ?? []) {
    if (names?.has(info.name) === false || (info.type === 'String' && !strings)) continue;
    infos.push(info);
  }
  const arrays = await mapLimited(
    infos,
    AT_ONCE,
    (info): Promise<MeshArray> =>
      info.type === 'String'
        ? readStrings(reader, info, tuples * info.components)
        : readTensor(reader, info, tuples),
  );
  return new Map(infos.map(({ name }, index) => [name, arrays[index] as MeshArray]));
}

type Integers = Awaited<ReturnType<ArrayReader['readInt32']>>;

/** Point indices of cells and where each begins. */
export interface Connectivity {
  readonly connectivity: Int32Array<ArrayBuffer>;
  /** Begins with 0. */
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Points of each cell where all have the same number, else negative. */
  readonly pointsPerCell: number;
}

/**
 * Reads `connectivity` and the ends of `count` cells from a section and checks them.
 *
 */
export async function readConnectivity(
  context: PieceContext,
  section: SectionName,
  count: number,
): Promise<Connectivity> {
  const { reader, piece } = context;
  const [ends, indices] = await readTogether<[Integers, Integers]>(
    () => reader.readInt32(requiredArray(context, section, 'offsets'), undefined, 1),
    () => reader.readInt32(requiredArray(context, section, 'connectivity'), undefined),
  );
  // VTK 9.1 and later may write the leading 0 as well.
  const leading = ends.values.length === count + 2 && ends.values[1] === 0;
  const offsets = leading ? ends.values.slice(1) : ends.values;
  if (offsets.length !== count + 1) {
    throw pieceError(context, `has ${ends.values.length - 1} cell offsets for ${count} cells`, 'offsets');
  }
  if (ends.falls) {
    const fall = offsets.findIndex((end, cell) => end < (offsets[cell - 1] ?? 0)) - 1;
    throw pieceError(
      context,
      `has in <${section}> an offset of cell ${fall} that is less than the one before`,
      'offsets',
    );
  }
  const length = offsets[count] as number;
  if (length > indices.values.length) {
    const problem = `has offsets in <${section}> up to ${length} but only ${indices.values.length} point indices`;
    throw pieceError(context, problem, 'connectivity');
  }
  const connectivity = length === indices.values.length ? indices.values : indices.values.slice(0, length);
  const points = piece.counts.points;
  if (indices.max >= points) {
    const wrong = connectivity.findIndex((index) => index >>> 0 >= points);
    if (wrong >= 0) {
      const problem = `has in <${section}>, at position ${wrong}, the point index ${connectivity[wrong]}; there are ${points} points`;
      throw pieceError(context, problem, 'connectivity');
    }
  }
  return { connectivity, offsets, pointsPerCell: leading ? -1 : ends.stride };
}
