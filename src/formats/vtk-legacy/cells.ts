import { CellType } from '../../core/cell-types.ts';
import type { Cells } from '../../core/mesh.ts';
import { isVersionBelow } from '../arrays/file-version.ts';
import { joinPolyGroups, POLY_GROUPS, type PolyGroup, type PolyPart } from '../arrays/poly-groups.ts';
import { checkCellTypes, renumberLagrangeHexahedra } from '../arrays/vtk-cells.ts';
import { CellListParser } from './cell-list-parser.ts';
import type { CellKeyword, LegacyArray, LegacyCells, LegacyHeader } from './header-model.ts';
import { takeFaces } from './polyhedra.ts';
import type { ValueReader } from './value-reader.ts';

/** Cells or indices looked at between two looks at the clock. */
const ENTRIES_PER_STEP = 2 ** 18;

/** Groups of cells of PolyData by their keywords. */
const GROUPS: Readonly<Record<Exclude<CellKeyword, 'cells'>, PolyGroup>> = {
  vertices: POLY_GROUPS.verts,
  lines: POLY_GROUPS.lines,
  polygons: POLY_GROUPS.polys,
  triangle_strips: POLY_GROUPS.strips,
};

/** Points of cells and where each cell begins. */
interface Indices {
  readonly connectivity: Int32Array<ArrayBuffer>;
  readonly offsets: Int32Array<ArrayBuffer>;
  /** Points of each cell where all have the same number, else negative. */
  readonly pointsPerCell: number;
  /** Limit that no index exceeds, negative ones taken as unsigned. */
  readonly max: number;
}

/** Makes the indices of no cells: memory of the caller's own, as all of a mesh is. */
function noIndices(): Indices {
  return { connectivity: new Int32Array(0), offsets: new Int32Array(1), pointsPerCell: -1, max: 0 };
}

/**
 * Reads the cells of a file.
 *
 * @throws FormatError when they do not fit together or have points that are not there
 */
export async function readCells(reader: ValueReader, header: LegacyHeader): Promise<Cells> {
  return header.kind === 'PolyData' ? readPolyCells(reader, header) : readGridCells(reader, header);
}

async function readGridCells(reader: ValueReader, header: LegacyHeader): Promise<Cells> {
  const { cells, cellTypes, points, version } = header;
  const [group] = cells;
  if (group === undefined || cellTypes === undefined || group.count === 0) {
    if (group !== undefined) await readIndices(reader, group);
    return { types: new Uint8Array(0), connectivity: new Int32Array(0), offsets: new Int32Array(1) };
  }
  const types = await readTypes(reader, cellTypes);
  const { connectivity, offsets, pointsPerCell, max } = await readIndices(reader, group);
  const array = arrayOf(group);
  const { slice } = reader;
  const fail = (problem: string): Error => reader.error(array, problem);
  const present = await checkCellTypes({ types, offsets }, { pointsPerCell, slice, fail });
  const found: Cells = { types, connectivity, offsets };
  if (present[CellType.LagrangeHexahedron] === 1 && isBefore51(version)) renumberLagrangeHexahedra(found);
  const read =
    present[CellType.Polyhedron] === 1
      ? await takeFaces(found, { points: points.tuples, slice, fail })
      : found;
  await checkPoints(reader, array, read.connectivity, max, points.tuples);
  return read;
}

async function readTypes(reader: ValueReader, array: LegacyArray): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = reader.context.buffers?.take(array.tuples) ?? new ArrayBuffer(array.tuples);
  const types = new Uint8Array(buffer);
  let at = 0;
  const max = await reader.eachInt32(array, (values) => {
    types.set(values, at);
    at += values.length;
  });
  if (max <= 255) return types;
  throw reader.error(array, `has the cell type ${max | 0}, which VTK does not know`);
}

async function readPolyCells(reader: ValueReader, { cells, points }: LegacyHeader): Promise<Cells> {
  const parts: PolyPart[] = [];
  for (const group of cells) {
    const { connectivity, offsets, max } = await readIndices(reader, group);
    await checkPoints(reader, arrayOf(group), connectivity, max, points.tuples);
    parts.push({ connectivity, offsets, group: GROUPS[group.keyword as keyof typeof GROUPS] });
  }
  return joinPolyGroups(parts, reader.slice);
}

