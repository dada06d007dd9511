import { expect } from 'vitest';
import type { Mesh } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { memoryFile } from '../../memory-file.ts';
import { test as property } from '../../property.ts';
import { plainMesh } from './as-vtk-reads.ts';
import { expectedMesh } from './expected-mesh.ts';
import { anyContent, anyStyle } from './legacy-arbitrary.ts';
import { writeLegacy } from './legacy-writer.ts';

async function read(bytes: Uint8Array): Promise<Mesh> {
  return (await open(memoryFile(bytes), { path: 'case.vtk' })).read({});
}

property(
  'any content in any style of any version is read as it was written',
  [anyContent, anyStyle],
  async (content, style) => {
    expect(plainMesh(await read(writeLegacy(content, style)))).toEqual(expectedMesh(content, style));
  },
  { numRuns: 1000 },
);
