import type { Axes } from '../../render/camera.ts';

/** A direction or a place. */
export type Vector = readonly [x: number, y: number, z: number];

/** Decimals of the numbers of a camera in a link: what is drawn is what the link says, so that it gives the same pixels. */
const NUM_DECIMALS = 6;

/** Camera that somebody has moved. It looks by parallel rays, so that there is no distance. */
export interface Camera {
  /** Turn of the mesh, as a quaternion of length 1. */
  readonly turn: readonly [x: number, y: number, z: number, w: number];
  /** Place in the middle of the picture: from the middle of the mesh's box, in halves of its diagonal. */
  readonly target: Vector;
  /** Diagonals of the box that the shorter side of the picture has room for, turned over: 1 shows it whole. */
  readonly zoom: number;
}

/** Writes a camera: its quaternion, its target, its zoom. */
export function formatCamera({ turn, target, zoom }: Camera): string {
  return [...turn, ...target, zoom].join(',');
}

/** Reads a camera; undefined where it is none. */
export function parseCamera(text: string): Camera | undefined {
  const parts = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (parts.length !== 8 || !parts.every(Number.isFinite)) return undefined;
  const [x, y, z, w, a, b, c, zoom] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (Math.abs(Math.hypot(x, y, z, w) - 1) > 0.01 || !(zoom > 0)) return undefined;
  return { turn: [x, y, z, w], target: [a, b, c], zoom };
}

/** Rounds a camera to what a link says of it. */
export function roundCamera({ turn, target, zoom }: Camera): Camera {
  const length = Math.hypot(...turn);
  const round = (value: number): number => Number(value.toFixed(NUM_DECIMALS)) + 0;
  return {
    turn: turn.map((value) => round(value / length)) as unknown as Camera['turn'],
    target: target.map(round) as unknown as Vector,
    zoom: Number(zoom.toPrecision(NUM_DECIMALS)),
  };
}

/** Computes the directions of a camera: rows of the matrix of its quaternion. */
export function axesOf({ turn }: Pick<Camera, 'turn'>): Axes {
  const length = Math.hypot(...turn);
  const [x, y, z, w] = turn.map((value) => value / length) as [number, number, number, number];
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
  ];
}

/** Computes the quaternion of directions, by S. W. Shepperd, J. Guidance and Control 1 (1978) 223–224. */
export function turnOf([[a, b, c], [d, e, f], [g, h, i]]: Axes): Camera['turn'] {
  const trace = a + e + i;
  const largest = Math.max(trace, a, e, i);
  if (largest === trace) {
    const w = Math.sqrt(1 + trace) / 2;
    return [(h - f) / (4 * w), (c - g) / (4 * w), (d - b) / (4 * w), w];
  }
  if (largest === a) {
    const x = Math.sqrt(1 + a - e - i) / 2;
    return [x, (b + d) / (4 * x), (c + g) / (4 * x), (h - f) / (4 * x)];
  }
  if (largest === e) {
    const y = Math.sqrt(1 + e - a - i) / 2;
    return [(b + d) / (4 * y), y, (f + h) / (4 * y), (c - g) / (4 * y)];
  }
  const z = Math.sqrt(1 + i - a - e) / 2;
  return [(c + g) / (4 * z), (f + h) / (4 * z), z, (d - b) / (4 * z)];
}

/** Turns directions around the picture's vertical and then its horizontal, radians. */
export function turnAxes(axes: Axes, around: number, over: number): Axes {
  const mix = (one: Vector, other: Vector, angle: number): Vector =>
    one.map(
      (value, at) => Math.cos(angle) * value + Math.sin(angle) * (other[at] as number),
    ) as unknown as Vector;
  const [right, up, eye] = axes;
  const newRight = mix(right, eye, around);
  const newEye = mix(eye, right, -around);
  return [newRight, mix(up, newEye, over), mix(newEye, up, -over)];
}
