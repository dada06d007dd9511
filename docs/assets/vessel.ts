import { writeFile } from 'node:fs/promises';
import { makeVessel } from '../../src/cli/demo/vessel.ts';
import { encodePng, renderMesh } from '../../src/mesh.ts';

/* Draws vessel.png, the picture of the README: npm run picture */
const mesh = makeVessel({ radius: 1.1, stenosis: 0.5, meanVelocity: 25, time: 0.25, resolution: 24 });
const image = renderMesh(mesh, { attribute: 'pressure', width: 1400, height: 560 });
await writeFile(new URL('vessel.png', import.meta.url), await encodePng(image));
