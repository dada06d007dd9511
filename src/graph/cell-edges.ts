import type { BufferPool } from '../core/buffer-pool.ts';
import { CellCheck } from '../core/cell-check.ts';
import { CellType } from '../core/cell-types.ts';
import { UnsupportedError } from '../core/errors.ts';
import { bodyFaces, curvesByEnds, flatFaces } from '../core/face-tables.ts';
import type { Cells } from '../core/mesh.ts';
import { CellRows } from './cell-rows.ts';
import { distinctCorners } from './corners.ts';
import { type CornerReader, FaceGroups, type FaceKey } from './face-groups.ts';

/** Number of cells handled between two yields. */
const CELLS_PER_STEP = 2 ** 12;
/** Number of corners of a cell handled, beyond which it is a step of its own. */
const CORNERS_PER_STEP = 2 ** 15;
/** Multiplier that spreads consecutive numbers. */
const CORNER_MULTIPLIER = 0x9e3779b1;

/** Options of finding the edges between cells. */
export interface CellEdgeOptions {
  /** Name of the mesh in error messages. @defaultValue `'mesh'` */
  readonly path?: string | undefined;
  /** Memory to use for the edges. @defaultValue new memory */
  readonly buffers?: BufferPool | undefined;
}

/**
 * Finds the edges between the cells of a mesh: both directions of each, sorted by (source, target), no duplicates, no
 * self-loops. Each step takes a few milliseconds, a cell of very many points one of its own.
 *
 * - Cells of one dimension are joined: bodies that share a face with all its corners, flat cells that share a side,
 *   curves that share a point. Three that share one are neighbours of each other; cells of points have no neighbours.
 * - Of quadratic and higher-order cells the corners count; of curves of many points each point.
 * - A triangle strip has the sides of its outline, a polyhedron the faces that it lists.
 * - A face of fewer than three different corners, or a side of one, is none.
 *
 * @param cells - is checked on the way: what is read never lies outside the arrays
 * @param numPoints - N, how many points the mesh has
 * @returns `[2, E]`, row-major: all sources, then all targets
 * @throws FormatError when a point index, an offset, a cell type or the number of points of a cell is wrong
 * @throws UnsupportedError when the faces of a cell are not defined (convex point sets, parametric cells)
 */
export function* cellEdgeSteps(
  cells: Cells,
  numPoints: number,
  options?: CellEdgeOptions,
): Generator<void, Int32Array<ArrayBuffer>> {
  const walk = new FaceWalk(cells, numPoints, options?.path ?? 'mesh');
  yield* walk.run();
  return yield* walk.rows.toEdges(options?.buffers);
}

/**
 * Faces of cells of a type by local point numbers: for each the number of corners, then these. Faces of a flat cell are
 * its sides, those of a curve its ends.
 */
type FaceTable = Uint8Array;

/** Table of each type whose faces do not follow from its number of points; made when it is first needed. */
let faceTables: readonly (FaceTable | undefined)[] | undefined;

const flatten = (faces: readonly (readonly number[])[]): FaceTable =>
  Uint8Array.from(faces.flatMap((corners) => [corners.length, ...corners]));

function makeFaceTables(): readonly (FaceTable | undefined)[] {
  const ends = flatten([[0], [1]]);
  const others = new Map<number, FaceTable>([
    [CellType.Empty, flatten([])],
    [CellType.Vertex, flatten([])],
    [CellType.PolyVertex, flatten([])],
    ...[...curvesByEnds].map((type) => [type, ends] as const),
  ]);
  return Array.from({ length: 256 }, (_, type) => {
    const body = bodyFaces.get(type);
    if (body !== undefined) return flatten(body.map(({ corners }) => corners));
    const corners = flatFaces.get(type)?.corners;
    if (corners === undefined) return others.get(type);
    return flatten(corners.map((corner, at) => [corner, corners[(at + 1) % corners.length] as number]));
  });
}

const dimensions: Uint8Array = Uint8Array.from({ length: 256 }, (_, type) => {
  if (type === CellType.Line || type === CellType.PolyLine || curvesByEnds.has(type)) return 1;
  return bodyFaces.has(type) || type === CellType.Polyhedron ? 3 : 2;
});

