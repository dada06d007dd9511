import { makeVessel } from '../../../src/cli/demo/vessel.ts';
import { type Mesh, type RenderOptions, renderMesh } from '../../../src/mesh.ts';
import type { Image } from '../../../src/render/image.ts';

const vessel = makeVessel({ radius: 1.1, stenosis: 0.5, meanVelocity: 25, time: 0.25, resolution: 8 });

/** The pictures that are kept: `node test/render/golden/make.ts` writes them anew, to be looked at before they are kept. */
export const pictures: Readonly<Record<string, { readonly mesh: Mesh; readonly options: RenderOptions }>> = {
  pressure: { mesh: vessel, options: { attribute: 'pressure', width: 320, height: 200, title: 'Pressure' } },
  'shear-edges': {
    mesh: vessel,
    options: {
      attribute: 'wall_shear_stress',
      width: 240,
      height: 180,
      view: 'iso',
      edges: true,
      colorMap: 'cool-warm',
      background: '#16181d',
    },
  },
  region: { mesh: vessel, options: { attribute: 'region', width: 160, height: 160, colorMap: 'greys' } },
};

export function drawPicture(name: string): Image {
  const { mesh, options } = pictures[name] as (typeof pictures)[string];
  return renderMesh(mesh, options);
}
