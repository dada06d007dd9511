import { CellCheck } from '../core/cell-check.ts';
import { CellType } from '../core/cell-types.ts';
import { bodyFaces, type Face } from '../core/face-tables.ts';
import { CellGhost, type Ghosts, PointGhost } from '../core/ghosts.ts';
import type { Cells, Mesh } from '../core/mesh.ts';
import { type Blend, BlendBuilder } from './blend.ts';
import { bodyCentres } from './body-centres.ts';
import { CellListBuilder } from './cell-list.ts';
import { CutLoops } from './cut-loops.ts';
import { flatCell } from './flat-cells.ts';
import { heightsOver, type Plane } from './plane.ts';
import { PlaneHeights, Side } from './plane-heights.ts';
import type { Surface } from './surface.ts';

/** Number of cells looked at between two yields. */
const CELLS_PER_STEP = 2 ** 14;
/** Number of faces, and of flat cells, that are cut between two yields. */
const FACES_PER_STEP = 2 ** 11;

/** Cells of points of their own that are mixed of the points of a mesh; owners are cells of that. */
export interface Cut extends Surface {
  readonly points: Blend;
}

/**
 * Finds where a plane meets the cells of a mesh: bodies in polygons, flat cells in lines, lines in points.
 *
 * - Points lie on edges of cells and are mixed of their two ends, so that neighbours have them in common.
 * - Bodies with points in their sides (quadratic cells) are cut as pyramids between the pieces of their faces and their
 *   centre; of Lagrange and Bézier cells only the corners count.
 * - What lies in the plane is part of it: a face once, whichever cell has it, and flat cells as they are.
 * - Cells that ghosts mark as copies, hidden or refined are left out, and those with a hidden point or one at no place.
 *
 * @throws FormatError when a cell is malformed
 * @throws UnsupportedError when the plane meets a cell whose faces are not defined
 */
export function* sliceSteps(
  { cells, points }: Pick<Mesh, 'cells' | 'points'>,
  plane: Plane,
  path: string,
  ghosts: Ghosts | undefined,
): Generator<void, Cut> {
  const heights = new PlaneHeights(yield* heightsOver(plane, points));
  const check = new CellCheck(cells, heights.numPoints, path);
  yield* check.run();
  yield* heights.findSides();
  const walk = new SliceWalk(cells, heights, ghosts, check);
  yield* walk.run();
  return walk.take();
}

class SliceWalk {
  readonly #cells: Cells;
  readonly #heights: PlaneHeights;
  readonly #sides: Uint8Array;
  readonly #ghosts: Ghosts | undefined;
  readonly #check: CellCheck;
  readonly #loops: CutLoops;
  readonly #points = new BlendBuilder();
  /** Points that were made, by the ends of their edges. */
  readonly #known = new Map<number, number>();
  /** Points that were made between the centre of the cell at hand and points of it, by these. */
  readonly #toCentre = new Map<number, number>();
  readonly #vertices = new CellListBuilder();
  readonly #lines = new CellListBuilder();
  readonly #polygons = new CellListBuilder();
  /** Parts of the slice made of points of the mesh alone, by these; and parts of cells above the plane that lie in it. */
  readonly #inPlane = new Set<string>();
  readonly #touching = new Map<string, { readonly points: readonly number[]; readonly cell: number }>();
  readonly #dots = new Set<number>();
  #nextFaces = 0;
  /** Faces cut since the last yield. */
  #work = 0;

  constructor(cells: Cells, heights: PlaneHeights, ghosts: Ghosts | undefined, check: CellCheck) {
    this.#cells = cells;
    this.#heights = heights;
    this.#sides = heights.sides;
    this.#ghosts = ghosts;
    this.#check = check;
    this.#loops = new CutLoops(heights);
  }

