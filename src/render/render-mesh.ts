import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import * as cutting from './cut-shape.ts';
import { findMoreStrokes } from './more-letters.ts';
import { addLetters } from './plain-letters.ts';
import type { RenderOptions } from './render-options.ts';
import { type RenderedImage, renderSteps } from './render-steps.ts';

addLetters(findMoreStrokes);

/**
 * Draws the outer surface of a mesh, coloured by one of its arrays, as seen by a camera that frames it by itself. Colours
 * are looked up at each pixel. Lines and points of the mesh are drawn as tubes and balls a few pixels wide. Cells that
 * `vtkGhostType` marks as copies or as hidden are left out.
 *
 * This holds the thread until it is done; {@link renderMeshAsync} does not.
 *
 * @throws NotFoundError when the mesh has no array `attribute`
 * @throws ConfigError when an option is wrong, or the mesh has nothing that can be drawn
 * @throws FormatError when a cell is malformed
 * @throws UnsupportedError when the faces of a cell are not defined (convex point sets, parametric cells)
 *
 * @example
 * const image = renderMesh(await readMesh('case.vtu'), { attribute: 'pressure' });
 * await writeFile('case.png', await encodePng(image));
 */
export function renderMesh(mesh: Mesh, options: RenderOptions = {}): RenderedImage {
  return runSteps(renderSteps(mesh, options, cutting));
}

/**
 * Does what {@link renderMesh} does, for whoever shares the event loop: never holds it for more than a few
 * milliseconds.
 */
export async function renderMeshAsync(
  mesh: Mesh,
  options: RenderOptions & ReadOptions = {},
): Promise<RenderedImage> {
  return new TimeSlice(options.signal).run(renderSteps(mesh, options, cutting));
}
