import { UnsupportedError } from '../core/errors.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import type { RenderOptions } from './render-options.ts';
import { type RenderedImage, renderSteps } from './render-steps.ts';
import { type CuttingCode, isCut } from './shape.ts';

/*
 * The face of `render-mesh.ts` in a browser, where the code that slices and clips comes when it is first needed: pages
 * that do neither do without it.
 */

let cutting: CuttingCode | undefined;

export function renderMesh(mesh: Mesh, options: RenderOptions = {}): RenderedImage {
  if (cutting === undefined && isCut(options)) {
    throw new UnsupportedError(
      options.slice === undefined ? 'clip' : 'slice',
      'In a browser the code that cuts meshes is loaded when renderMeshAsync draws the first slice or clip: await renderMeshAsync(mesh, options).',
    );
  }
  return runSteps(renderSteps(mesh, options, cutting));
}

export async function renderMeshAsync(
  mesh: Mesh,
  options: RenderOptions & ReadOptions = {},
): Promise<RenderedImage> {
  if (isCut(options)) cutting ??= await import('./cut-shape.ts');
  return new TimeSlice(options.signal).run(renderSteps(mesh, options, cutting));
}
