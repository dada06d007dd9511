import { CellType, cellPointCount, cellTypeName } from './cell-types.ts';
import { FormatError, UnsupportedError } from './errors.ts';
import { leastPoints } from './face-tables.ts';
import type { Cells } from './mesh.ts';

/** Number of point indices, and of cells, checked between two yields. */
const CHECKS_PER_STEP = 2 ** 15;

/** Check of cells before their faces are read, so that nothing is read outside the arrays. */
export class CellCheck {
  readonly #cells: Cells;
  readonly #numPoints: number;
  readonly #path: string;

  /** @param path - name of the mesh in error messages */
  constructor(cells: Cells, numPoints: number, path: string) {
    this.#cells = cells;
    this.#numPoints = numPoints;
    this.#path = path;
  }

  /**
   * Checks offsets, point indices and numbers of points of all cells, in steps.
   *
   * @throws FormatError when one of them is wrong
   */
  *run(): Generator<void, void> {
    const { types, offsets, connectivity } = this.#cells;
    const { length } = types;
    if (offsets.length !== length + 1 || offsets[0] !== 0 || offsets[length] !== connectivity.length) {
      throw this.error(
        `has ${offsets.length} cell offsets from ${offsets[0]} to ${offsets.at(-1)} for ${length} cells with ${connectivity.length} point indices`,
      );
    }
    for (let begin = 0; begin < connectivity.length; begin += CHECKS_PER_STEP) {
      this.#checkPoints(connectivity, begin, Math.min(begin + CHECKS_PER_STEP, connectivity.length), 'cells');
      yield;
    }
    for (let begin = 0; begin < length; begin += CHECKS_PER_STEP) {
      const end = Math.min(begin + CHECKS_PER_STEP, length);
      for (let cell = begin; cell < end; cell++) this.#checkSize(cell);
      yield;
    }
  }

  /**
   * Checks the faces of a polyhedron.
   *
   * @param begin - where they begin in `faces`: the end of those of the polyhedron before
   * @throws FormatError when they do not fill their place or have points that are not there
   */
  polyhedron(cell: number, begin: number): void {
    const { faces, faceOffsets } = this.#cells;
    const end = faceOffsets?.[cell] ?? -1;
    if (faces === undefined || end <= begin || end > faces.length) {
      throw this.error(
        `${this.name(cell)} has no faces between ${begin} and ${end}, in ${faces?.length ?? 0} values`,
      );
    }
    let at = begin + 1;
    for (let left = faces[begin] as number; left > 0; left--) {
      const size = faces[at] as number;
      if (at >= end || size < 0 || at + 1 + size > end)
        throw this.error(`${this.name(cell)} has faces that do not end at its face offset, ${end}`);
      this.#checkPoints(faces, at + 1, at + 1 + size, 'faces');
      at += 1 + size;
    }
    if (at !== end)
      throw this.error(`${this.name(cell)} has faces that do not end at its face offset, ${end}`);
  }

  name(cell: number): string {
    const type = this.#cells.types[cell] as number;
    return `cell ${cell}, of type ${cellTypeName(type) ?? type},`;
  }

  error(problem: string): FormatError {
    return new FormatError(problem, { path: this.#path });
  }

  /** Makes the error of a cell whose faces are not defined. */
  noFaces(cell: number): FormatError | UnsupportedError {
    const type = this.#cells.types[cell] as number;
    const name = cellTypeName(type);
    if (name === undefined) return this.error(`cell ${cell} has the type ${type}, which VTK does not have`);
    return new UnsupportedError(
      `faces of ${name}`,
      `${this.#path}: cell ${cell} is of type ${name}, whose faces are not defined. Turn it into tetrahedra or other cells that have faces (in ParaView: filter Tetrahedralize).`,
    );
  }

  #checkSize(cell: number): void {
    const { types, offsets, connectivity } = this.#cells;
    const type = types[cell] as number;
    const end = offsets[cell + 1] as number;
    const size = end - (offsets[cell] as number);
    if (size < 0 || end > connectivity.length)
      throw this.error(`cell ${cell} ends at ${end} in a connectivity of ${connectivity.length}`);
    const expected = cellPointCount(type);
    if (expected !== undefined && size !== expected && !(type === CellType.Line && size > expected))
      throw this.error(`${this.name(cell)} has ${size} points instead of ${expected}`);
    const least = leastPoints[type] as number;
    if (size < least) throw this.error(`${this.name(cell)} has ${size} points; it needs ${least}`);
    if (type === CellType.QuadraticPolygon && size % 2 !== 0)
      throw this.error(`${this.name(cell)} has ${size} points, which is no even number`);
  }

  #checkPoints(points: Int32Array, begin: number, end: number, array: string): void {
    for (let at = begin; at < end; at++) {
      if ((points[at] as number) >>> 0 < this.#numPoints) continue;
      throw this.error(
        `has the point index ${points[at]} at position ${at} of its ${array}; there are ${this.#numPoints} points`,
      );
    }
  }
}
