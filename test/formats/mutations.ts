import { expect } from 'vitest';
import { FormatError, UnsupportedError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { findEdges } from '../../src/graph/edges.ts';
import { expectSound } from './sound-mesh.ts';

/**
 * Reads so many mutated files, and expects of some that they are refused and of the others meshes that are sound.
 *
 * @param read - gives the mesh of the next one; undefined where the file is refused as it must be
 */
export async function expectSoundOrRefused(
  runs: number,
  read: (label: string) => Promise<Mesh | undefined>,
): Promise<void> {
  let [meshes, refused] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const mesh = await read(`mutation ${run}`);
    if (mesh === undefined) {
      refused++;
      continue;
    }
    meshes++;
    expectSound(mesh);
    try {
      findEdges(mesh.cells, mesh.points.shape[0] as number);
    } catch (error) {
      if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    }
  }
  expect(meshes).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
}
