import { type Axes, findAxes, type View } from '../../render/camera.ts';
import { axesOf, type Camera, roundCamera, turnOf, type Vector } from './camera-text.ts';
import type { Geometry } from './geometry.ts';

/** Share of the shorter side of a picture that is left free around the mesh, as `render` does. */
const MARGIN_SHARE = 0.05;

/** Place of a mesh in the picture. */
export interface Placement {
  /** Directions: right, up, to the eye. */
  readonly axes: Axes;
  /** Pixels a unit of length. */
  readonly scale: number;
  /** Place along right and up that is in the middle of the part of the picture. */
  readonly middle: readonly [right: number, up: number];
  /** Part of the picture, device pixels from its left top. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** Computes the lengths of a box along the axes, as shares of its longest. */
function extentsOf({ bounds: { low, high } }: Geometry): [number, number, number] {
  const lengths = high.map((value, axis) => Math.max(0, value - (low[axis] as number)));
  const longest = Math.max(...lengths);
  return lengths.map((length) => (longest > 0 ? length / longest : 0)) as [number, number, number];
}

/** Frames of meshes in views, which are found once for each direction. */
export class Frames {
  readonly #axes = new WeakMap<Geometry, Map<string, Axes>>();
  readonly #boxes = new WeakMap<Geometry, Map<string, readonly [number, number, number, number]>>();

  /**
   * Places meshes side by side, seen by one camera: where that was not moved each in the middle of its part, all as
   * large as all have room for.
   */
  place(
    meshes: readonly Geometry[],
    view: View,
    camera: Camera | undefined,
    width: number,
    height: number,
  ): readonly Placement[] {
    const [first] = meshes;
    if (first === undefined) return [];
    const each = Math.floor(width / meshes.length);
    const part = { width: each, height };
    const axes = camera === undefined ? this.axes(first, view, each, height) : axesOf(camera);
    const shorter = Math.min(each, height);
    if (camera !== undefined) {
      return meshes.map((mesh, at) => ({
        ...part,
        axes,
        scale: (camera.zoom * shorter) / (2 * first.radius),
        middle: [0, 1].map((row) => along(axes[row] as Vector, camera.target) * mesh.radius) as [
          number,
          number,
        ],
        left: at * each,
      }));
    }
    const free = 2 * MARGIN_SHARE * shorter;
    const boxes = meshes.map((mesh) => this.#box(mesh, axes));
    const fits = boxes.map(([left, right, bottom, top]) =>
      Math.min(Math.max(1, each - free) / (right - left), Math.max(1, height - free) / (top - bottom)),
    );
    const fit = Math.min(...fits.filter((value) => Number.isFinite(value)));
    const scale = Number.isFinite(fit) ? fit : shorter / 2 / first.radius;
    return boxes.map(([left, right, bottom, top], at) => ({
      ...part,
      axes,
      scale,
      middle: [(left + right) / 2, (bottom + top) / 2] as const,
      left: at * each,
    }));
  }

  /** Finds the directions of a named view of a mesh, as `render` does. */
  axes(mesh: Geometry, view: View, width: number, height: number): Axes {
    const isWide = width >= height;
    const known = this.#axes.get(mesh) ?? new Map<string, Axes>();
    this.#axes.set(mesh, known);
    const key = `${view} ${isWide}`;
    const axes = known.get(key) ?? findAxes(view, scaled(mesh), extentsOf(mesh), isWide);
    known.set(key, axes);
    return axes;
  }

  /** Finds the box of a mesh across the directions of a picture: left, right, bottom, top. */
  #box(mesh: Geometry, axes: Axes): readonly [number, number, number, number] {
    const known = this.#boxes.get(mesh) ?? new Map<string, readonly [number, number, number, number]>();
    this.#boxes.set(mesh, known);
    const key = String(axes);
    const found = known.get(key);
    if (found !== undefined) return found;
    if (known.size > 16) known.clear();
    const [[a, b, c], [d, e, f]] = axes;
    const { positions } = mesh;
    let [left, right, bottom, top] = [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (let at = 0; at < positions.length; at += 3) {
      const x = positions[at] as number;
      const y = positions[at + 1] as number;
      const z = positions[at + 2] as number;
      const across = a * x + b * y + c * z;
      const up = d * x + e * y + f * z;
      if (across < left) left = across;
      if (across > right) right = across;
      if (up < bottom) bottom = up;
      if (up > top) top = up;
    }
    const box =
      left <= right && bottom <= top ? ([left, right, bottom, top] as const) : ([0, 0, 0, 0] as const);
    known.set(key, box);
    return box;
  }
}

/** Copies places with the longest half of their box as 1, which directions are found of. */
function scaled({ positions, bounds: { low, high } }: Geometry): Float32Array {
  const longest = Math.max(...high.map((value, axis) => value - (low[axis] as number))) / 2;
  return longest > 0 ? positions.map((value) => value / longest) : positions;
}

function along([a, b, c]: Vector, [x, y, z]: Vector): number {
  return a * x + b * y + c * z;
}

/** Makes the camera that sees a mesh as it is placed. */
export function cameraOf({ axes, scale, middle, width, height }: Placement, mesh: Geometry): Camera {
  const [right, up] = axes;
  const target = [0, 1, 2].map(
    (axis) => ((right[axis] as number) * middle[0] + (up[axis] as number) * middle[1]) / mesh.radius,
  ) as unknown as Vector;
  return roundCamera({
    turn: turnOf(axes),
    target,
    zoom: (scale * 2 * mesh.radius) / Math.min(width, height),
  });
}