/** Walk through the cells in order, which first counts their faces and then, pass by pass, places them. */
class FaceWalk implements CornerReader {
  readonly rows: CellRows;
  readonly #cells: Cells;
  readonly #check: CellCheck;
  readonly #groups: FaceGroups;
  readonly #tables: readonly (FaceTable | undefined)[];
  readonly #key: FaceKey = { smallest: 0, second: 0, largest: 0 };
  readonly #corners: number[] = [];
  /** Bytes that the place of a face needs: 0 while all faces have three corners at most. */
  #places: 0 | 1 | 4 = 0;
  /** True when faces are placed, not counted. */
  #placing = false;
  /** Faces counted so far. */
  #count = 0;
  /** Corners handled since the last yield. */
  #work = 0;
  /** End of the tetrahedra that follow one another, as far as it was looked for. */
  #runEnd = 0;
  /** Place where the next polyhedron begins in `faces`. */
  #nextFaces = 0;

  constructor(cells: Cells, numPoints: number, path: string) {
    this.#cells = cells;
    this.#check = new CellCheck(cells, numPoints, path);
    this.#groups = new FaceGroups(numPoints, this);
    this.rows = new CellRows(cells.types.length);
    this.#tables = faceTables ??= makeFaceTables();
  }

  *run(): Generator<void, void> {
    yield* this.#check.run();
    yield* this.#walk();
    if (this.#count >= 2 ** 31) {
      const problem = `The cells have ${this.#count} faces; 2^31 − 1 is the most.`;
      throw new UnsupportedError('2^31 faces', problem);
    }
    this.rows.ends[this.#cells.types.length] = this.#count;
    yield* this.rows.makeRoom();
    this.#placing = true;
    yield* this.#groups.passes(this.#places, () => this.#walk(), this.rows);
  }

  /** Goes through all cells once. */
  *#walk(): Generator<void, void> {
    const { types } = this.#cells;
    this.#nextFaces = 0;
    this.#runEnd = 0;
    for (let cell = 0; cell < types.length; ) {
      const end = Math.min(cell + CELLS_PER_STEP, types.length);
      while (cell < end && this.#work < CORNERS_PER_STEP) cell = this.#addNext(cell, end);
      this.#work = 0;
      yield;
    }
  }

  /** Adds the next cell, or a run of tetrahedra that ends before `end`; returns the cell behind. */
  #addNext(cell: number, end: number): number {
    const { types, offsets } = this.#cells;
    const type = types[cell] as number;
    if (type === CellType.Tetra) {
      if (this.#runEnd <= cell || this.#runEnd > end) this.#runEnd = cell + 1;
      while (this.#runEnd < end && types[this.#runEnd] === CellType.Tetra) this.#runEnd++;
      const behind = this.#addTetrahedra(cell, this.#runEnd);
      if (behind > cell) return behind;
    }
    const table = this.#tables[type];
    const begin = offsets[cell] as number;
    if (table !== undefined) this.#addTabled(cell, table, begin);
    else this.#addUntabled(cell, type, begin, offsets[cell + 1] as number);
    if (!this.#placing) this.rows.ends[cell] = this.#count;
    return cell + 1;
  }

  /** Adds tetrahedra up to one that has corners in common with itself; returns the cell behind them. */
  #addTetrahedra(from: number, to: number): number {
    const { offsets, connectivity } = this.#cells;
    const begin = offsets[from] as number;
    const end = offsets[to] as number;
    if (this.#placing) {
      return from + (this.#groups.placeTetrahedra(connectivity, begin, end, from) - begin) / 4;
    }
    const behind = from + (this.#groups.countTetrahedra(connectivity, begin, end) - begin) / 4;
    const { ends } = this.rows;
    for (let cell = from; cell < behind; cell++) ends[cell] = this.#count += 4;
    return behind;
  }

  #addTabled(cell: number, table: FaceTable, begin: number): void {
    const { connectivity } = this.#cells;
    const corners = this.#corners;
    for (let at = 0; at < table.length; ) {
      const place = at;
      const size = table[at++] as number;
      for (let corner = 0; corner < size; corner++)
        corners[corner] = connectivity[begin + (table[at++] as number)] as number;
      this.#addFace(cell, place, size);
    }
  }

  /** Adds a cell whose faces follow from the order of its points, or a polyhedron. */
  #addUntabled(cell: number, type: number, begin: number, end: number): void {
    this.#work += end - begin;
    switch (type) {
      case CellType.Line:
      case CellType.PolyLine:
        for (let at = begin; at < end; at++) this.#addSide(cell, at, at);
        break;
      case CellType.Polygon:
        this.#addRing(cell, begin, end);
        break;
      case CellType.QuadraticPolygon:
        // Corners first, then the middle of each side.
        this.#addRing(cell, begin, begin + (end - begin) / 2);
        break;
      case CellType.TriangleStrip:
        if (end - begin < 3) break;
        // The sides between its triangles are inside.
        this.#addSide(cell, begin, begin + 1);
        for (let at = begin; at + 2 < end; at++) this.#addSide(cell, at, at + 2);
        this.#addSide(cell, end - 2, end - 1);
        break;
      case CellType.Polyhedron:
        this.#addPolyhedron(cell);
        break;
      default:
        throw this.#check.noFaces(cell);
    }
  }

  #addRing(cell: number, begin: number, end: number): void {
    for (let at = begin; at + 1 < end; at++) this.#addSide(cell, at, at + 1);
    if (end - begin > 2) this.#addSide(cell, end - 1, begin);
  }

  /** Adds the side between two places of the connectivity, of a curve the point at one. */
  #addSide(cell: number, from: number, to: number): void {
    const { connectivity } = this.#cells;
    this.#corners[0] = connectivity[from] as number;
    this.#corners[1] = connectivity[to] as number;
    this.#addFace(cell, 0, 2);
  }

