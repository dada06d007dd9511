import { findGhosts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';
import type { Shape } from './cut-shape.ts';
import type { Field } from './field.ts';
import type { RenderOptions } from './render-options.ts';
import { surfaceSteps } from './surface.ts';

/** Code that slices and clips, which is loaded where that is done. */
export type CuttingCode = Pick<typeof import('./cut-shape.ts'), 'sliceShapeSteps' | 'clipShapeSteps'>;

/** Tells whether a picture is of a slice, or clipped. */
export function isCut({ slice, clip }: RenderOptions): boolean {
  return slice !== undefined || clip !== undefined;
}

/**
 * Finds the surface of a mesh, or its slice, and clips it.
 *
 * @param cutting - present where {@link isCut} says that it is needed
 * @throws ConfigError when the plane meets nothing, or leaves nothing
 */
export function* shapeSteps(
  mesh: Mesh,
  field: Field | undefined,
  { slice, clip, path = 'mesh' }: RenderOptions,
  cutting: CuttingCode | undefined,
): Generator<void, Shape> {
  const ghosts = findGhosts(mesh);
  const { points } = mesh;
  const code = cutting as CuttingCode;
  const shape: Shape =
    slice === undefined
      ? { points, surface: yield* surfaceSteps(mesh.cells, points.shape[0] as number, path, ghosts), field }
      : yield* code.sliceShapeSteps(mesh, field, slice, { path, ghosts });
  return clip === undefined ? shape : yield* code.clipShapeSteps(shape, clip, path);
}
