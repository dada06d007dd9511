import type { Axes } from './camera.ts';
import type { Scene } from './scene.ts';

/** Number of points or triangles handled between two yields. */
const ITEMS_PER_STEP = 2 ** 16;
/** Cosine of the angle between triangles from which on the edge between them is sharp: 50°. */
const CREASE_COSINE = 0.643;

/** A rectangle of the picture, in pixels from its top left. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Points as the camera sees them. */
export interface Projection {
  /** Pixels to the right, pixels down and nearness of each point, in pixels. */
  readonly places: Float32Array<ArrayBuffer>;
  /** Three directions (right, up, to the eye) a point, of any length: the surface at the point looks along one. */
  readonly normals: Float32Array<ArrayBuffer>;
}

/** Turns the points of a scene by the axes of a view and lays them into a frame, as large as it allows. */
export function* projectSteps(scene: Scene, axes: Axes, frame: Frame): Generator<void, Projection> {
  const { points } = scene;
  const places = new Float32Array(points.length);
  const bounds = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number, number, number];
  for (let begin = 0; begin < points.length; begin += 3 * ITEMS_PER_STEP) {
    turn(points, places, axes, begin, Math.min(begin + 3 * ITEMS_PER_STEP, points.length), bounds);
    yield;
  }
  const normals = yield* findNormals(places, scene.triangles);
  const [left, right, bottom, top] = bounds;
  const fit = Math.min(frame.width / (right - left), frame.height / (top - bottom));
  const scale = Number.isFinite(fit) ? fit : Math.min(frame.width, frame.height) / 2;
  const x = frame.left + frame.width / 2 - (scale * (left + right)) / 2;
  const y = frame.top + frame.height / 2 + (scale * (top + bottom)) / 2;
  for (let begin = 0; begin < places.length; begin += 3 * ITEMS_PER_STEP) {
    for (let at = begin; at < Math.min(begin + 3 * ITEMS_PER_STEP, places.length); at += 3) {
      places[at] = x + scale * (places[at] as number);
      places[at + 1] = y - scale * (places[at + 1] as number);
      places[at + 2] = scale * (places[at + 2] as number);
    }
    yield;
  }
  return { places, normals };
}

function turn(
  points: Float32Array,
  places: Float32Array,
  axes: Axes,
  begin: number,
  end: number,
  bounds: [number, number, number, number],
): void {
  const [[a, b, c], [d, e, f], [g, h, i]] = axes;
  let [left, right, bottom, top] = bounds;
  for (let at = begin; at < end; at += 3) {
    const x = points[at] as number;
    const y = points[at + 1] as number;
    const z = points[at + 2] as number;
    const across = a * x + b * y + c * z;
    const up = d * x + e * y + f * z;
    places[at] = across;
    places[at + 1] = up;
    places[at + 2] = g * x + h * y + i * z;
    if (across < left) left = across;
    if (across > right) right = across;
    if (up < bottom) bottom = up;
    if (up > top) top = up;
  }
  bounds.splice(0, 4, left, right, bottom, top);
}

/**
 * Computes the normals at the points: those of their triangles, weighted by area. Triangles that meet in a sharp edge
 * go to different ones of the three normals that a point can have.
 */
function* findNormals(
  places: Float32Array,
  triangles: Int32Array,
): Generator<void, Float32Array<ArrayBuffer>> {
  const normals = new Float32Array(3 * places.length);
  for (let begin = 0; begin < triangles.length; begin += 3 * ITEMS_PER_STEP) {
    addNormals(places, triangles, normals, begin, Math.min(begin + 3 * ITEMS_PER_STEP, triangles.length));
    yield;
  }
  return normals;
}

function addNormals(
  places: Float32Array,
  triangles: Int32Array,
  normals: Float32Array,
  begin: number,
  end: number,
): void {
  for (let at = begin; at < end; at += 3) {
    const a = 3 * (triangles[at] as number);
    const b = 3 * (triangles[at + 1] as number);
    const c = 3 * (triangles[at + 2] as number);
    const ux = (places[b] as number) - (places[a] as number);
    const uy = (places[b + 1] as number) - (places[a + 1] as number);
    const uz = (places[b + 2] as number) - (places[a + 2] as number);
    const vx = (places[c] as number) - (places[a] as number);
    const vy = (places[c + 1] as number) - (places[a + 1] as number);
    const vz = (places[c + 2] as number) - (places[a + 2] as number);
    const x = uy * vz - uz * vy;
    const y = uz * vx - ux * vz;
    const z = ux * vy - uy * vx;
    addNormal(normals, 3 * a, x, y, z);
    addNormal(normals, 3 * b, x, y, z);
    addNormal(normals, 3 * c, x, y, z);
  }
}

/** Adds a triangle's normal to the first of a point's normals that runs about the same way, or the other way round. */
function addNormal(normals: Float32Array, first: number, x: number, y: number, z: number): void {
  const squared = x * x + y * y + z * z;
  // A corner that lies at no place.
  if (squared - squared !== 0) return;
  for (let at = first; at < first + 9; at += 3) {
    const nx = normals[at] as number;
    const ny = normals[at + 1] as number;
    const nz = normals[at + 2] as number;
    const cosine = x * nx + y * ny + z * nz;
    const length = nx * nx + ny * ny + nz * nz;
    if (length > 0 && cosine * cosine < CREASE_COSINE * CREASE_COSINE * squared * length) continue;
    const sign = cosine < 0 ? -1 : 1;
    normals[at] = nx + sign * x;
    normals[at + 1] = ny + sign * y;
    normals[at + 2] = nz + sign * z;
    return;
  }
}