  #addPolyhedron(cell: number): void {
    const begin = this.#nextFaces;
    if (!this.#placing) this.#check.polyhedron(cell, begin);
    const faces = this.#cells.faces as Int32Array;
    this.#places = 4;
    let at = begin + 1;
    for (let left = faces[begin] as number; left > 0; left--) {
      const size = this.#readListed(at, this.#corners);
      this.#addFace(cell, at, size);
      at += 1 + size;
    }
    this.#work += at - begin;
    this.#nextFaces = at;
  }

  /** Adds the face of a cell whose corners are the first `size`, where it is one. */
  #addFace(cell: number, place: number, size: number): void {
    const corners = this.#corners;
    let smallest = corners[0] as number;
    if (this.#placing) {
      for (let at = 1; at < size; at++)
        if ((corners[at] as number) < smallest) smallest = corners[at] as number;
      if (!this.#groups.isInPass(smallest)) return;
    }
    const count = distinctCorners(corners, size);
    if (Math.min(count, 3) !== dimensions[this.#cells.types[cell] as number]) return;
    if (count > 3 && this.#places === 0) this.#places = 1;
    if (!this.#placing) {
      for (let at = 1; at < count; at++)
        if ((corners[at] as number) < smallest) smallest = corners[at] as number;
      this.#groups.count(smallest);
      this.#count++;
      return;
    }
    fillKey(this.#key, corners, count);
    this.#groups.place(this.#key, cell, place);
  }

  readCorners(owner: number, place: number, target: number[]): number {
    const { types, offsets, connectivity } = this.#cells;
    const table = this.#tables[types[owner] as number];
    if (table === undefined) return this.#readListed(place, target);
    const begin = offsets[owner] as number;
    const size = table[place] as number;
    for (let at = 0; at < size; at++)
      target[at] = connectivity[begin + (table[place + 1 + at] as number)] as number;
    return size;
  }

  /** Reads the corners of a face of a polyhedron. */
  #readListed(place: number, target: number[]): number {
    const faces = this.#cells.faces as Int32Array;
    const size = faces[place] as number;
    for (let at = 0; at < size; at++) target[at] = faces[place + 1 + at] as number;
    return size;
  }
}

/** Fills the key of a face of `count` corners, each of them once. */
function fillKey(key: FaceKey, corners: readonly number[], count: number): void {
  let smallest = corners[0] as number;
  let second = Number.MAX_SAFE_INTEGER;
  let largest = smallest;
  let spread = 0;
  for (let at = 1; at < count; at++) {
    const corner = corners[at] as number;
    if (corner < smallest) {
      second = smallest;
      smallest = corner;
    } else if (corner < second) second = corner;
    if (corner > largest) largest = corner;
  }
  key.smallest = smallest;
  key.second = count === 1 ? smallest : second;
  key.largest = largest;
  if (count <= 3) return;
  for (let at = 0; at < count; at++) {
    const product = Math.imul(corners[at] as number, CORNER_MULTIPLIER);
    spread += product ^ (product >>> 15);
  }
  key.largest = spread | (2 ** 31);
}