function readIndices(reader: ValueReader, group: LegacyCells): Promise<Indices> {
  return group.style === 'listed' ? readListed(reader, group) : readIndexed(reader, group);
}

/** Reads the old style: of each cell its number of points, then these. */
async function readListed(
  reader: ValueReader,
  { keyword, count, list }: LegacyCells & { readonly style: 'listed' },
): Promise<Indices> {
  const cells = new CellListParser(count, list.tuples, reader.context.buffers);
  const max = await reader.eachInt32(list, (values) => cells.take(values));
  if (cells.wrongAt >= 0) {
    const offset = reader.encoding === 'binary' ? list.start + 4 * cells.wrongAt : list.start;
    const problem =
      cells.cells === count
        ? `has ${count} cells that do not fill the ${list.tuples} numbers of its size`
        : `has a number of points of cell ${cells.cells} (number ${cells.wrongAt} of the list) that does not fit the size`;
    throw reader.error(list, problem, offset);
  }
  if (!cells.isFull)
    throw reader.error(list, `has ${keyword} of size ${list.tuples}, which ${count} cells do not fill`);
  const { connectivity, offsets } = cells;
  return { connectivity, offsets, pointsPerCell: await findStride(reader, offsets), max };
}

/** Reads the new style: where each cell begins and ends, and the points of all. */
async function readIndexed(
  reader: ValueReader,
  { count, offsets: ends, connectivity: indices }: LegacyCells & { readonly style: 'indexed' },
): Promise<Indices> {
  if (count === 0) {
    if (indices.tuples > 0) throw reader.error(indices, `has ${indices.tuples} point indices, but no cells`);
    return noIndices();
  }
  const { values: offsets, first, falls } = await reader.offsets(ends);
  if (first !== 0) throw reader.error(ends, `has the first offset ${first} instead of 0`, ends.start);
  if (falls) {
    const cell = offsets.findIndex((end, index) => end < (offsets[index - 1] ?? 0)) - 1;
    throw reader.error(ends, `has an offset of cell ${cell} that is less than the one before`);
  }
  if (offsets[count] !== indices.tuples) {
    const problem = `has offsets up to ${offsets[count]}, but there are ${indices.tuples} point indices`;
    throw reader.error(ends, problem);
  }
  const { values: connectivity, facts } = await reader.int32(indices);
  return { connectivity, offsets, pointsPerCell: await findStride(reader, offsets), max: facts.max };
}

/** Finds by how much each offset is more than the one before; negative where that differs, or there are no cells. */
async function findStride(reader: ValueReader, offsets: Int32Array): Promise<number> {
  const [, stride = -1] = offsets;
  for (let start = 0; start < offsets.length; start += ENTRIES_PER_STEP) {
    const end = Math.min(start + ENTRIES_PER_STEP, offsets.length);
    for (let at = start; at < end; at++) if (offsets[at] !== at * stride) return -1;
    await reader.slice.pause();
  }
  return stride;
}

async function checkPoints(
  reader: ValueReader,
  array: LegacyArray,
  connectivity: Int32Array,
  max: number,
  points: number,
): Promise<void> {
  if (max < points) return;
  for (let start = 0; start < connectivity.length; start += ENTRIES_PER_STEP) {
    const end = Math.min(start + ENTRIES_PER_STEP, connectivity.length);
    for (let at = start; at < end; at++) {
      if ((connectivity[at] as number) >>> 0 < points) continue;
      const problem = `has, at position ${at} of its point indices, ${connectivity[at]}; there are ${points} points`;
      throw reader.error(array, problem);
    }
    await reader.slice.pause();
  }
}

/** Gives the array that messages about cells name. */
function arrayOf(group: LegacyCells): LegacyArray {
  return group.style === 'listed' ? group.list : group.connectivity;
}

/** Tells whether VTK numbered nodes of Lagrange hexahedra otherwise; a file of no version is new. */
function isBefore51(version: string | undefined): boolean {
  return version !== undefined && isVersionBelow(version, 5, 1);
}
