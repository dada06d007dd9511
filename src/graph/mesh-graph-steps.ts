import type { BufferPool } from '../core/buffer-pool.ts';
import { FormatError, NotFoundError } from '../core/errors.ts';
import type { GraphData, GraphOf, Metadata, Normalization } from '../core/graph.ts';
import { isTensor, type Mesh, type Tensor } from '../core/mesh.ts';
import { showValue } from '../core/show-value.ts';
import { pointArrayInCells, stringsInGraph } from '../core/wished-arrays.ts';
import { edgeSteps } from './edges.ts';
import { makeRecord } from './record.ts';

/** Number of points converted between two yields. */
const POINTS_PER_STEP = 2 ** 17;

/** Options of `meshToGraph`. */
export interface MeshToGraphOptions {
  /** Name of the graph, and of the mesh in error messages. @defaultValue `''` */
  readonly id?: string | undefined;
  /**
   * Metadata of the graph.
   *
   * @defaultValue `{}`
   */
  readonly metadata?: Metadata | undefined;
  /**
   * Graph that is made: `'points'` are the nodes and the edges of the cells the edges, or `'cells'` are the nodes and edges join
   * cells that share a face. @defaultValue `'points'`
   */
  readonly graphOf?: GraphOf | undefined;
  /** Names of the point and cell arrays to keep; in a graph of cells of cell arrays. @defaultValue all that hold numbers */
  readonly attributes?: readonly string[] | undefined;
  /** True when positions are mapped to the unit box, keeping the aspect ratio. @defaultValue `false` */
  readonly normalize?: boolean | undefined;
  /** Memory to use for the graph, of which only buffers of exactly the right size are taken. @defaultValue new memory */
  readonly buffers?: BufferPool | undefined;
}

/** Code of graphs of cells, which is loaded where one is made. */
export type CellGraphCode = Pick<typeof import('./cell-graph.ts'), 'cellEdgeSteps' | 'centreSteps'>;

/** Options of {@link meshToGraphSteps}. */
export interface MeshToGraphStepsOptions extends Omit<MeshToGraphOptions, 'graphOf'> {
  /** Code that makes a graph of the cells. @defaultValue undefined: the graph is that of the points */
  readonly cells?: CellGraphCode | undefined;
  /** Box by which positions are mapped where they are, in the place of the mesh's own. @defaultValue the mesh's own */
  readonly normalization?: Normalization | undefined;
}

/** Does what `meshToGraph` does in steps of a few milliseconds, for whoever shares the event loop. */
export function* meshToGraphSteps(
  mesh: Mesh,
  options: MeshToGraphStepsOptions = {},
): Generator<void, GraphData> {
  const { id = '', metadata = {}, cells, attributes, normalize = false, buffers } = options;
  const path = id === '' ? 'mesh' : id;
  if (attributes !== undefined) checkNames(mesh, attributes, path, cells !== undefined);
  const numPoints = mesh.points.shape[0] as number;
  const numCells = mesh.cells.types.length;
  const normalization = normalize
    ? (options.normalization ?? (yield* measure(mesh.points, path)))
    : undefined;
  const findEdges = cells?.cellEdgeSteps ?? edgeSteps;
  const isOfCells = cells !== undefined;
  const pos = isOfCells ? undefined : yield* positions(mesh.points, normalization, buffers);
  const edges = yield* findEdges(mesh.cells, numPoints, { path, buffers });
  const keep = (data: Mesh['pointData']): GraphData['node'] =>
    makeRecord(
      [...data].filter(
        (named): named is [string, Tensor] => isTensor(named[1]) && attributes?.includes(named[0]) !== false,
      ),
    );
  const graph = {
    id,
    // Cells are checked where their edges are found.
    pos: pos ?? (yield* (cells as CellGraphCode).centreSteps(mesh, normalization, buffers)),
    edgeIndex: { data: edges, shape: [2, edges.length / 2] },
    node: keep(isOfCells ? mesh.cellData : mesh.pointData),
    cell: isOfCells ? makeRecord<Tensor>([]) : keep(mesh.cellData),
    metadata,
    numNodes: isOfCells ? numCells : numPoints,
    numEdges: edges.length / 2,
    numCells: isOfCells ? 0 : numCells,
  };
  return normalization === undefined ? graph : { ...graph, normalization };
}

