import type { Plane } from '../../render/plane.ts';
import type { Vector } from './camera-text.ts';
import type { Geometry, ShownValues } from './geometry.ts';
import { centredPlane, strokeRadius } from './picture-renderer.ts';
import type { Placement } from './placement.ts';

/** Pixels by which a pointer may miss a line or a point. */
const SLACK_PIXELS = 3;

/** Place of a mesh under a pixel. */
export interface Hit extends PickedPiece {
  /** Place in the mesh's coordinates, in double precision. */
  readonly place: Vector;
  /** Place in `points` of the geometry of the nearest point. */
  readonly point: number;
  /** Value there, mixed of those of the corners; undefined where no array is shown. */
  readonly value: number | undefined;
}

/** Triangle or line that was hit. */
export interface PickedPiece {
  /** Places of its corners in `points` of the geometry. */
  readonly corners: readonly number[];
  /** Share of each corner in the place. */
  readonly shares: readonly number[];
  /** Place in `cells` of the cell that it is part of. */
  readonly cell: number;
}

/**
 * Finds what is drawn at the middle of a pixel: the nearest triangle, by a ray through all of them, else the nearest
 * line or point.
 *
 * @param x - device pixels from the left of the picture
 * @param y - device pixels from its top
 */
export function pick(
  geometry: Geometry,
  values: ShownValues | undefined,
  placement: Placement,
  clip: Plane | undefined,
  x: number,
  y: number,
): Hit | undefined {
  const { scale, middle, left, width, height } = placement;
  const right = (x + 0.5 - left - width / 2) / scale + middle[0];
  const up = (height / 2 - y - 0.5) / scale + middle[1];
  const stay = keptBy(geometry, clip);
  const piece =
    pickTriangle(geometry, placement, right, up, stay) ?? pickStroke(geometry, placement, right, up, stay);
  if (piece === undefined) return undefined;
  const { corners, shares } = piece;
  const { positions, centre } = geometry;
  const mixed = (axis: number): number =>
    shares.reduce(
      (sum, share, at) => sum + share * (positions[3 * (corners[at] as number) + axis] as number),
      0,
    );
  const place = [0, 1, 2].map((axis) => (centre[axis] as number) + mixed(axis)) as unknown as Vector;
  const point = corners[shares.indexOf(Math.max(...shares))] as number;
  return { ...piece, place, point, value: valueAt(values, piece) };
}

/** Mixes the value at a place of those of the corners. */
export function valueAt(
  shown: ShownValues | undefined,
  { corners, shares, cell }: PickedPiece,
): number | undefined {
  if (shown === undefined) return undefined;
  const { values, facts } = shown;
  const value =
    facts.on === 'cell'
      ? (values[cell] as number)
      : shares.reduce((sum, share, at) => {
          const corner = values[corners[at] as number] as number;
          // A corner that has no share has no say, even where it is not finite.
          return share === 0 ? sum : sum + share * corner;
        }, 0);
  return facts.mid + facts.scale * value;
}

type Stays = (x: number, y: number, z: number) => boolean;

function keptBy(geometry: Geometry, clip: Plane | undefined): Stays {
  if (clip === undefined) return () => true;
  const [a, b, c, d] = centredPlane(clip, geometry);
  return (x, y, z) => !(a * x + b * y + c * z > d);
}

function pickTriangle(
  { positions, triangles, triangleCells }: Geometry,
  { axes }: Placement,
  right: number,
  up: number,
  stays: Stays,
): PickedPiece | undefined {
  const [[a, b, c], [d, e, f], [g, h, i]] = axes;
  const numPoints = positions.length / 3;
  const across = new Float64Array(numPoints);
  const above = new Float64Array(numPoints);
  for (let at = 0, point = 0; point < numPoints; at += 3, point++) {
    const x = positions[at] as number;
    const y = positions[at + 1] as number;
    const z = positions[at + 2] as number;
    across[point] = a * x + b * y + c * z - right;
    above[point] = d * x + e * y + f * z - up;
  }
  let best: PickedPiece | undefined;
  let nearest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < triangles.length; at += 3) {
    const p = triangles[at] as number;
    const q = triangles[at + 1] as number;
    const r = triangles[at + 2] as number;
    const px = across[p] as number;
    const qx = across[q] as number;
    const rx = across[r] as number;
    if ((px > 0 && qx > 0 && rx > 0) || (px < 0 && qx < 0 && rx < 0)) continue;
    const py = above[p] as number;
    const qy = above[q] as number;
    const ry = above[r] as number;
    if ((py > 0 && qy > 0 && ry > 0) || (py < 0 && qy < 0 && ry < 0)) continue;
    const ofP = qx * ry - rx * qy;
    const ofQ = rx * py - px * ry;
    const ofR = px * qy - qx * py;
    const whole = ofP + ofQ + ofR;
    if (!(whole !== 0) || ofP * whole < 0 || ofQ * whole < 0 || ofR * whole < 0) continue;
    const shares = [ofP / whole, ofQ / whole, ofR / whole] as const;
    const mix = (axis: number): number =>
      shares[0] * (positions[3 * p + axis] as number) +
      shares[1] * (positions[3 * q + axis] as number) +
      shares[2] * (positions[3 * r + axis] as number);
    const [x, y, z] = [mix(0), mix(1), mix(2)];
    const near = g * x + h * y + i * z;
    if (!(near > nearest) || !stays(x, y, z)) continue;
    nearest = near;
    best = { corners: [p, q, r], shares, cell: triangleCells[at / 3] as number };
  }
  return best;
}

function pickStroke(
  geometry: Geometry,
  { axes, scale, height }: Placement,
  right: number,
  up: number,
  stays: Stays,
): PickedPiece | undefined {
  const { positions, lines, vertices, lineCells, vertexCells } = geometry;
  const [across, above, eye] = axes;
  const reach = (strokeRadius(height) + SLACK_PIXELS) / scale;
  let best: PickedPiece | undefined;
  let nearest = Number.NEGATIVE_INFINITY;
  const at = (point: number, [a, b, c]: Vector): number =>
    a * (positions[3 * point] as number) +
    b * (positions[3 * point + 1] as number) +
    c * (positions[3 * point + 2] as number);
  const look = (from: number, to: number, cell: number): void => {
    const [x, y] = [at(from, across) - right, at(from, above) - up];
    const [dx, dy] = [at(to, across) - right - x, at(to, above) - up - y];
    const squared = dx * dx + dy * dy;
    const share = squared > 0 ? Math.min(1, Math.max(0, -(x * dx + y * dy) / squared)) : 0;
    if (Math.hypot(x + share * dx, y + share * dy) > reach) return;
    const mix = (axis: number): number =>
      (1 - share) * (positions[3 * from + axis] as number) + share * (positions[3 * to + axis] as number);
    const near = (1 - share) * at(from, eye) + share * at(to, eye);
    if (!(near > nearest) || !stays(mix(0), mix(1), mix(2))) return;
    nearest = near;
    best = { corners: [from, to], shares: [1 - share, share], cell };
  };
  for (let line = 0; 2 * line < lines.length; line++)
    look(lines[2 * line] as number, lines[2 * line + 1] as number, lineCells[line] as number);
  for (let index = 0; index < vertices.length; index++)
    look(vertices[index] as number, vertices[index] as number, vertexCells[index] as number);
  return best;
}
