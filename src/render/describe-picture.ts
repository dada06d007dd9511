import { ConfigError } from '../core/errors.ts';
import { countGhosts, describeGhosts } from '../core/ghosts.ts';
import type { Mesh } from '../core/mesh.ts';
import type { Field, Scale } from './field.ts';
import type { RenderOptions } from './render-options.ts';
import type { Scene } from './scene.ts';

/** Makes the error of a mesh of which nothing is seen. */
export function nothingToDraw(mesh: Mesh, path: string): ConfigError {
  const numPoints = mesh.points.shape[0] as number;
  const ghosts = countGhosts(mesh);
  const reason =
    mesh.cells.types.length === 0
      ? `has ${numPoints === 0 ? 'no points and no cells' : `${numPoints} points but no cells`}`
      : ghosts === undefined
        ? 'has no cells that can be seen'
        : `has only cells that vtkGhostType leaves out (${describeGhosts(ghosts)})`;
  return new ConfigError('mesh', `${path} ${reason}, so there is nothing to draw.`);
}

/** Describes what of a mesh is not seen in its picture. */
export function describeOmissions(mesh: Mesh, { numPlaceless, points, extents }: Scene): string[] {
  const ghosts = countGhosts(mesh);
  // Copied points are drawn where a cell that is no copy has them.
  const leftOut = ghosts === undefined ? '' : describeGhosts({ ...ghosts, copiedPoints: 0 });
  const warnings: string[] = [];
  if (leftOut !== '') warnings.push(`The picture leaves out what vtkGhostType marks: ${leftOut}.`);
  if (numPlaceless > 0)
    warnings.push(
      `${numPlaceless} of ${points.length / 3} points have a coordinate that is not finite; what has them as corners is not drawn.`,
    );
  if (Math.max(...extents) === 0) warnings.push('All points that are drawn lie at one place.');
  return warnings;
}

/** Describes that no value of a field has a colour. */
export function describeField(
  field: Field | undefined,
  scale: Scale | undefined,
  { logScale = false }: RenderOptions,
): string[] {
  if (field === undefined || scale !== undefined) return [];
  return [`No value of "${field.name}" that is seen is ${logScale ? 'positive and ' : ''}finite.`];
}
