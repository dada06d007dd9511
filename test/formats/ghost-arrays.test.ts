import { describe, expect, test } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import type { Mesh, Tensor } from '../../src/core/mesh.ts';
import { type WriteOptions, writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { extractSurface } from '../../src/render/surface-mesh.ts';
import { cellsOf } from '../graph/edge-reference.ts';
import { memoryFile } from '../memory-file.ts';
import { planRead, vtkXmlReader } from './vtk-xml-reader.ts';

const values = (length: number): Tensor => ({
  data: Float64Array.from({ length }, (_, at) => at),
  shape: [length],
});

/** Two triangles, one of them a copy; of the points one is hidden where `name` is that of an array over points as well. */
function meshOf(name: string): Mesh {
  const flags = (...all: number[]): Tensor => ({ data: Uint8Array.from(all), shape: [all.length] });
  return {
    kind: 'UnstructuredGrid',
    points: { data: Float64Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 1, 0), shape: [4, 3] },
    cells: cellsOf([
      { type: CellType.Triangle, points: [0, 1, 2] },
      { type: CellType.Triangle, points: [1, 3, 2] },
    ]),
    pointData: new Map([
      ['p', values(4)],
      [name, flags(0, 0, 0, 1)],
      ['q', values(4)],
    ]),
    cellData: new Map([
      ['c', values(2)],
      [name, flags(0, 1)],
    ]),
    fieldData: new Map(),
  };
}

async function written(mesh: Mesh, options: WriteOptions): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(mesh, options)) parts.push(Uint8Array.from(part));
  return Uint8Array.from(Buffer.concat(parts));
}

const encodings: readonly WriteOptions[] = [
  { encoding: 'raw', compressor: 'none' },
  { encoding: 'raw', compressor: 'zlib' },
  { encoding: 'base64', compressor: 'zlib' },
  { encoding: 'ascii', compressor: 'none' },
];

describe.each(['vtkGhostType', 'vtkGhostLevels'])('the arrays %s', (name) => {
  test.each(encodings)('are read without being named: $encoding, $compressor', async (options) => {
    const content = await written(meshOf(name), options);
    const mesh = await vtkXmlReader.read(memoryFile(content), { attributes: ['p'] });
    expect([[...mesh.pointData.keys()], [...mesh.cellData.keys()]]).toEqual([['p', name], [name]]);
    expect(extractSurface(mesh).cells.types).toHaveLength(1);
  });

  test.each(encodings.slice(0, 2))(
    'are planned without being named: $encoding, $compressor',
    async (options) => {
      const content = await written(meshOf(name), options);
      const plan = await planRead(memoryFile(content), { attributes: ['p'] });
      if (typeof plan === 'string') throw new Error(plan);
      // What is not wanted is made into nonsense.
      for (const { start, end, wanted } of plan.stretches) if (!wanted) content.fill(0xaa, start, end);
      const mesh = await vtkXmlReader.read(memoryFile(content), { attributes: ['p'] });
      expect(extractSurface(mesh).cells.types).toHaveLength(1);
      expect([...(mesh.cellData.get(name) as Tensor).data]).toEqual([0, 1]);
    },
  );
});
