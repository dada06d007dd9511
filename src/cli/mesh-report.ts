import {
  cellTypeName,
  countGhosts,
  type GhostCounts,
  isTensor,
  isVascuError,
  type LeftOutArray,
  type MeasuredArray,
  type MeasuredHeader,
  type Mesh,
  type MeshHeader,
  measureArray,
  meshToGraph,
  type Tensor,
} from '../index.ts';
import { formatPlural } from './terminal/format-number.ts';

/** Amount of a file that is read: its header, also the arrays whose range it does not state, or everything. */
export type ReadWhat = 'header' | 'ranges' | 'all';

/** Number of strings that are shown of an array over points or cells. */
const MAX_SHOWN_STRINGS = 20;

/** Report on one array. */
export interface ArrayReport {
  readonly name: string;
  readonly on: 'node' | 'cell' | 'field';
  readonly type: string;
  readonly components: number;
  /** Number of tuples; null where it is in other files or not stated. */
  readonly tuples: number | null;
  /**
   * Range of the values, or of the lengths of vectors; NaN is left out. Null where there is none, or it was not read.
   */
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  /** Values that are NaN; null where they were not read. */
  readonly nan: number | null;
  /** Strings of a string array; of one over points or cells the first ones. */
  readonly strings?: readonly string[] | undefined;
}

/** Report on a mesh file. */
export interface MeshReport {
  readonly path: string;
  readonly header: Omit<MeshHeader, 'points' | 'cells' | 'pointType' | 'arrays' | 'declared' | 'leftOut'>;
  /**
   * Amount that was read, which the ranges are from; less than `'all'` leaves null what only points, cells and values
   * tell.
   */
  readonly read: ReadWhat;
  readonly points: number;
  readonly pointType: string;
  readonly cells: number;
  readonly cellTypes: Readonly<Record<string, number>> | null;
  /** Undirected edges of the graph; null where VTK does not define them. */
  readonly graphEdges: number | null;
  /** Cells and points that `vtkGhostType` marks; null where there are none, or not everything was read. */
  readonly ghosts: GhostCounts | null;
  /** Least and largest x, y, z of the points that have a place; null where there are none. */
  readonly bounds: readonly (readonly [number, number])[] | null;
  readonly arrays: readonly ArrayReport[];
  /** Arrays that the file has and its mesh has not. */
  readonly leftOut: readonly LeftOutArray[];
  readonly warnings: readonly string[];
}

/** Collects what the header of a mesh file says, with the arrays that were measured. */
export function reportHeader(path: string, header: MeasuredHeader, read: ReadWhat): MeshReport {
  return {
    path,
    header: withoutContents(header),
    read,
    points: header.points ?? 0,
    pointType: (header.pointType ?? 'none').toLowerCase(),
    cells: header.cells ?? 0,
    cellTypes: null,
    graphEdges: null,
    ghosts: null,
    bounds: null,
    arrays: header.arrays.map((array) => fromHeader(array, header)),
    leftOut: header.leftOut,
    warnings: [],
  };
}

function fromHeader(
  { name, on, type, components, range, measure }: MeasuredArray,
  header: MeshHeader,
): ArrayReport {
  const [min, max] = range ?? [null, null];
  const tuples = on === 'node' ? header.points : on === 'cell' ? header.cells : undefined;
  const { mean = null, nan = null } = measure ?? {};
  return { name, on, type: type.toLowerCase(), components, tuples: tuples ?? null, min, mean, max, nan };
}

function withoutContents(header: MeshHeader): MeshReport['header'] {
  const { points: _1, cells: _2, pointType: _3, arrays: _4, declared: _5, leftOut: _6, ...storage } = header;
  return storage;
}

/** Collects what a mesh file holds. */
export function reportMesh(
  path: string,
  header: MeshHeader,
  mesh: Mesh,
  leftOut: readonly LeftOutArray[],
): MeshReport {
  const warnings: string[] = [];
  const loose = countLoosePoints(mesh);
  if (loose > 0) warnings.push(`${loose} ${loose === 1 ? 'point belongs' : 'points belong'} to no cell`);
  const { bounds, warning } = findBounds(mesh.points.data);
  if (warning !== undefined) warnings.push(warning);
  if (mesh.cells.types.length === 0) warnings.push('the mesh has no cells: no edges, nothing to draw');
  const ghosts = countGhosts(mesh);
  if (ghosts !== undefined)
    warnings.push(
      `vtkGhostType marks ${describeGhosts(ghosts)}: the graph has all of them, pictures and surfaces leave them out`,
    );
  return {
    path,
    header: withoutContents(header),
    read: 'all',
    points: mesh.points.shape[0] as number,
    pointType: typeName(mesh.points),
    cells: mesh.cells.types.length,
    cellTypes: countTypes(mesh.cells.types),
    graphEdges: countEdges(mesh, warnings),
    ghosts: ghosts ?? null,
    bounds,
    arrays: [
      ...[...mesh.pointData].map(([name, array]) => reportArray(name, 'node', array, mesh.points.shape[0])),
      ...[...mesh.cellData].map(([name, array]) => reportArray(name, 'cell', array, mesh.cells.types.length)),
      ...[...mesh.fieldData].map(([name, array]) =>
        reportArray(
          name,
          'field',
          array,
          undefined,
          mesh.details?.fieldData?.arrays.get(name)?.stringsInTuple,
        ),
      ),
    ],
    leftOut,
    warnings,
  };
}

