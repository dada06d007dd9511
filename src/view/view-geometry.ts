import { createHash } from 'node:crypto';
import type { Mesh } from '../core/mesh.ts';
import { type Blend } from '../render/blend.ts';
import type { CellList } from '../render/cell-list.ts';
import { sceneSteps } from '../render/scene.ts';
import type { Surface } from '../render/surface.ts';
import type { UsedPoints } from '../render/surface-mesh.ts';
import type { SurfaceTensors, ViewBounds } from './view-protocol.ts';

type Vector = readonly [x: number, y: number, z: number];

/** Shapes that are drawn of a mesh: its surface, or a slice. */
export interface ViewGeometry {
  readonly tensors: SurfaceTensors;
  /** Places of the points in double precision, `[3 · P]`. */
  readonly places: Float64Array<ArrayBuffer>;
  readonly centre: Vector;
  readonly bounds: ViewBounds;
}

/**
 * Makes of a surface what is drawn: points as Float32 about a centre, triangles as `render` cuts them, the cells that they
 * are of.
 *
 * @param numCells - number of cells of the mesh
 * @param about - centre that places are less; that of their box by default
 */
export function* geometrySteps(
  points: Mesh['points'],
  surface: Surface,
  used: UsedPoints,
  numCells: number,
  about?: Vector,
): Generator<void, ViewGeometry> {
  const scene = yield* sceneSteps(points, surface, used);
  const places = new Float64Array(3 * used.kept.length);
  for (let point = 0, at = 0; point < used.kept.length; point++) {
    const from = 3 * (used.kept[point] as number);
    for (let axis = 0; axis < 3; axis++) places[at++] = points.data[from + axis] as number;
  }
  yield;
  const bounds = boundsOf(places);
  const centre = about ?? centreOf(bounds);
  const positions = new Float32Array(places.length);
  for (let at = 0; at < places.length; at++)
    positions[at] = (places[at] as number) - (centre[at % 3] as number);
  yield;
  const { lines, lineOwners, vertices, vertexOwners } = splitSegments(scene.segments, scene.segmentOwners);
  yield;
  const owners = ownersOf(surface.polygons, scene.polygons);
  const numbering = new CellNumbering(numCells);
  const triangleCells = numbering.number(owners);
  const lineCells = numbering.number(lineOwners);
  const vertexCells = numbering.number(vertexOwners);
  const tensors: SurfaceTensors = {
    positions,
    triangles: asUnsigned(scene.triangles),
    sides: turnSides(scene.sides),
    lines,
    vertices,
    points: asUnsigned(used.kept),
    cells: numbering.take(),
    triangleCells,
    lineCells,
    vertexCells,
  };
  return { tensors, places, centre, bounds };
}

/** Counts the bytes of a geometry. */
export function bytesOfGeometry({ tensors, places }: ViewGeometry): number {
  return Object.values(tensors).reduce(
    (sum: number, tensor: Uint8Array) => sum + tensor.byteLength,
    places.byteLength,
  );
}

