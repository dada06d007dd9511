import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type ArrayDetails, isTensor, type Mesh } from '../../src/core/mesh.ts';
import type { WriteOptions } from '../../src/formats/vtk-xml/writer.ts';
import { readMesh } from '../../src/mesh/read-mesh.ts';
import { writeMesh } from '../../src/mesh/write-mesh.ts';
import { extractSurface } from '../../src/render/surface-mesh.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';

interface Dumped {
  readonly components: number;
  readonly strings: boolean;
  readonly id: boolean;
  readonly values: readonly (number | string)[];
  readonly names: readonly string[] | null;
}

interface DumpedSection {
  readonly arrays: Readonly<Record<string, Dumped>>;
  readonly active: Readonly<Record<string, string>>;
}

type DumpedDetails = Readonly<Record<'PointData' | 'CellData' | 'FieldData', DumpedSection>>;

function widthOf(
  strings: readonly string[],
  rows: number | undefined,
  own: ArrayDetails | undefined,
): number {
  return rows === undefined ? (own?.stringsInTuple ?? 1) : strings.length / rows;
}

/** A mesh as VTK would dump it. */
function dump(mesh: Mesh): DumpedDetails {
  const section = (key: 'pointData' | 'cellData' | 'fieldData', rows: number | undefined): DumpedSection => {
    const details = mesh.details?.[key];
    const arrays = [...mesh[key]].map(([name, array]): [string, Dumped] => {
      const own = details?.arrays.get(name);
      const components = isTensor(array) ? (array.shape[1] ?? 1) : widthOf(array, rows, own);
      const values = isTensor(array) ? Array.from(array.data as ArrayLike<number>, Number) : [...array];
      const names = own?.componentNames;
      const padded = names && Array.from({ length: components }, (_, index) => names[index] ?? '');
      return [
        name,
        { components, strings: !isTensor(array), id: own?.isId === true, values, names: padded ?? null },
      ];
    });
    return { arrays: Object.fromEntries(arrays), active: Object.fromEntries(details?.active ?? []) };
  };
  return {
    PointData: section('pointData', mesh.points.shape[0]),
    CellData: section('cellData', mesh.cells.types.length),
    FieldData: section('fieldData', undefined),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'vascusim-details-'));
afterAll(() => rmSync(folder, { recursive: true }));

describeWithVtk('strings, names of components and active arrays beside VTK', () => {
  test('are read as VTK wrote them, in every encoding', async () => {
    const written = runVtk('array_details.py', 'write', folder) as Record<string, DumpedDetails>;
    expect(Object.keys(written)).toHaveLength(40);
    for (const [path, expected] of Object.entries(written))
      expect(dump(await readMesh(path)), basename(path)).toEqual(expected);
  });

  test('VTK reads them as they were, from what is written in every encoding', async () => {
    const all: DumpedDetails[] = [];
    const paths: string[] = [];
    for (const extension of ['vtu', 'vtp']) {
      const mesh = await readMesh(join(folder, `Ascii-none.${extension}`));
      for (const encoding of ['raw', 'base64', 'inline', 'ascii'] as const) {
        for (const compressor of ['none', 'zlib'] as const) {
          if (encoding === 'ascii' && compressor === 'zlib') continue;
          const options: WriteOptions = { encoding, compressor };
          const path = join(folder, `again-${encoding}-${compressor}.${extension}`);
          await writeMesh(path, mesh, options);
          paths.push(path);
          all.push(dump(mesh));
        }
      }
    }
    const read = runVtk('array_details.py', 'read', ...paths) as Record<string, DumpedDetails>;
    for (const [index, path] of paths.entries()) expect(read[path], basename(path)).toEqual(all[index]);
  });

  test('VTK reads those of the surface of a grid', async () => {
    const surface = extractSurface(await readMesh(join(folder, 'Ascii-none.vtu')));
    const path = join(folder, 'surface.vtp');
    await writeMesh(path, surface);
    const read = runVtk('array_details.py', 'read', path) as Record<string, DumpedDetails>;
    expect(read[path]).toEqual(dump(surface));
    expect(dump(surface).CellData.arrays['name']?.values).toHaveLength(surface.cells.types.length);
  });
});
