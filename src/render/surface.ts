import { CellCheck } from '../core/cell-check.ts';
import { CellType } from '../core/cell-types.ts';
import { bodyFaces, type Face, flatFaces } from '../core/face-tables.ts';
import { CellGhost, type Ghosts, PointGhost } from '../core/ghosts.ts';
import type { Cells } from '../core/mesh.ts';
import { type CellList, CellListBuilder } from './cell-list.ts';
import { FaceMatch, type FaceSource } from './face-match.ts';

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

class SurfaceWalk implements FaceSource {
  readonly #cells: Cells;
  readonly #numPoints: number;
  readonly #check: CellCheck;
  readonly #ghosts: Ghosts | undefined;
  readonly #match: FaceMatch;
  readonly #vertices = new CellListBuilder();
  readonly #lines = new CellListBuilder();
  readonly #polygons = new CellListBuilder();
  readonly #faces: (readonly Face[] | undefined)[];
  #hasPolyhedra = false;
  /** Place where the next polyhedron begins in `faces`. */
  #nextFaces = 0;

  constructor(cells: Cells, numPoints: number, path: string, ghosts: Ghosts | undefined) {
    this.#cells = cells;
    this.#numPoints = numPoints;
    this.#check = new CellCheck(cells, numPoints, path);
    this.#ghosts = ghosts;
    this.#match = new FaceMatch(numPoints, this);
    this.#faces = Array.from({ length: 256 }, (_, type) => bodyFaces.get(type));
  }

  check(): Generator<void, void> {
    return this.#check.run();
  }

  /** Counts and places the faces of bodies; cells that have no body go to the surface as they are. */
  *sort(): Generator<void, void> {
    for (let from = 0; from < this.#cells.types.length; ) {
      from = this.#addStep(from, false);
      yield;
    }
    yield* this.#match.startPlacing(this.#hasPolyhedra);
    this.#nextFaces = 0;
    for (let from = 0; from < this.#cells.types.length; ) {
      from = this.#addStep(from, true);
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

  /** Counts (first) or places (then) the faces of some cells from `from` on; returns the cell behind them. */
  #addStep(from: number, placing: boolean): number {
    const { types, offsets, connectivity } = this.#cells;
    const ghosts = this.#ghosts?.cells;
    const end = Math.min(from + CELLS_PER_STEP, types.length);
    for (let cell = from; cell < end; cell++) {
      const type = types[cell] as number;
      const isAbsent = ghosts !== undefined && isAbsentCell(ghosts[cell] as number);
      // Polyhedra are read one after the other, also those that are left out.
      if (isAbsent && type !== CellType.Polyhedron) continue;
      if (type === CellType.Tetra) {
        let last = cell + 1;
        if (ghosts === undefined) while (last < end && types[last] === CellType.Tetra) last++;
        if (placing) this.#placeTetrahedra(cell, last);
        else this.#match.countTetrahedra(connectivity, offsets[cell] as number, offsets[last] as number);
        cell = last - 1;
        continue;
      }
      const faces = this.#faces[type];
      if (faces !== undefined) this.#addBody(cell, faces, placing);
      else if (type === CellType.Polyhedron) this.#addPolyhedron(cell, placing, isAbsent);
      else if (!placing && !this.#isGhostFlat(cell)) this.#addFlat(cell, type);
    }
    return end;
  }

  #placeTetrahedra(from: number, to: number): void {
    const { offsets, connectivity } = this.#cells;
    const match = this.#match;
    let at = offsets[from] as number;
    for (let cell = from; cell < to; cell++, at += 4) {
      const a = connectivity[at] as number;
      const b = connectivity[at + 1] as number;
      const c = connectivity[at + 2] as number;
      const d = connectivity[at + 3] as number;
      match.placeTriangle(a, b, d, cell, 0);
      match.placeTriangle(b, c, d, cell, 1);
      match.placeTriangle(c, a, d, cell, 2);
      match.placeTriangle(a, c, b, cell, 3);
    }
  }

  #addBody(cell: number, faces: readonly Face[], placing: boolean): void {
    const { offsets, connectivity } = this.#cells;
    const start = offsets[cell] as number;
    for (let face = 0; face < faces.length; face++) {
      const { corners } = faces[face] as Face;
      let smallest = this.#numPoints;
      let second = this.#numPoints;
      let largest = -1;
      for (let corner = 0; corner < corners.length; corner++) {
        const point = connectivity[start + (corners[corner] as number)] as number;
        if (point < smallest) {
          second = smallest;
          smallest = point;
        } else if (point < second) second = point;
        if (point > largest) largest = point;
      }
      if (placing) this.#match.place(smallest, second, largest, cell, face);
      else this.#match.count(smallest);
    }
  }

  #addPolyhedron(cell: number, placing: boolean, isAbsent: boolean): void {
    this.#hasPolyhedra = true;
    const begin = this.#nextFaces;
    if (!placing) this.#check.polyhedron(cell, begin);
    const faces = this.#cells.faces as Int32Array;
    let at = begin + 1;
    for (let left = faces[begin] as number; left > 0; left--) {
      const size = faces[at] as number;
      // A face of less than three points bounds nothing.
      if (size >= 3 && !isAbsent) this.#addPolyhedronFace(cell, at, placing);
      at += 1 + size;
    }
    this.#nextFaces = at;
  }

  #addPolyhedronFace(cell: number, place: number, placing: boolean): void {
    const faces = this.#cells.faces as Int32Array;
    let smallest = this.#numPoints;
    let second = this.#numPoints;
    let largest = -1;
    for (let at = place + 1; at <= place + (faces[place] as number); at++) {
      const point = faces[at] as number;
      if (point < smallest) {
        second = smallest;
        smallest = point;
      } else if (point < second) second = point;
      if (point > largest) largest = point;
    }
    if (placing) this.#match.place(smallest, second, largest, cell, place);
    else this.#match.count(smallest);
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

/** Tells whether a cell is as if it were not there. A copy is there, whatever else it is. */
function isAbsentCell(flags: number): boolean {
  return (flags & (CellGhost.Hidden | CellGhost.Refined)) !== 0 && (flags & CellGhost.Copy) === 0;
}

function hasHidden(points: Uint8Array, list: Int32Array, begin: number, end: number): boolean {
  for (let at = begin; at < end; at++)
    if (((points[list[at] as number] as number) & PointGhost.Hidden) !== 0) return true;
  return false;
}