function checkNames(mesh: Mesh, attributes: readonly string[], path: string, isOfCells: boolean): void {
  const { pointData, cellData } = mesh;
  const missing = attributes.find(
    (name) => !isTensor(cellData.get(name)) && (isOfCells || !isTensor(pointData.get(name))),
  );
  if (missing === undefined) return;
  if (isOfCells && isTensor(pointData.get(missing)))
    throw pointArrayInCells('attributes', missing, path, [...cellData.keys()]);
  if (pointData.has(missing) || cellData.has(missing)) throw stringsInGraph('attributes', missing, path);
  const list = (data: Mesh['pointData']): string =>
    [...data.keys()].map((name) => `"${name}"`).join(', ') || 'none';
  throw new NotFoundError(
    `${path} has no array ${showValue(missing)}. Its point arrays: ${list(mesh.pointData)}; its cell arrays: ${list(mesh.cellData)}.`,
  );
}

/** Measures least coordinates and largest extent of all points. */
function* measure({ data }: Mesh['points'], path: string): Generator<void, Normalization> {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let begin = 0; begin < data.length; begin += 3 * POINTS_PER_STEP) {
    const wrong = extend(low, high, data, begin, Math.min(begin + 3 * POINTS_PER_STEP, data.length));
    if (wrong >= 0) {
      const point = Math.floor(wrong / 3);
      throw new FormatError(
        `point ${point} has the coordinate ${data[wrong]}, so positions cannot be normalized`,
        {
          path,
          array: 'Points',
        },
      );
    }
    yield;
  }
  if (data.length === 0) return { offset: [0, 0, 0], scale: 1 };
  const [x, y, z] = low as [number, number, number];
  const extents = high.map((value, axis) => value - (low[axis] as number));
  return { offset: [x, y, z], scale: Math.max(...extents) || 1 };
}

/** Widens the box by some coordinates; returns the place of the first that is not finite, or −1. */
function extend(
  low: number[],
  high: number[],
  data: Float32Array | Float64Array,
  begin: number,
  end: number,
): number {
  for (let axis = 0; axis < 3; axis++) {
    let least = low[axis] as number;
    let most = high[axis] as number;
    for (let at = begin + axis; at < end; at += 3) {
      const value = data[at] as number;
      if (value < least) least = value;
      if (value > most) most = value;
      // Neither NaN nor an infinity is equal to itself less itself plus itself.
      if (value - value !== 0) return at;
    }
    low[axis] = least;
    high[axis] = most;
  }
  return -1;
}

function* positions(
  { data, shape }: Mesh['points'],
  normalization: Normalization | undefined,
  buffers: BufferPool | undefined,
): Generator<void, Tensor<Float32Array<ArrayBuffer>>> {
  if (normalization === undefined && data instanceof Float32Array) return { data, shape };
  const result = new Float32Array(buffers?.take(4 * data.length) ?? new ArrayBuffer(4 * data.length));
  const { offset, scale } = normalization ?? { offset: [0, 0, 0], scale: 1 };
  for (let begin = 0; begin < data.length; begin += 3 * POINTS_PER_STEP) {
    const end = Math.min(begin + 3 * POINTS_PER_STEP, data.length);
    for (let axis = 0; axis < 3; axis++) {
      const origin = offset[axis] as number;
      for (let at = begin + axis; at < end; at += 3) result[at] = ((data[at] as number) - origin) / scale;
    }
    yield;
  }
  return { data: result, shape };
}
