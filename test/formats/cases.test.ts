import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findGhosts } from '../../src/core/ghosts.ts';
import type { Mesh, MeshArray } from '../../src/core/mesh.ts';
import { isTensor } from '../../src/core/mesh.ts';
import { meshToGraph, readMesh } from '../../src/mesh.ts';
import { listsOf, ringKey, surfaceOf } from '../render/surface-cells.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

/** Files that other writers made, and what VTK 9.7.1 reads of them; beside the project where they are at hand. */
const folder = '../shared/data/cases/vtk';

interface ExpectedArray {
  readonly type: string;
  readonly components: number;
  readonly values: readonly (number | string)[];
}

interface Expected {
  readonly main: string;
  readonly error?: string;
  readonly points: ExpectedArray;
  readonly cellTypes: readonly number[];
  readonly connectivity: readonly number[];
  readonly offsets: readonly number[];
  readonly polyhedronFaces: readonly (readonly number[])[];
  readonly pointData: Readonly<Record<string, ExpectedArray>>;
  readonly cellData: Readonly<Record<string, ExpectedArray>>;
  readonly fieldData: Readonly<Record<string, ExpectedArray>>;
  readonly edges: readonly (readonly number[])[];
  readonly outerPolygons: readonly (readonly number[])[];
}

const TEMPLATES = { 'limit-time-values': ['in.template.vtu', '@@TIMES@@'] } as const;

/** The file of a case; of one that is a template with its 9,000 numbers of eight characters. */
async function fileOf(name: string, main: string): Promise<string> {
  const [template, place] = name in TEMPLATES ? TEMPLATES[name as keyof typeof TEMPLATES] : [];
  if (template === undefined || place === undefined) return join(folder, name, main);
  const text = await readFile(join(folder, name, template), 'utf8');
  const times = Array.from({ length: 9_000 }, (_, step) => (step / 1000).toFixed(6)).join(' ');
  const file = join(await makeFolder(), main);
  await writeFile(file, text.replace(place, times));
  return file;
}

function plainArrays(arrays: ReadonlyMap<string, MeshArray>): Record<string, readonly (number | string)[]> {
  return Object.fromEntries(
    [...arrays].map(([name, array]) => [name, isTensor(array) ? Array.from(array.data, Number) : [...array]]),
  );
}

function expectedArrays(arrays: Expected['pointData']): Record<string, readonly (number | string)[]> {
  return Object.fromEntries(Object.entries(arrays).map(([name, { values }]) => [name, values]));
}

function facesOf({ cells }: Mesh): number[][] {
  const { faces, faceOffsets } = cells;
  if (faces === undefined || faceOffsets === undefined) return [];
  let start = 0;
  return [...faceOffsets]
    .filter((end) => end >= 0)
    .map((end) => {
      const own = Array.from(faces.subarray(start, end));
      start = end;
      return own;
    });
}

function edgesOf(mesh: Mesh): number[][] {
  const { edgeIndex, numEdges } = meshToGraph(mesh);
  return Array.from({ length: numEdges }, (_, edge) => [
    edgeIndex.data[edge] as number,
    edgeIndex.data[numEdges + edge] as number,
  ]).filter(([from = 0, to = 0]) => from < to);
}

const names = existsSync(folder) ? readdirSync(folder) : [];

describe.skipIf(names.length === 0)('files of other writers', () => {
  test.each(names)('%s is read as VTK 9.7.1 reads it', async (name) => {
    const expected = JSON.parse(await readFile(join(folder, name, 'expected.json'), 'utf8')) as Expected;
    const file = await fileOf(name, expected.main);
    if (expected.error !== undefined) {
      expect(await failureOf(readMesh(file))).toMatchObject({ code: expected.error });
      return;
    }
    const mesh = await readMesh(file, { onLeftOut: () => undefined });
    expect([...mesh.points.data]).toEqual(expected.points.values);
    expect([...mesh.cells.types]).toEqual(expected.cellTypes);
    expect([...mesh.cells.connectivity]).toEqual(expected.connectivity);
    expect([...mesh.cells.offsets]).toEqual(expected.offsets);
    expect(facesOf(mesh)).toEqual(expected.polyhedronFaces);
    expect(plainArrays(mesh.pointData)).toEqual(expectedArrays(expected.pointData));
    expect(plainArrays(mesh.cellData)).toEqual(expectedArrays(expected.cellData));
    if (!(name in TEMPLATES)) {
      expect(plainArrays(mesh.fieldData)).toEqual(expectedArrays(expected.fieldData));
    }
    expect(edgesOf(mesh)).toEqual(expected.edges);
    const { polygons } = surfaceOf(mesh.cells, mesh.points.shape[0] as number, findGhosts(mesh));
    expect(listsOf(polygons).map(ringKey).toSorted()).toEqual(expected.outerPolygons.map(ringKey).toSorted());
  });
});
