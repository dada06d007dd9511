import type { Mesh } from '../core/mesh.ts';
import type { CellList } from './cell-list.ts';
import type { Surface } from './surface.ts';
import type { UsedPoints } from './surface-mesh.ts';
import { earsOf, fanOf, isFan } from './triangulate.ts';

/** Number of points, triangles or lists handled between two yields. */
const ITEMS_PER_STEP = 2 ** 15;

/**
 * Flags of the sides of a triangle that are sides of its polygon: bit 0 that across from its first corner, and so on.
 */
type Sides = Uint8Array<ArrayBuffer>;

/** Things that are drawn, by numbers of the points that are used. */
export interface Scene {
  /** Places in the middle of their box, −1 … 1 along its longest side, NaN for those that are not finite, `[3 · n]`. */
  readonly points: Float32Array<ArrayBuffer>;
  /** Lengths of that box along x, y and z, as shares of its longest; all 0 where all points lie at one place. */
  readonly extents: readonly [number, number, number];
  /** Number of points that have a coordinate that is not finite. */
  readonly numPlaceless: number;
  /** Corners of the triangles, `[3 · t]`. */
  readonly triangles: Int32Array<ArrayBuffer>;
  readonly sides: Sides;
  /** Polygon of the surface that each triangle is part of. */
  readonly polygons: Int32Array<ArrayBuffer>;
  /** Both ends of each piece of a line, `[2 · s]`; a vertex is a piece between a point and itself. */
  readonly segments: Int32Array<ArrayBuffer>;
  /** Cell of the mesh that each piece of a line comes from. */
  readonly segmentOwners: Int32Array<ArrayBuffer>;
}

/** Cuts a surface into triangles and pieces of lines, and moves its points to the middle. */
export function* sceneSteps(
  points: Mesh['points'],
  surface: Surface,
  used: UsedPoints,
): Generator<void, Scene> {
  const centred = yield* centre(points.data, used.kept);
  const { triangles, sides, polygons } = yield* triangulate(surface.polygons, used.numbers, centred.points);
  const { segments, segmentOwners } = yield* cutLines(surface, used.numbers);
  return { ...centred, triangles, sides, polygons, segments, segmentOwners };
}

function* centre(
  data: Float32Array | Float64Array,
  kept: Int32Array,
): Generator<void, Pick<Scene, 'points' | 'extents' | 'numPlaceless'>> {
  let numPlaceless = 0;
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let begin = 0; begin < kept.length; begin += ITEMS_PER_STEP) {
    for (let at = begin; at < Math.min(begin + ITEMS_PER_STEP, kept.length); at++) {
      const first = 3 * (kept[at] as number);
      const sum = (data[first] as number) + (data[first + 1] as number) + (data[first + 2] as number);
      // The sum of finite ones may be infinite, too.
      if (sum - sum !== 0 && !isPlace(data, first)) {
        numPlaceless++;
        continue;
      }
      for (let axis = 0; axis < 3; axis++) {
        const value = data[first + axis] as number;
        if (value < (low[axis] as number)) low[axis] = value;
        if (value > (high[axis] as number)) high[axis] = value;
      }
    }
    yield;
  }
  const middle = low.map((value, axis) => (value + (high[axis] as number)) / 2);
  // Largest half extent 1, so that no place is too large or too small for Float32.
  const lengths = low.map((value, axis) => Math.max(0, (high[axis] as number) - value));
  const extent = Math.max(...lengths) / 2;
  const scale = extent > 0 && Number.isFinite(extent) ? 1 / extent : 1;
  const places = new Float32Array(3 * kept.length);
  for (let begin = 0; begin < kept.length; begin += ITEMS_PER_STEP) {
    for (let at = begin; at < Math.min(begin + ITEMS_PER_STEP, kept.length); at++) {
      for (let axis = 0; axis < 3; axis++) {
        const value = ((data[3 * (kept[at] as number) + axis] as number) - (middle[axis] as number)) * scale;
        places[3 * at + axis] = value - value === 0 ? value : Number.NaN;
      }
    }
    yield;
  }
  const extents = lengths.map((length) => (extent > 0 ? length / (2 * extent) : 0));
  return { points: places, extents: extents as unknown as Scene['extents'], numPlaceless };
}

function isPlace(data: Float32Array | Float64Array, first: number): boolean {
  return data.subarray(first, first + 3).every(Number.isFinite);
}

/** Cuts polygons into triangles; the fan from its first corner is taken where it does not leave the polygon. */
function* triangulate(
  { connectivity, offsets }: CellList,
  numbers: Int32Array,
  places: Float32Array,
): Generator<void, Pick<Scene, 'triangles' | 'sides' | 'polygons'>> {
  const count = connectivity.length - 2 * (offsets.length - 1);
  const triangles = new Int32Array(3 * count);
  const sides = new Uint8Array(count);
  const polygons = new Int32Array(count);
  const point = (at: number): number => (numbers[connectivity[at] as number] as number) - 1;
  const ring: number[] = [];
  /** Fans by their number of points. */
  const fans: (readonly number[])[] = [];
  let triangle = 0;
  for (let polygon = 0; polygon + 1 < offsets.length; polygon++) {
    const begin = offsets[polygon] as number;
    const end = offsets[polygon + 1] as number;
    if (polygon % ITEMS_PER_STEP === 0) yield;
    if (end - begin === 3) {
      for (let corner = 0; corner < 3; corner++) triangles[3 * triangle + corner] = point(begin + corner);
      sides[triangle] = 7;
      polygons[triangle++] = polygon;
      continue;
    }
    ring.length = end - begin;
    for (let at = begin; at < end; at++) ring[at - begin] = point(at);
    const corners = isFan(places, ring)
      ? (fans[ring.length] ??= fanOf(ring.length))
      : yield* earsOf(places, ring);
    for (let at = 0; at < corners.length; at += 3, triangle++) {
      let flags = 0;
      for (let corner = 0; corner < 3; corner++) {
        triangles[3 * triangle + corner] = ring[corners[at + corner] as number] as number;
        // The side across from a corner runs from the next to the one behind that.
        const from = corners[at + ((corner + 1) % 3)] as number;
        const to = corners[at + ((corner + 2) % 3)] as number;
        if (to === (from + 1) % (end - begin)) flags |= 1 << corner;
      }
      sides[triangle] = flags;
      polygons[triangle] = polygon;
    }
  }
  return { triangles, sides, polygons };
}

function* cutLines(
  { lines, vertices }: Surface,
  numbers: Int32Array,
): Generator<void, Pick<Scene, 'segments' | 'segmentOwners'>> {
  const numPieces = Math.max(0, lines.connectivity.length - lines.owners.length);
  const segments = new Int32Array(2 * (numPieces + vertices.connectivity.length));
  const segmentOwners = new Int32Array(segments.length / 2);
  let piece = 0;
  const add = (list: CellList, step: 0 | 1, index: number): void => {
    for (let at = list.offsets[index] as number; at + step < (list.offsets[index + 1] as number); at++) {
      segments[2 * piece] = (numbers[list.connectivity[at] as number] as number) - 1;
      segments[2 * piece + 1] = (numbers[list.connectivity[at + step] as number] as number) - 1;
      segmentOwners[piece++] = list.owners[index] as number;
    }
  };
  for (const [list, step] of [
    [lines, 1],
    [vertices, 0],
  ] as const) {
    for (let index = 0; index + 1 < list.offsets.length; index++) {
      add(list, step, index);
      if (index % ITEMS_PER_STEP === 0) yield;
    }
  }
  return { segments: segments.slice(0, 2 * piece), segmentOwners: segmentOwners.slice(0, piece) };
}
