/** Sides of a plane that a point may be on, as bits: of many points their sum tells where they are. */
export const Side = { Below: 1, On: 2, Above: 4, Nowhere: 8 } as const;

/** Number of points looked at between two yields. */
const POINTS_PER_STEP = 2 ** 18;

/** Heights of the points of a mesh over a plane, and of the centre of the cell at hand, whose number is behind theirs. */
export class PlaneHeights {
  /** Number of points of the mesh. */
  readonly numPoints: number;
  /** Side of each point of the mesh. */
  readonly sides: Uint8Array;
  /** Number of the centre of the cell at hand. */
  readonly centre: number;
  /** Parts of that centre: points and their weights. */
  parts: readonly (readonly [point: number, weight: number])[] = [];
  readonly #heights: Float64Array;
  #centreHeight = 0;

  constructor(heights: Float64Array) {
    this.numPoints = heights.length;
    this.centre = heights.length;
    this.sides = new Uint8Array(heights.length);
    this.#heights = heights;
  }

  *findSides(): Generator<void, void> {
    for (let begin = 0; begin < this.numPoints; begin += POINTS_PER_STEP) {
      const end = Math.min(begin + POINTS_PER_STEP, this.numPoints);
      for (let point = begin; point < end; point++)
        this.sides[point] = sideAt(this.#heights[point] as number);
      yield;
    }
  }

  /** Takes the centre of the next cell, mixed of these points. */
  setCentre(parts: readonly (readonly [point: number, weight: number])[]): void {
    this.parts = parts;
    this.#centreHeight = parts.reduce((sum, [point, weight]) => sum + weight * this.heightOf(point), 0);
  }

  sideOf(point: number): number {
    return point < this.numPoints ? (this.sides[point] as number) : sideAt(this.#centreHeight);
  }

  heightOf(point: number): number {
    return point < this.numPoints ? (this.#heights[point] as number) : this.#centreHeight;
  }
}

function sideAt(height: number): number {
  return height < 0 ? Side.Below : height > 0 ? Side.Above : height === 0 ? Side.On : Side.Nowhere;
}
