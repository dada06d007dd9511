import { FormatError } from '../../core/errors.ts';
import type { Cells, Tensor, TypedArray } from '../../core/mesh.ts';
import type { ArrayReader } from './array-reader.ts';
import type { ArrayInfo, PieceInfo, SectionName } from './header.ts';
import { allSafe, toDoubles } from './numeric-types.ts';

/** Values checked or converted between two looks at the clock. */
const STEP = 2 ** 19;

/** One piece of a mesh, read. */
export interface Piece {
  readonly points: Tensor<Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>;
  readonly cells: Cells;
  /** Cells of each group, in their order: one group, or verts, lines, polys and strips. */
  readonly groups: readonly number[];
  readonly pointData: ReadonlyMap<string, Tensor>;
  readonly cellData: ReadonlyMap<string, Tensor>;
}

/** What reading the cells of a piece needs to know of it. */
export interface PieceContext {
  readonly reader: ArrayReader;
  readonly piece: PieceInfo;
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

/** Reads the arrays of one section whose names are wanted. */
export async function readData(
  { reader, piece }: PieceContext,
  section: 'PointData' | 'CellData',
  wanted: ReadonlySet<string> | undefined,
): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const tuples = section === 'PointData' ? piece.counts.points : piece.counts.cells;
  for (const info of piece.sections.get(section)?.values() ?? []) {
    if (info.type === 'String' || (wanted !== undefined && !wanted.has(info.name))) continue;
    tensors.set(info.name, await readTensor(reader, info, tuples));
  }
  return tensors;
}

/**
 * Reads `connectivity` and the ends of `count` cells from a section and checks them.
 *
 * @returns point indices of the cells, and offsets with a 0 in front
 */
export async function readConnectivity(
  context: PieceContext,
  section: SectionName,
  count: number,
): Promise<{ connectivity: Int32Array<ArrayBuffer>; offsets: Int32Array<ArrayBuffer> }> {
  const { reader, piece } = context;
  const offsetsInfo = requiredArray(context, section, 'offsets');
  const ends = await reader.readInt32(offsetsInfo, undefined);
  // VTK 9.1 and later may write the leading 0 as well.
  const leading = ends.length === count + 1 && ends[0] === 0;
  if (ends.length !== count && !leading) {
    throw pieceError(context, `has ${ends.length} cell offsets for ${count} cells`, 'offsets');
  }
  const offsets = leading ? ends : new Int32Array(count + 1);
  if (!leading) offsets.set(ends, 1);
  const falling = await firstFall(context, offsets);
  if (falling >= 0) {
    throw pieceError(
      context,
      `has an offset of cell ${falling} in <${section}> that is less than the one before`,
      'offsets',
    );
  }
  const connectivityInfo = requiredArray(context, section, 'connectivity');
  const connectivity = await reader.readInt32(connectivityInfo, undefined);
  const length = offsets[count] as number;
  if (length > connectivity.length) {
    throw pieceError(
      context,
      `has offsets in <${section}> up to ${length} but only ${connectivity.length} point indices`,
      'connectivity',
    );
  }
  const wrong = await firstOutside(context, connectivity, length);
  if (wrong >= 0) {
    throw pieceError(
      context,
      `has the point index ${connectivity[wrong]} at position ${wrong} in <${section}>; there are ${piece.counts.points} points`,
      'connectivity',
    );
  }
  return {
    connectivity: length === connectivity.length ? connectivity : connectivity.slice(0, length),
    offsets,
  };
}

/** First cell whose offset is less than the one before, or −1. */
async function firstFall({ reader }: PieceContext, offsets: Int32Array): Promise<number> {
  for (let start = 1; start < offsets.length; start += STEP) {
    const end = Math.min(start + STEP, offsets.length);
    for (let at = start; at < end; at++)
      if ((offsets[at] as number) < (offsets[at - 1] as number)) return at - 1;
    await reader.context.slice.pause();
  }
  return -1;
}

/** First of `length` indices that is no point of the piece, or −1. */
async function firstOutside(
  { reader, piece }: PieceContext,
  indices: Int32Array,
  length: number,
): Promise<number> {
  const points = piece.counts.points;
  for (let start = 0; start < length; start += STEP) {
    const end = Math.min(start + STEP, length);
    for (let at = start; at < end; at++) if ((indices[at] as number) >>> 0 >= points) return at;
    await reader.context.slice.pause();
  }
  return -1;
}
