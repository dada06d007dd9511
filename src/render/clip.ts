import type { Mesh } from '../core/mesh.ts';
import { BlendBuilder } from './blend.ts';
import { type CellList, CellListBuilder } from './cell-list.ts';
import { heightsOver, type Plane } from './plane.ts';
import type { Cut } from './slice.ts';
import type { Surface } from './surface.ts';

/** Number of lists looked at between two yields. */
const LISTS_PER_STEP = 2 ** 12;

/**
 * Takes away what of a surface lies beyond a plane, where n · x > d; what is cut is not closed. What has a corner at no
 * place stays as it is.
 */
export function* clipSteps(points: Mesh['points'], surface: Surface, plane: Plane): Generator<void, Cut> {
  const walk = new ClipWalk(yield* heightsOver(plane, points));
  const vertices = new CellListBuilder();
  const lines = new CellListBuilder();
  const polygons = new CellListBuilder();
  yield* eachList(surface.vertices, (list, owner) => walk.addVertices(list, vertices, owner));
  yield* eachList(surface.lines, (list, owner) => walk.addLine(list, lines, owner));
  yield* eachList(surface.polygons, (list, owner) => walk.addPolygon(list, polygons, owner));
  return {
    points: walk.points.take(),
    vertices: vertices.take(),
    lines: lines.take(),
    polygons: polygons.take(),
  };
}

function* eachList(
  { connectivity, offsets, owners }: CellList,
  add: (list: Int32Array, owner: number) => void,
): Generator<void, void> {
  for (let index = 0; index < owners.length; index++) {
    add(connectivity.subarray(offsets[index], offsets[index + 1]), owners[index] as number);
    if (index % LISTS_PER_STEP === 0) yield;
  }
}

class ClipWalk {
  readonly points: BlendBuilder = new BlendBuilder();
  readonly #heights: Float64Array;
  readonly #known = new Map<number, number>();
  /** New number of each point that stays, one more; 0 of those that have none yet. */
  readonly #copies: Int32Array;

  constructor(heights: Float64Array) {
    this.#heights = heights;
    this.#copies = new Int32Array(heights.length);
  }

  addVertices(list: Int32Array, vertices: CellListBuilder, owner: number): void {
    const before = vertices.points.length;
    for (const point of list) if (!this.#isBeyond(point)) vertices.points.push(this.#copyOf(point));
    if (vertices.points.length > before) vertices.end(owner);
  }

  /** Adds the parts of a line that stay. */
  addLine(list: Int32Array, lines: CellListBuilder, owner: number): void {
    let part: number[] = [];
    for (let at = 0; at < list.length; at++) {
      const point = list[at] as number;
      const isBeyond = this.#isBeyond(point);
      if (at > 0 && isBeyond !== this.#isBeyond(list[at - 1] as number))
        part.push(this.#crossing(list[at - 1] as number, point));
      if (!isBeyond) part.push(this.#copyOf(point));
      if (!isBeyond && at + 1 < list.length) continue;
      // A line that only touches the plane leaves nothing.
      part = part.filter((each, index) => each !== part[index - 1]);
      if (part.length > 1) {
        for (const each of part) lines.points.push(each);
        lines.end(owner);
      }
      part = [];
    }
  }

  /** Adds the part of a polygon that stays, by I. E. Sutherland and G. W. Hodgman, CACM 17 (1974) 32–42. */
  addPolygon(list: Int32Array, polygons: CellListBuilder, owner: number): void {
    const kept: number[] = [];
    let from = list[list.length - 1] as number;
    for (let at = 0; at < list.length; at++) {
      const to = list[at] as number;
      if (this.#isBeyond(from) !== this.#isBeyond(to)) kept.push(this.#crossing(from, to));
      if (!this.#isBeyond(to)) kept.push(this.#copyOf(to));
      from = to;
    }
    const distinct = kept.filter((point, at) => point !== kept[(at + 1) % kept.length]);
    if (distinct.length < 3) return;
    for (const point of distinct) polygons.points.push(point);
    polygons.end(owner);
  }

  #isBeyond(point: number): boolean {
    return (this.#heights[point] as number) > 0;
  }

  #copyOf(point: number): number {
    const known = this.#copies[point] as number;
    if (known !== 0) return known - 1;
    this.points.push(point, 1);
    const copy = this.points.end();
    this.#copies[point] = copy + 1;
    return copy;
  }

  #crossing(one: number, other: number): number {
    const low = Math.min(one, other);
    const high = Math.max(one, other);
    const from = this.#heights[low] as number;
    const to = this.#heights[high] as number;
    const inside = from > 0 ? high : low;
    const share = from / (from - to);
    // Towards a point at no place there is no way.
    if (share - share !== 0 || this.#heights[inside] === 0) return this.#copyOf(inside);
    const key = low * this.#heights.length + high;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.points.push(low, 1 - share);
    this.points.push(high, share);
    const made = this.points.end();
    this.#known.set(key, made);
    return made;
  }
}
