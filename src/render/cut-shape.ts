import { ConfigError } from '../core/errors.ts';
import type { Ghosts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';
import { blendTensor } from './blend.ts';
import { clipSteps } from './clip.ts';
import type { Field } from './field.ts';
import { describeHeights, describePlane, heightsOver, type Plane } from './plane.ts';
import { type Cut, sliceSteps } from './slice.ts';
import type { Surface } from './surface.ts';

/** Lists of points that are drawn of a mesh, and the field on these. */
export interface Shape {
  readonly points: Mesh['points'];
  readonly surface: Surface;
  readonly field: Field | undefined;
}

/** Makes the slice of a mesh. */
export function* sliceShapeSteps(
  mesh: Mesh,
  field: Shape['field'],
  plane: Plane,
  { path, ghosts }: { readonly path: string; readonly ghosts: Ghosts | undefined },
): Generator<void, Shape> {
  const { points } = mesh;
  const shape = yield* blendShape({ points, field }, yield* sliceSteps(mesh, plane, path, ghosts));
  if (isBare(shape.surface)) throw yield* nothingMet('slice', plane, points, path);
  return shape;
}

/** Clips a shape, unless there is nothing of it. */
export function* clipShapeSteps(shape: Shape, plane: Plane, path: string): Generator<void, Shape> {
  if (isBare(shape.surface)) return shape;
  const clipped = yield* blendShape(shape, yield* clipSteps(shape.points, shape.surface, plane));
  if (isBare(clipped.surface)) throw yield* nothingMet('clip', plane, shape.points, path);
  return clipped;
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
