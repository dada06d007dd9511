import { ConfigError } from '../core/errors.ts';
import { findGhosts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';
import { blendTensor } from './blend.ts';
import { clipSteps } from './clip.ts';
import type { Field } from './field.ts';
import { describeHeights, describePlane, heightsOver, type Plane } from './plane.ts';
import type { RenderOptions } from './render-options.ts';
import { type Cut, sliceSteps } from './slice.ts';
import { type Surface, surfaceSteps } from './surface.ts';

/** Lists of points that are drawn of a mesh, and the field on these. */
export interface Shape {
  readonly points: Mesh['points'];
  readonly surface: Surface;
  readonly field: Field | undefined;
}

/**
 * Finds the surface of a mesh, or its slice, and clips it.
 *
 * @throws ConfigError when the plane meets nothing, or leaves nothing
 */
export function* shapeSteps(
  mesh: Mesh,
  field: Field | undefined,
  { slice, clip, path = 'mesh' }: RenderOptions,
): Generator<void, Shape> {
  const ghosts = findGhosts(mesh);
  const { points } = mesh;
  let shape: Shape =
    slice === undefined
      ? { points, surface: yield* surfaceSteps(mesh.cells, points.shape[0] as number, path, ghosts), field }
      : yield* blendShape({ points, field }, yield* sliceSteps(mesh, slice, path, ghosts));
  if (slice !== undefined && isBare(shape.surface)) throw yield* nothingMet('slice', slice, points, path);
  if (clip === undefined || isBare(shape.surface)) return shape;
  const before = shape.points;
  shape = yield* blendShape(shape, yield* clipSteps(before, shape.surface, clip));
  if (isBare(shape.surface)) throw yield* nothingMet('clip', clip, before, path);
  return shape;
}

/** Gives a cut its points and, where the field is on points, the values there. */
function* blendShape({ points, field }: Pick<Shape, 'points' | 'field'>, cut: Cut): Generator<void, Shape> {
  return {
    points: (yield* blendTensor(points, cut.points)) as Mesh['points'],
    surface: cut,
    field:
      field?.on === 'points' ? { ...field, tensor: yield* blendTensor(field.tensor, cut.points) } : field,
  };
}

function isBare({ vertices, lines, polygons }: Surface): boolean {
  return vertices.owners.length + lines.owners.length + polygons.owners.length === 0;
}

function* nothingMet(
  option: 'slice' | 'clip',
  plane: Plane,
  points: Mesh['points'],
  path: string,
): Generator<void, ConfigError> {
  const place = describeHeights(yield* heightsOver(plane, points), plane);
  const what =
    option === 'slice'
      ? `The plane ${describePlane(plane)} meets no cell of ${path}`
      : `All of ${path} lies beyond the plane ${describePlane(plane)}`;
  return new ConfigError(option, `${what}: ${place}.`);
}
