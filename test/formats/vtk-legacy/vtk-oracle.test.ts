import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Mesh } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { readMesh } from '../../../src/mesh/read-mesh.ts';
import { memoryFile } from '../../memory-file.ts';
import { describeWithVtk, runVtk } from '../../vtk/vtk-python.ts';
import { plainMesh } from './as-vtk-reads.ts';

const folder = mkdtempSync(join(tmpdir(), 'vascusim-legacy-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function readLegacy(path: string): Promise<Mesh> {
  return (await open(memoryFile(readFileSync(path)), { path })).read({});
}

describeWithVtk('legacy files beside VTK', () => {
  test('what VTK writes is read as VTK reads it: both versions, as text and binary', async () => {
    const pairs = runVtk('legacy_oracle.py', 'write', folder) as [string, string][];
    expect(pairs).toHaveLength(20);
    for (const [legacy, xml] of pairs)
      expect(plainMesh(await readLegacy(legacy)), basename(legacy)).toEqual(plainMesh(await readMesh(xml)));
  });
});