/** Makes a name of a geometry: those that are equal have the same. */
export function nameOfGeometry({ tensors, places }: ViewGeometry): string {
  const hash = createHash('sha256').update(places);
  for (const name of ['triangles', 'lines', 'vertices', 'points', 'cells'] as const) {
    const { buffer, byteOffset, byteLength } = tensors[name];
    hash.update(String(byteLength)).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('base64url').slice(0, 22);
}

/** Mixes places of points in double precision, whatever type they have. */
export function mixPlaces({ data }: Mesh['points'], { starts, rows, weights }: Blend): Mesh['points'] {
  const count = starts.length - 1;
  const mixed = new Float64Array(3 * count);
  for (let row = 0, at = 0; row < count; row++) {
    const from = starts[row] as number;
    const to = starts[row + 1] as number;
    const base = 3 * (rows[from] as number);
    for (let axis = 0; axis < 3; axis++, at++) {
      const first = data[base + axis] as number;
      let value = first;
      for (let part = from + 1; part < to; part++)
        value += (weights[part] as number) * ((data[3 * (rows[part] as number) + axis] as number) - first);
      mixed[at] = value;
    }
  }
  return { data: mixed, shape: [count, 3] };
}

/** Finds the point that has the largest part in each that is mixed. */
export function nearestPoints({ starts, rows, weights }: Blend): Int32Array<ArrayBuffer> {
  const nearest = new Int32Array(starts.length - 1);
  for (let row = 0; row < nearest.length; row++) {
    let best = starts[row] as number;
    for (let at = best + 1; at < (starts[row + 1] as number); at++)
      if ((weights[at] as number) > (weights[best] as number)) best = at;
    nearest[row] = rows[best] as number;
  }
  return nearest;
}

function boundsOf(places: Float64Array): ViewBounds {
  const low: [number, number, number] = [Infinity, Infinity, Infinity];
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  for (let at = 0; at < places.length; at += 3) {
    const sum = (places[at] as number) + (places[at + 1] as number) + (places[at + 2] as number);
    if (sum - sum !== 0) continue;
    for (let axis = 0; axis < 3; axis++) {
      const value = places[at + axis] as number;
      if (value < (low[axis] as number)) low[axis] = value;
      if (value > (high[axis] as number)) high[axis] = value;
    }
  }
  return low[0] > high[0] ? { low: [0, 0, 0], high: [0, 0, 0] } : { low, high };
}

function centreOf({ low, high }: ViewBounds): Vector {
  return low.map((value, axis) => value / 2 + (high[axis] as number) / 2) as unknown as Vector;
}

/** Separates pieces of lines from single points, which are pieces between a point and itself. */
function splitSegments(
  segments: Int32Array,
  owners: Int32Array,
): {
  readonly lines: Uint32Array<ArrayBuffer>;
  readonly lineOwners: Int32Array;
  readonly vertices: Uint32Array<ArrayBuffer>;
  readonly vertexOwners: Int32Array;
} {
  const lines: number[] = [];
  const lineOwners: number[] = [];
  const vertices: number[] = [];
  const vertexOwners: number[] = [];
  for (const [piece, owner] of owners.entries()) {
    const from = segments[2 * piece] as number;
    const to = segments[2 * piece + 1] as number;
    if (from === to) {
      vertices.push(from);
      vertexOwners.push(owner);
    } else {
      lines.push(from, to);
      lineOwners.push(owner);
    }
  }
  return {
    lines: Uint32Array.from(lines),
    lineOwners: Int32Array.from(lineOwners),
    vertices: Uint32Array.from(vertices),
    vertexOwners: Int32Array.from(vertexOwners),
  };
}

function ownersOf({ owners }: CellList, polygons: Int32Array): Int32Array {
  const found = new Int32Array(polygons.length);
  for (let triangle = 0; triangle < found.length; triangle++)
    found[triangle] = owners[polygons[triangle] as number] as number;
  return found;
}

/** Turns flags of the sides across from the corners into those of the sides that begin at them. */
function turnSides(across: Uint8Array): Uint8Array<ArrayBuffer> {
  const turned = new Uint8Array(across.length);
  for (let at = 0; at < turned.length; at++) {
    const flags = across[at] as number;
    turned[at] = ((flags >> 2) & 1) | ((flags << 1) & 6);
  }
  return turned;
}

function asUnsigned({ buffer, byteOffset, length }: Int32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(buffer, byteOffset, length);
}

/** Numbers of the cells that are seen, in the order in which they are met. */
class CellNumbering {
  /** New number of each cell of the mesh, one more. */
  readonly #numbers: Int32Array;
  readonly #cells: number[] = [];

  constructor(numCells: number) {
    this.#numbers = new Int32Array(numCells);
  }

  number(owners: Int32Array): Uint32Array<ArrayBuffer> {
    const numbered = new Uint32Array(owners.length);
    for (let at = 0; at < owners.length; at++) {
      const owner = owners[at] as number;
      if (this.#numbers[owner] === 0) {
        this.#cells.push(owner);
        this.#numbers[owner] = this.#cells.length;
      }
      numbered[at] = (this.#numbers[owner] as number) - 1;
    }
    return numbered;
  }

  take(): Uint32Array<ArrayBuffer> {
    return Uint32Array.from(this.#cells);
  }
}