function typeName({ data, storedAs }: Tensor): string {
  return (storedAs ?? data.constructor.name.replace('Array', '').replace('Big', '')).toLowerCase();
}

function countTypes(types: Uint8Array): Record<string, number> {
  const counts = new Map<number, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return Object.fromEntries([...counts].map(([type, count]) => [cellTypeName(type) ?? String(type), count]));
}

function countEdges(mesh: Mesh, warnings: string[]): number | null {
  try {
    // Edges need no arrays.
    return meshToGraph({ ...mesh, pointData: new Map(), cellData: new Map() }).numEdges / 2;
  } catch (error) {
    if (!isVascuError(error, 'UNSUPPORTED', 'FORMAT')) throw error;
    warnings.push(`no graph: ${error.message}`);
    return null;
  }
}

function countLoosePoints({ points, cells }: Mesh): number {
  const used = new Uint8Array(points.shape[0] as number);
  for (const point of cells.connectivity) used[point] = 1;
  return used.length - used.reduce((sum, flag) => sum + flag, 0);
}

/** Describes counts: `2 copied cells, 4 hidden points`. */
function describeGhosts(counts: GhostCounts): string {
  const kinds = Object.entries(counts).filter(([, count]) => count > 0);
  const word = (kind: string): string => kind.replace(/(Cell|Point)s$/, (what) => ` ${what.toLowerCase()}`);
  return kinds.map(([kind, count]) => formatPlural(count, word(kind).slice(0, -1))).join(', ');
}

/** Finds the box of the points that have a place, and what is odd about the places. */
function findBounds(data: Float32Array | Float64Array): {
  readonly bounds: MeshReport['bounds'];
  readonly warning?: string;
} {
  if (data.length === 0) return { bounds: null, warning: 'the mesh has no points' };
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = low.map((value) => -value);
  let placeless = 0;
  for (let at = 0; at < data.length; at += 3) {
    const isPlace =
      Number.isFinite(data[at]) && Number.isFinite(data[at + 1]) && Number.isFinite(data[at + 2]);
    if (!isPlace) {
      placeless++;
      continue;
    }
    for (let axis = 0; axis < 3; axis++) {
      const value = data[at + axis] as number;
      if (value < (low[axis] as number)) low[axis] = value;
      if (value > (high[axis] as number)) high[axis] = value;
    }
  }
  const numPoints = data.length / 3;
  if (placeless === numPoints) return { bounds: null, warning: 'no point has finite coordinates' };
  const bounds = low.map((value, axis) => [value, high[axis] as number] as const);
  if (placeless > 0)
    return {
      bounds,
      warning: `some coordinates are not finite: those of ${placeless} of ${numPoints} points`,
    };
  const isOne = bounds.every(([min, max]) => min === max);
  if (!isOne) return { bounds };
  return { bounds, warning: numPoints === 1 ? 'the mesh is one point' : 'all points lie at one place' };
}

/** @param rows - tuples; undefined where each array has its own number */
function reportArray(
  name: string,
  on: ArrayReport['on'],
  array: Tensor | readonly string[],
  rows: number | undefined,
  stringsInTuple = 1,
): ArrayReport {
  if (!isTensor(array)) {
    const components = rows === undefined ? stringsInTuple : array.length / rows || 1;
    const none = { min: null, mean: null, max: null, nan: 0 };
    const strings = on === 'field' ? array : array.slice(0, MAX_SHOWN_STRINGS);
    return { name, on, type: 'string', components, tuples: array.length / components, ...none, strings };
  }
  const { count: _, ...measure } = measureArray(array);
  const [tuples = 0, components = 1] = array.shape;
  return { name, on, type: typeName(array), components, tuples, ...measure };
}
