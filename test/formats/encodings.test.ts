import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readMesh } from '../../src/mesh.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { type DumpedMesh, expectMesh } from './dumped-mesh.ts';

interface Dump {
  readonly meshes: Readonly<Record<string, DumpedMesh>>;
  readonly files: readonly { readonly path: string; readonly mesh: string }[];
}

describeWithVtk('files that VTK wrote in every way it knows', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-encodings-'));
  let dump: Dump = { meshes: {}, files: [] };
  beforeAll(() => {
    dump = runVtk('write_encodings.py', folder) as Dump;
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  const check = async (part: string, count: number): Promise<void> => {
    const files = dump.files.filter(({ path }) => basename(path).includes(part));
    expect(files).toHaveLength(count);
    for (const { path, mesh } of files) {
      try {
        expectMesh(await readMesh(path), dump.meshes[mesh] as DumpedMesh);
      } catch (cause) {
        throw new Error(basename(path), { cause });
      }
    }
  };
  for (const mesh of ['grid', 'poly', 'points', 'empty']) {
    test(`${mesh}: ascii`, () => check(`${mesh}-finite-ascii-`, 2));
    for (const mode of ['inline', 'base64', 'raw']) {
      for (const compressor of ['None', 'ZLib', 'LZ4', 'LZMA']) {
        test(`${mesh}: ${mode}, ${compressor}, both byte orders and header types`, () =>
          check(`${mesh}-all-${mode}-${compressor}-`, 4));
      }
    }
  }
  test('parallel files', () => check('-one-piece', 2));
});