  *run(): Generator<void, void> {
    const { length } = this.#cells.types;
    for (let cell = 0; cell < length; ) {
      this.#work = 0;
      cell = this.#addCells(cell, Math.min(cell + CELLS_PER_STEP, length));
      yield;
    }
    let left = FACES_PER_STEP;
    for (const [key, { points, cell }] of this.#touching) {
      if (!this.#inPlane.has(key)) this.#addWhole(points, cell);
      if (--left > 0) continue;
      left = FACES_PER_STEP;
      yield;
    }
  }

  take(): Cut {
    return {
      points: this.#points.take(),
      vertices: this.#vertices.take(),
      lines: this.#lines.take(),
      polygons: this.#polygons.take(),
    };
  }

  /** Adds cells up to `end`, or until enough faces were cut for a step; returns the cell behind them. */
  #addCells(begin: number, end: number): number {
    const { types, offsets, connectivity } = this.#cells;
    const sides = this.#sides;
    for (let cell = begin; cell < end; cell++) {
      const isPolyhedron = types[cell] === CellType.Polyhedron;
      const faces = this.#nextFaces;
      if (isPolyhedron) {
        this.#check.polyhedron(cell, faces);
        this.#nextFaces = this.#cells.faceOffsets?.[cell] as number;
      }
      const last = offsets[cell + 1] as number;
      let met = 0;
      for (let at = offsets[cell] as number; at < last; at++)
        met |= sides[connectivity[at] as number] as number;
      if (met === Side.Below || met === Side.Above || met === 0 || (met & Side.Nowhere) !== 0) continue;
      if (this.#ghosts !== undefined && this.#isGhost(cell, this.#ghosts)) continue;
      if (isPolyhedron) this.#addBody(cell, this.#facesOf(faces), met);
      else this.#addCell(cell, met);
      if (this.#work >= FACES_PER_STEP) return cell + 1;
    }
    return end;
  }

  #addCell(cell: number, met: number): void {
    const { types, offsets, connectivity } = this.#cells;
    const type = types[cell] as number;
    const faces = bodyFaces.get(type);
    if (faces === undefined) return this.#addFlat(cell, met);
    const start = offsets[cell] as number;
    const rings = faces.flatMap(({ pieces }: Face) =>
      pieces.map((piece) => piece.map((corner) => connectivity[start + corner] as number)),
    );
    const centre = bodyCentres.get(type);
    if (centre === undefined || (met & Side.Below) === 0) return this.#addBody(cell, rings, met);
    this.#toCentre.clear();
    this.#heights.setCentre(
      centre.map(([corner, weight]) => [connectivity[start + corner] as number, weight] as const),
    );
    for (const ring of rings) this.#addPyramid(cell, ring);
  }

