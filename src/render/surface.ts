import { CellCheck } from '../core/cell-check.ts';
import { CellType } from '../core/cell-types.ts';
import { bodyFaces, type Face, flatFaces } from '../core/face-tables.ts';
import { CellGhost, type Ghosts, PointGhost } from '../core/ghosts.ts';
import type { Cells } from '../core/mesh.ts';
import { type CellList, CellListBuilder } from './cell-list.ts';
import { FaceMatch, FaceSieve, type FaceSource, mixPoint } from './face-match.ts';

/** Number of cells handled between two yields. */
const CELLS_PER_STEP = 2 ** 12;

/** Cells that can be seen of a mesh from outside. */
export interface Surface {
  /** Cells of points. */
  readonly vertices: CellList;
  /** Cells that are lines, each from its first to its last point. */
  readonly lines: CellList;
  /** Flat cells as they are, then the faces of bodies that no other body shares. */
  readonly polygons: CellList;
}

/**
 * Finds the outer surface of a mesh: the faces of bodies that only one body has, and flat cells, lines and points as
 * they are. Faces point outwards where VTK's order of points says so.
 *
 * - Faces with points in their sides or centre (quadratic cells) become the flat polygons between these points; of
 *   Lagrange and Bézier cells only the corners are taken.
 * - Triangle strips become triangles, polyhedra their faces. Pixels and voxels are turned into VTK's order of quads.
 * - Two faces are the same when they have the same corners; a face that three bodies have is inside as well.
 * - Ghosts are left out as `vtkGeometryFilter` of VTK 9.7 does it: hidden and refined cells are as if they were not
 *   there; a copied body has no faces of its own but shares those of its neighbours, so that nothing is seen of the place
 *   where pieces meet; what has a hidden point as a corner is not seen.
 *
 * @param cells - is checked on the way: what is read never lies outside the arrays
 * @throws FormatError when a point index, an offset, a cell type or the number of points of a cell is wrong
 * @throws UnsupportedError when the faces of a cell are not defined (convex point sets, parametric cells)
 */
export function* surfaceSteps(
  cells: Cells,
  numPoints: number,
  path = 'mesh',
  ghosts?: Ghosts,
): Generator<void, Surface> {
  const walk = new SurfaceWalk(cells, numPoints, path, ghosts);
  yield* walk.check();
  yield* walk.sort();
  yield* walk.match();
  return walk.take();
}

/** Pass over all cells: sift the points at which faces may be seen, then count the faces there, then place them. */
type Pass = 'sift' | 'count' | 'place';

class SurfaceWalk implements FaceSource {
  readonly #cells: Cells;
  readonly #numPoints: number;
  readonly #check: CellCheck;
  readonly #ghosts: Ghosts | undefined;
  readonly #match: FaceMatch;
  readonly #sieve: FaceSieve;
  /** Flags of the points of the mesh that are the smallest corner of a face that may be seen, once they are sifted. */
  #mayBe: Uint8Array = new Uint8Array(0);
  readonly #vertices = new CellListBuilder();
  readonly #lines = new CellListBuilder();
  readonly #polygons = new CellListBuilder();
  readonly #faces: (readonly Face[] | undefined)[];
  readonly #corners = new CornerFacts();
  #hasPolyhedra = false;
  /** Place where the next polyhedron begins in `faces`. */
  #nextFaces = 0;

  constructor(cells: Cells, numPoints: number, path: string, ghosts: Ghosts | undefined) {
    this.#cells = cells;
    this.#numPoints = numPoints;
    this.#check = new CellCheck(cells, numPoints, path);
    this.#ghosts = ghosts;
    this.#match = new FaceMatch(numPoints, this);
    this.#sieve = new FaceSieve(numPoints);
    this.#faces = Array.from({ length: 256 }, (_, type) => bodyFaces.get(type));
  }

  check(): Generator<void, void> {
    return this.#check.run();
  }

