import type { BufferPool } from '../core/buffer-pool.ts';
import { CellType, cellPointCount, cellTypeName } from '../core/cell-types.ts';
import { FormatError, UnsupportedError } from '../core/errors.ts';
import type { Cells } from '../core/mesh.ts';
import { runSteps } from '../core/time-slice.ts';
import {
  addCells,
  addPair,
  addPath,
  addTetrahedra,
  EdgeSet,
  MAX_NODES,
  mapPages,
  sortEdges,
} from './edge-set.ts';
import { EdgeTables } from './edge-tables.ts';

/** Number of cells and point indices handled between two yields. */
const INDICES_PER_STEP = 2 ** 14;

/** Options of finding edges. */
export interface EdgeOptions {
  /** Name of the mesh in error messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
  /** Memory to use for the edges. @defaultValue new memory */
  readonly buffers?: BufferPool | undefined;
}

/**
 * Finds the edge index of a mesh: see {@link edgeSteps}, which does the same in steps.
 *
 * @returns `[2, E]`, row-major: all sources, then all targets
 */
export function findEdges(cells: Cells, numPoints: number, options?: EdgeOptions): Int32Array<ArrayBuffer> {
  return runSteps(edgeSteps(cells, numPoints, options));
}

/**
 * Finds the edges of all cells, as `vtkCell::GetEdge` of VTK 9.1 defines them: both directions of each, sorted
 * by (source, target), no duplicates, no self-loops. Each step takes a few milliseconds at most.
 *
 * - An edge with points inside it (quadratic, Lagrange, Bézier) joins each point to the next along the edge.
 *   Points inside faces and bodies have no edges.
 * - A triangle strip has the edges of all its triangles, not only its outline.
 * - Curves, which have no `GetEdge`, join each point to the next; they stay open.
 * - Lagrange and Bézier cells are taken to be of the same order in every direction, which their number of points
 *   tells; an array `HigherOrderDegrees` is not looked at.
 *
 * @param cells - is checked on the way: what is read never lies outside the arrays
 * @param numPoints - N, how many points the mesh has
 * @returns `[2, E]`, row-major: all sources, then all targets
 * @throws FormatError when a point index, offset, cell type or number of points of a cell is wrong
 * @throws UnsupportedError when the edges of a cell are not defined: convex point sets (VTK gives them none),
 * parametric cells, higher-order cells of mixed order; or when there are more than 2^27 − 1 points
 */
export function* edgeSteps(
  cells: Cells,
  numPoints: number,
  options?: EdgeOptions,
): Generator<void, Int32Array<ArrayBuffer>> {
  if (numPoints > MAX_NODES) {
    const problem = `The mesh has ${numPoints} points; the edges of ${MAX_NODES} at most can be found.`;
    throw new UnsupportedError(`meshes of more than ${MAX_NODES} points`, problem);
  }
  const walk = new CellWalk(cells, numPoints, options?.path ?? 'mesh');
  yield* walk.check();
  yield* mapPages(walk.edges.rows);
  yield* walk.run();
  return yield* sortEdges(walk.edges, options?.buffers);
}

/** Walk through the cells in order, which adds their edges. */
class CellWalk {
  readonly edges: EdgeSet;
  readonly #cells: Cells;
  readonly #numPoints: number;
  readonly #path: string;
  readonly #tables = new EdgeTables();
  #cell = 0;
  /** Cells and point indices handled since the last yield. */
  #work = 0;
  /** Place where the next polyhedron begins in `faces`. */
  #face = 0;

  constructor(cells: Cells, numPoints: number, path: string) {
    this.#cells = cells;
    this.#numPoints = numPoints;
    this.#path = path;
    this.edges = new EdgeSet(numPoints);
  }