  /** Cuts the pyramid between a piece of a face and the centre of its cell. */
  #addPyramid(cell: number, ring: readonly number[]): void {
    this.#work += 1 + ring.length;
    this.#loops.clear();
    this.#loops.addFace(ring);
    for (let at = 0; at < ring.length; at++)
      this.#loops.addFace([ring[(at + 1) % ring.length] as number, ring[at] as number, this.#heights.centre]);
    this.#addRings(cell);
  }

  #addBody(cell: number, rings: readonly (readonly number[])[], met: number): void {
    this.#work += rings.length;
    if ((met & Side.Below) === 0) {
      // A cell below the plane that has the face as well gives it.
      for (const ring of rings)
        if (ring.every((point) => this.#sides[point] === Side.On)) this.#touch(ring, cell);
      return;
    }
    this.#loops.clear();
    for (const ring of rings) this.#loops.addFace(ring);
    this.#addRings(cell);
  }

  #addRings(cell: number): void {
    for (const ring of this.#loops.rings()) {
      const points = ring.map((edge) => this.#pointOn(edge));
      const distinct = points.filter((point, at) => point !== points[(at + 1) % points.length]);
      if (distinct.length < 3) continue;
      this.#note(distinct);
      this.#push(this.#polygons, distinct, cell);
    }
  }

  #addFlat(cell: number, met: number): void {
    this.#work++;
    const flat = flatCell(this.#cells, cell);
    if (flat === undefined) throw this.#check.noFaces(cell);
    for (const ring of flat.rings ?? []) this.#addRing(ring, cell, met);
    const { path = [], dots = [] } = flat;
    for (let at = 1; at < path.length; at++) this.#addPiece(path[at - 1] as number, path[at] as number, cell);
    for (const dot of dots) if (this.#sides[dot] === Side.On) this.#addDot(this.#copyOf(dot), cell);
  }

  /** Cuts a flat polygon. */
  #addRing(ring: readonly number[], cell: number, met: number): void {
    if (ring.every((point) => this.#sides[point] === Side.On)) {
      this.#addWhole(ring, cell);
      return;
    }
    if ((met & Side.Below) === 0) {
      for (const [at, from] of ring.entries()) {
        const to = ring[(at + 1) % ring.length] as number;
        if (this.#sides[from] === Side.On && this.#sides[to] === Side.On) this.#touch([from, to], cell);
      }
      return;
    }
    this.#loops.clear();
    this.#loops.addFace(ring);
    for (const [from, to] of this.#loops.pairs()) {
      const ends = [this.#pointOn(from), this.#pointOn(to)];
      if (ends[0] === ends[1]) continue;
      this.#note(ends);
      this.#push(this.#lines, ends, cell);
    }
  }

  /** Cuts a piece of a line. */
  #addPiece(from: number, to: number, cell: number): void {
    const met = (this.#sides[from] as number) | (this.#sides[to] as number);
    if (met === Side.On) this.#addWhole([from, to], cell);
    else if ((met & Side.Below) === 0) {
      for (const end of [from, to]) if (this.#sides[end] === Side.On) this.#touch([end], cell);
    } else if (met !== Side.Below)
      this.#addDot(this.#pointBetween(Math.min(from, to), Math.max(from, to)), cell);
  }

  #addDot(point: number, cell: number): void {
    if (this.#dots.has(point)) return;
    this.#dots.add(point);
    this.#note([point]);
    this.#push(this.#vertices, [point], cell);
  }

  /** Adds what lies in the plane as it is: a polygon, a piece of a line or a point. */
  #addWhole(points: readonly number[], cell: number): void {
    const copies = points.map((point) => this.#copyOf(point));
    if (copies.length === 1) this.#addDot(copies[0] as number, cell);
    else this.#push(copies.length === 2 ? this.#lines : this.#polygons, copies, cell);
  }

  #push(list: CellListBuilder, points: readonly number[], cell: number): void {
    for (const point of points) list.points.push(point);
    list.end(cell);
  }

  /** Keeps what lies in the plane at the lower side of a cell, for the case that no cell below gives it. */
  #touch(points: readonly number[], cell: number): void {
    this.#touching.set(keyOf(points), { points, cell });
  }

  /** Notes what is made of points of the mesh alone. */
  #note(made: readonly number[]): void {
    const points = made.map((point) => this.#points.copied(point));
    if (points.every((point) => point !== undefined)) this.#inPlane.add(keyOf(points));
  }

  #pointOn(edge: number): number {
    return this.#pointBetween(this.#loops.lows[edge] as number, this.#loops.highs[edge] as number);
  }

  /** Makes the point at which the plane crosses an edge, once for all cells that have the edge. */
  #pointBetween(low: number, high: number): number {
    const from = this.#heights.heightOf(low);
    const to = this.#heights.heightOf(high);
    if (from === 0) return this.#copyOf(low);
    const isToCentre = high === this.#heights.centre;
    if (to === 0 && !isToCentre) return this.#copyOf(high);
    const points = isToCentre ? this.#toCentre : this.#known;
    const key = isToCentre ? low : this.#keyOf(low, high);
    const known = points.get(key);
    if (known !== undefined) return known;
    const share = from / (from - to);
    this.#points.push(low, 1 - share);
    if (isToCentre) for (const [part, weight] of this.#heights.parts) this.#points.push(part, weight * share);
    else this.#points.push(high, share);
    const made = this.#points.end();
    points.set(key, made);
    return made;
  }

  /** Makes a point that is one of the mesh. */
  #copyOf(point: number): number {
    const key = this.#keyOf(point, point);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#points.push(point, 1);
    const made = this.#points.end();
    this.#known.set(key, made);
    return made;
  }

  #keyOf(low: number, high: number): number {
    return low * this.#heights.numPoints + high;
  }

  #facesOf(begin: number): number[][] {
    const faces = this.#cells.faces as Int32Array;
    const found: number[][] = [];
    let at = begin + 1;
    for (let left = faces[begin] as number; left > 0; left--) {
      const end = at + 1 + (faces[at] as number);
      if (end > at + 3) found.push([...faces.subarray(at + 1, end)]);
      at = end;
    }
    return found;
  }

  #isGhost(cell: number, { cells, points }: Ghosts): boolean {
    const { Copy, Hidden, Refined } = CellGhost;
    if (cells !== undefined && ((cells[cell] as number) & (Copy | Hidden | Refined)) !== 0) return true;
    if (points === undefined) return false;
    const { offsets, connectivity } = this.#cells;
    return connectivity
      .subarray(offsets[cell] as number, offsets[cell + 1] as number)
      .some((point) => ((points[point] as number) & PointGhost.Hidden) !== 0);
  }
}

function keyOf(points: readonly number[]): string {
  return points.toSorted((a, b) => a - b).join(' ');
}