  /** Counts and places the faces of bodies that may be seen; cells that have no body go to the surface as they are. */
  *sort(): Generator<void, void> {
    yield* this.#pass('sift');
    this.#mayBe = this.#sieve.take();
    yield* this.#pass('count');
    yield* this.#match.startPlacing(this.#hasPolyhedra);
    yield* this.#pass('place');
  }

  *#pass(pass: Pass): Generator<void, void> {
    this.#nextFaces = 0;
    for (let from = 0; from < this.#cells.types.length; ) {
      from = this.#addStep(from, pass);
      yield;
    }
  }

  match(): Generator<void, void> {
    return this.#match.findSingle((owner, place) => this.#emit(owner, place));
  }

  take(): Surface {
    return {
      vertices: this.#vertices.take(),
      lines: this.#lines.take(),
      polygons: this.#polygons.take(),
    };
  }

  /** Takes some cells from `from` on through a pass; returns the cell behind them. */
  #addStep(from: number, pass: Pass): number {
    const { types, offsets } = this.#cells;
    const ghosts = this.#ghosts?.cells;
    const end = Math.min(from + CELLS_PER_STEP, types.length);
    for (let cell = from; cell < end; cell++) {
      const type = types[cell] as number;
      const isAbsent = ghosts !== undefined && isAbsentCell(ghosts[cell] as number);
      // Polyhedra are read one after the other, also those that are left out.
      if (isAbsent && type !== CellType.Polyhedron) continue;
      if (type === CellType.Tetra || type === CellType.Hexahedron) {
        let last = cell + 1;
        if (ghosts === undefined) while (last < end && types[last] === type) last++;
        this.#addRun(type, cell, last, pass);
        cell = last - 1;
        continue;
      }
      const faces = this.#faces[type];
      if (faces !== undefined) {
        if (pass === 'sift' || this.#hasCandidate(offsets[cell] as number, offsets[cell + 1] as number))
          this.#addBody(cell, faces, pass);
      } else if (type === CellType.Polyhedron) this.#addPolyhedron(cell, pass, isAbsent);
      else if (pass === 'sift' && !this.#isGhostFlat(cell)) this.#addFlat(cell, type);
    }
    return end;
  }

  /** Takes cells of one type, tetrahedra or hexahedra, through a pass. */
  #addRun(type: number, from: number, to: number, pass: Pass): void {
    const { offsets, connectivity } = this.#cells;
    const begin = offsets[from] as number;
    if (pass === 'sift') {
      if (type === CellType.Tetra) this.#sieve.addTetrahedra(connectivity, begin, offsets[to] as number);
      else this.#sieve.addHexahedra(connectivity, begin, offsets[to] as number);
      return;
    }
    const size = type === CellType.Tetra ? 4 : 8;
    const faces = this.#faces[type] as readonly Face[];
    for (let cell = from, at = begin; cell < to; cell++, at += size)
      if (this.#hasCandidate(at, at + size)) this.#addBody(cell, faces, pass);
  }

  /** Tells whether one of the points of a cell may be the smallest corner of a face that is seen. */
  #hasCandidate(begin: number, end: number): boolean {
    const { connectivity } = this.#cells;
    for (let at = begin; at < end; at++) if (this.#mayBe[connectivity[at] as number] === 1) return true;
    return false;
  }

  #addBody(cell: number, faces: readonly Face[], pass: Pass): void {
    const { offsets, connectivity } = this.#cells;
    const start = offsets[cell] as number;
    for (let face = 0; face < faces.length; face++) {
      const { corners } = faces[face] as Face;
      this.#corners.begin(this.#numPoints);
      for (let corner = 0; corner < corners.length; corner++)
        this.#corners.add(connectivity[start + (corners[corner] as number)] as number);
      this.#addFace(cell, face, pass);
    }
  }

  /** Takes the face whose corners were looked at last through a pass. */
  #addFace(cell: number, place: number, pass: Pass): void {
    const { smallest, second, largest, sum, bits } = this.#corners;
    if (pass === 'sift') this.#sieve.add(smallest, sum, bits);
    else if (this.#mayBe[smallest] !== 1) return;
    else if (pass === 'place') this.#match.place(smallest, second, largest, cell, place);
    else this.#match.count(smallest);
  }

  #addPolyhedron(cell: number, pass: Pass, isAbsent: boolean): void {
    this.#hasPolyhedra = true;
    const begin = this.#nextFaces;
    if (pass === 'sift') this.#check.polyhedron(cell, begin);
    const faces = this.#cells.faces as Int32Array;
    let at = begin + 1;
    for (let left = faces[begin] as number; left > 0; left--) {
      const size = faces[at] as number;
      // A face of less than three points bounds nothing.
      if (size >= 3 && !isAbsent) this.#addPolyhedronFace(cell, at, pass);
      at += 1 + size;
    }
    this.#nextFaces = at;
  }

  #addPolyhedronFace(cell: number, place: number, pass: Pass): void {
    const faces = this.#cells.faces as Int32Array;
    this.#corners.begin(this.#numPoints);
    const end = place + 1 + (faces[place] as number);
    for (let at = place + 1; at < end; at++) this.#corners.add(faces[at] as number);
    this.#addFace(cell, place, pass);
  }

  readCorners(owner: number, place: number, target: number[]): number {
    const { types, offsets, connectivity, faces } = this.#cells;
    const table = this.#faces[types[owner] as number];
    if (table === undefined) {
      const size = (faces as Int32Array)[place] as number;
      for (let at = 0; at < size; at++) target[at] = (faces as Int32Array)[place + 1 + at] as number;
      return size;
    }
    const { corners } = table[place] as Face;
    const start = offsets[owner] as number;
    for (let at = 0; at < corners.length; at++)
      target[at] = connectivity[start + (corners[at] as number)] as number;
    return corners.length;
  }

  /** Adds a face to the surface. */
  #emit(owner: number, place: number): void {
    const { types, offsets, faces } = this.#cells;
    const table = this.#faces[types[owner] as number];
    if (this.#ghosts !== undefined && this.#isGhostFace(owner, place)) return;
    if (table !== undefined) {
      this.#addPieces(owner, offsets[owner] as number, (table[place] as Face).pieces);
      return;
    }
    const values = faces as Int32Array;
    const end = place + 1 + (values[place] as number);
    for (let at = place + 1; at < end; at++) this.#polygons.points.push(values[at] as number);
    this.#polygons.end(owner);
  }

  /** Tells whether a face that only one body has is not seen. */
  #isGhostFace(owner: number, place: number): boolean {
    const { cells, points } = this.#ghosts as Ghosts;
    if (cells !== undefined && ((cells[owner] as number) & CellGhost.Copy) !== 0) return true;
    if (points === undefined) return false;
    const { types, offsets, connectivity, faces } = this.#cells;
    const table = this.#faces[types[owner] as number];
    if (table === undefined) {
      const size = (faces as Int32Array)[place] as number;
      return hasHidden(points, faces as Int32Array, place + 1, place + 1 + size);
    }
    const start = offsets[owner] as number;
    return (table[place] as Face).pieces.some((piece) =>
      piece.some(
        (corner) => ((points[connectivity[start + corner] as number] as number) & PointGhost.Hidden) !== 0,
      ),
    );
  }

  /** Tells whether a cell that has no body is not seen. */
  #isGhostFlat(cell: number): boolean {
    if (this.#ghosts === undefined) return false;
    const { cells, points } = this.#ghosts;
    if (cells !== undefined && ((cells[cell] as number) & CellGhost.Copy) !== 0) return true;
    const { offsets, connectivity } = this.#cells;
    return (
      points !== undefined &&
      hasHidden(points, connectivity, offsets[cell] as number, offsets[cell + 1] as number)
    );
  }

  #addPieces(cell: number, start: number, pieces: Face['pieces']): void {
    const { connectivity } = this.#cells;
    const { points } = this.#polygons;
    for (let piece = 0; piece < pieces.length; piece++) {
      const corners = pieces[piece] as readonly number[];
      for (let at = 0; at < corners.length; at++)
        points.push(connectivity[start + (corners[at] as number)] as number);
      this.#polygons.end(cell);
    }
  }

  /** Adds a cell that has no body. */
  #addFlat(cell: number, type: number): void {
    const { offsets } = this.#cells;
    const begin = offsets[cell] as number;
    const end = offsets[cell + 1] as number;
    const flat = flatFaces.get(type);
    if (flat !== undefined) {
      this.#addPieces(cell, begin, flat.pieces);
      return;
    }
    switch (type) {
      case CellType.Empty:
        return;
      case CellType.Vertex:
      case CellType.PolyVertex:
        this.#addPath(this.#vertices, cell, begin, end);
        return;
      case CellType.Line:
      case CellType.PolyLine:
        this.#addPath(this.#lines, cell, begin, end);
        return;
      case CellType.QuadraticEdge:
      case CellType.CubicLine:
      case CellType.LagrangeCurve:
      case CellType.BezierCurve:
        // Both ends first, then the points between them.
        this.#push(this.#lines, begin, begin + 1);
        this.#push(this.#lines, begin + 2, end);
        this.#addPath(this.#lines, cell, begin + 1, begin + 2);
        return;
      case CellType.Polygon:
        if (end - begin >= 3) this.#addPath(this.#polygons, cell, begin, end);
        return;
      case CellType.QuadraticPolygon:
        this.#addQuadraticPolygon(cell, begin, end);
        return;
      case CellType.TriangleStrip:
        for (let at = begin; at + 2 < end; at++) {
          // Every second triangle runs the other way round.
          const odd = (at - begin) % 2;
          this.#push(this.#polygons, at + odd, at + odd + 1);
          this.#push(this.#polygons, at + 1 - odd, at + 2 - odd);
          this.#addPath(this.#polygons, cell, at + 2, at + 3);
        }
        return;
      default:
        throw this.#check.noFaces(cell);
    }
  }

  #push(list: CellListBuilder, begin: number, end: number): void {
    for (let at = begin; at < end; at++) list.points.push(this.#cells.connectivity[at] as number);
  }

  #addPath(list: CellListBuilder, cell: number, begin: number, end: number): void {
    this.#push(list, begin, end);
    list.end(cell);
  }

  /**
   * Adds the polygon of a quadratic cell: corners first, then the middle of each side: the outline through all of them.
   */
  #addQuadraticPolygon(cell: number, begin: number, end: number): void {
    const half = (end - begin) / 2;
    if (half < 3) throw this.#check.error(`${this.#check.name(cell)} has ${end - begin} points; it needs 6`);
    for (let at = begin; at < begin + half; at++) {
      this.#push(this.#polygons, at, at + 1);
      this.#push(this.#polygons, at + half, at + half + 1);
    }
    this.#polygons.end(cell);
  }
}

/** Facts of the corners of a face, whatever their order. */
class CornerFacts {
  smallest = 0;
  second = 0;
  largest = 0;
  /** Sum of their mixed numbers, and exclusive or of their numbers. */
  sum = 0;
  bits = 0;

  begin(numPoints: number): void {
    this.smallest = numPoints;
    this.second = numPoints;
    this.largest = -1;
    this.sum = 0;
    this.bits = 0;
  }

  add(point: number): void {
    if (point < this.smallest) {
      this.second = this.smallest;
      this.smallest = point;
    } else if (point < this.second) this.second = point;
    if (point > this.largest) this.largest = point;
    this.sum = (this.sum + mixPoint(point)) | 0;
    this.bits ^= point;
  }
}

/** Tells whether a cell is as if it were not there. A copy is there, whatever else it is. */
function isAbsentCell(flags: number): boolean {
  return (flags & (CellGhost.Hidden | CellGhost.Refined)) !== 0 && (flags & CellGhost.Copy) === 0;
}

function hasHidden(points: Uint8Array, list: Int32Array, begin: number, end: number): boolean {
  for (let at = begin; at < end; at++)
    if (((points[list[at] as number] as number) & PointGhost.Hidden) !== 0) return true;
  return false;
}
