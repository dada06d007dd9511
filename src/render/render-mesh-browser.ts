import { UnsupportedError } from '../core/errors.ts';
import type { Mesh } from '../core/mesh.ts';
import type { ReadOptions } from '../core/source.ts';
import { runSteps, TimeSlice } from '../core/time-slice.ts';
import { addLetters, hasLetters } from './plain-letters.ts';
import type { RenderOptions } from './render-options.ts';
import { type RenderedImage, renderSteps } from './render-steps.ts';
import { type CuttingCode, isCut } from './shape.ts';

/*
 * The face of `render-mesh.ts` in a browser, where the code that slices and clips, and the letters beyond ASCII, come when
 * they are first needed.
 */

let cutting: CuttingCode | undefined;

export function renderMesh(mesh: Mesh, options: RenderOptions = {}): RenderedImage {
  const { slice } = options;
  if (cutting === undefined && isCut(options))
    throw notLoaded(slice === undefined ? 'clip' : 'slice', 'that cuts meshes');
  if (!hasLetters(textOf(mesh, options))) throw notLoaded('letters', 'of letters beyond ASCII');
  return runSteps(renderSteps(mesh, options, cutting));
}

export async function renderMeshAsync(
  mesh: Mesh,
  options: RenderOptions & ReadOptions = {},
): Promise<RenderedImage> {
  if (isCut(options)) cutting ??= await import('./cut-shape.ts');
  if (!hasLetters(textOf(mesh, options))) addLetters((await import('./more-letters.ts')).findMoreStrokes);
  return new TimeSlice(options.signal).run(renderSteps(mesh, options, cutting));
}

/** Joins all texts that may be written into a picture, but for numbers. */
function textOf({ details }: Mesh, { title, unit, attribute }: RenderOptions): string {
  const names = [details?.pointData, details?.cellData].map(
    (section) => section?.arrays.get(attribute ?? '')?.componentNames ?? [],
  );
  return [title, unit, attribute, ...names.flat()].join(' ');
}

function notLoaded(feature: string, what: string): UnsupportedError {
  return new UnsupportedError(
    feature,
    `In a browser the code ${what} is loaded when renderMeshAsync first needs it: await renderMeshAsync(mesh, options).`,
  );
}
