import { writeFile } from 'node:fs/promises';
import { encodePng } from '../../../src/mesh.ts';
import { drawPicture, pictures } from './pictures.ts';

/* Writes the pictures that tests compare with: node test/render/golden/make.ts */
for (const name of Object.keys(pictures))
  await writeFile(new URL(`${name}.png`, import.meta.url), await encodePng(drawPicture(name)));