  /** Checks the ends of the offsets and all point indices. */
  *check(): Generator<void, void> {
    const { types, offsets, connectivity } = this.#cells;
    const { length } = types;
    if (offsets.length !== length + 1 || offsets[0] !== 0 || offsets[length] !== connectivity.length) {
      throw this.#error(
        `has cell offsets from ${offsets[0]} to ${offsets.at(-1)} (${offsets.length} of them); ${length} cells with ${connectivity.length} point indices need ${length + 1} from 0 to ${connectivity.length}`,
      );
    }
    for (let begin = 0; begin < connectivity.length; begin += INDICES_PER_STEP) {
      const end = Math.min(begin + INDICES_PER_STEP, connectivity.length);
      const outside = findOutside(connectivity, begin, end, this.#numPoints);
      if (outside >= 0) throw this.#outside('cells', connectivity, outside);
      yield;
    }
  }

  *run(): Generator<void, void> {
    const { types } = this.#cells;
    while (this.#cell < types.length) {
      const size = this.#checkSize();
      const type = types[this.#cell] as number;
      const pairs = type === CellType.Line && size > 2 ? undefined : this.#tables.find(type, size);
      if (pairs === undefined) yield* this.#addUntabled(size);
      else this.#addRun(pairs, size);
      if (this.#work < INDICES_PER_STEP) continue;
      this.#work = 0;
      yield;
    }
  }

  /** Checks how many points the cell has, and returns it. */
  #checkSize(): number {
    const { types, offsets, connectivity } = this.#cells;
    const end = offsets[this.#cell + 1] as number;
    const size = end - (offsets[this.#cell] as number);
    if (size < 0 || end > connectivity.length) {
      throw this.#error(`cell ${this.#cell} ends at ${end} in a connectivity of ${connectivity.length}`);
    }
    const expected = cellPointCount(types[this.#cell] as number) ?? size;
    // As curves of many points, which some writers store as Line.
    if (types[this.#cell] === CellType.Line && size > expected) return size;
    if (size !== expected) throw this.#error(`${this.#name()} has ${size} points instead of ${expected}`);
    return size;
  }

  /** Adds cells of the same type and size that follow one another. */
  #addRun(pairs: Int32Array, size: number): void {
    const { types, offsets, connectivity } = this.#cells;
    const first = this.#cell;
    const type = types[first];
    const begin = offsets[first] as number;
    const most = Math.min(first + Math.ceil((INDICES_PER_STEP - this.#work) / (size + 1)), types.length);
    let end = begin + size;
    let cell = first + 1;
    while (cell < most && types[cell] === type && offsets[cell + 1] === end + size) {
      // Left to be reported when this cell comes first in a run.
      if (end + size > connectivity.length) break;
      end += size;
      cell++;
    }
    if (type === CellType.Tetra) addTetrahedra(this.edges, connectivity, begin, end);
    else addCells(this.edges, connectivity, begin, end, size, pairs);
    this.#work += (cell - first) * (size + 1);
    this.#cell = cell;
  }

  /** Adds a cell whose edges follow from the order of its points, or a polyhedron. */
  *#addUntabled(size: number): Generator<void, void> {
    const { types, offsets } = this.#cells;
    const type = types[this.#cell] as number;
    const begin = offsets[this.#cell] as number;
    const end = begin + size;
    switch (type) {
      case CellType.PolyVertex:
        break;
      case CellType.Line:
      case CellType.PolyLine:
        yield* this.#addPath(begin, end, 1);
        break;
      case CellType.TriangleStrip:
        yield* this.#addPath(begin, end, 1);
        yield* this.#addPath(begin, end, 2);
        break;
      case CellType.Polygon:
        yield* this.#addPath(begin, end, 1);
        this.#addEnds(begin, end);
        break;
      case CellType.QuadraticPolygon:
        if (size % 2 !== 0) throw this.#error(`${this.#name()} has ${size} points, which is no even number`);
        // Corners first, then the middle of each edge.
        yield* this.#addPath(begin, end, size / 2);
        yield* this.#addPath(begin + 1, end - 1, size / 2 - 1);
        this.#addEnds(begin, end);
        break;
      case CellType.LagrangeCurve:
      case CellType.BezierCurve:
        // Both ends first, then the points between them.
        yield* this.#addPath(begin + 2, end, 1);
        if (size === 2) this.#addEnds(begin, end);
        if (size > 2) this.#addEnds(begin, begin + 3);
        if (size > 2) this.#addEnds(begin + 1, end);
        break;
      case CellType.Polyhedron:
        yield* this.#addPolyhedron();
        break;
      default:
        throw this.#noEdges(type);
    }
    this.#work += size + 1;
    this.#cell++;
  }

  /** Adds edges between points of the connectivity that lie `stride` apart, in steps. */
  *#addPath(begin: number, end: number, stride: number): Generator<void, void> {
    const { connectivity } = this.#cells;
    for (let from = begin; from + stride < end; from += INDICES_PER_STEP) {
      if (from > begin) yield;
      addPath(this.edges, connectivity, from, Math.min(from + INDICES_PER_STEP + stride, end), stride);
    }
  }

  /** Adds the edge between the first and the last of some points of the connectivity. */
  #addEnds(begin: number, end: number): void {
    const { connectivity } = this.#cells;
    if (end > begin) addPair(this.edges, connectivity[begin] as number, connectivity[end - 1] as number);
  }

  /** Adds the edges of the faces of a polyhedron. */
  *#addPolyhedron(): Generator<void, void> {
    const { faces, faceOffsets } = this.#cells;
    const end = faceOffsets?.[this.#cell] ?? -1;
    if (faces === undefined || end <= this.#face || end > faces.length) {
      throw this.#error(
        `${this.#name()} has no faces between ${this.#face} and its face offset, ${end}, in ${faces?.length ?? 0} values`,
      );
    }
    let at = this.#face;
    let facesLeft = faces[at++] as number;
    for (; facesLeft > 0 && at < end; facesLeft--) {
      const first = at + 1;
      at = first + (faces[at] as number);
      if (at < first || at > end) break;
      const outside = findOutside(faces, first, at, this.#numPoints);
      if (outside >= 0) throw this.#outside('faces', faces, outside);
      addPath(this.edges, faces, first, at, 1);
      if (at > first) addPair(this.edges, faces[first] as number, faces[at - 1] as number);
      this.#work += at - first;
      if (this.#work < INDICES_PER_STEP) continue;
      this.#work = 0;
      yield;
    }
    if (facesLeft !== 0 || at !== end) {
      throw this.#error(`${this.#name()} has faces that do not end at its face offset, ${end}`);
    }
    this.#face = end;
  }

  #name(): string {
    const type = this.#cells.types[this.#cell] as number;
    return `cell ${this.#cell}, of type ${cellTypeName(type) ?? type},`;
  }

  #error(problem: string): FormatError {
    return new FormatError(problem, { path: this.#path });
  }

  #outside(array: string, points: Int32Array, at: number): FormatError {
    return this.#error(
      `has the point index ${points[at]} at position ${at} of its ${array}; there are ${this.#numPoints} points`,
    );
  }

  #noEdges(type: number): FormatError | UnsupportedError {
    const name = cellTypeName(type);
    if (name === undefined)
      return this.#error(`cell ${this.#cell} has the type ${type}, which VTK does not have`);
    return new UnsupportedError(
      `edges of ${name}`,
      `${this.#path}: cell ${this.#cell} is of type ${name}, whose edges VTK does not define. Turn it into tetrahedra or other cells that have edges (in ParaView: filter Tetrahedralize).`,
    );
  }
}

/** Finds the position of the first of `points[begin … end − 1]` that is not in `0 … numPoints − 1`, or −1. */
function findOutside(points: Int32Array, begin: number, end: number, numPoints: number): number {
  for (let at = begin; at < end; at++) {
    if ((points[at] as number) >>> 0 >= numPoints) return at;
  }
  return -1;
}
