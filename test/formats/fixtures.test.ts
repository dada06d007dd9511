import { describe, expect, test } from 'vitest';
import type { RandomAccess } from '../../src/core/mesh.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { memoryFile } from '../memory-file.ts';
import { expectMesh } from './dumped-mesh.ts';
import { readVtkHeader, vtkXmlReader } from './vtk-xml-reader.ts';

/** Counts the bytes that are read of a file. */
function counting(
  file: RandomAccess,
): RandomAccess & { readonly ranges: readonly (readonly [number, number])[] } {
  const ranges: [number, number][] = [];
  return {
    size: file.size,
    ranges,
    read(offset, length) {
      ranges.push([offset, offset + length]);
      return file.read(offset, length);
    },
  };
}

describe('small files that VTK wrote', () => {
  test.each(fixtures)('$name holds what VTK holds of it', async ({ bytes, mesh }) => {
    expectMesh(await vtkXmlReader.read(memoryFile(bytes)), mesh);
  });

  test.each(fixtures)('$name gives only the arrays asked for', async ({ bytes, mesh }) => {
    const [wanted] = mesh.pointData;
    const read = await vtkXmlReader.read(memoryFile(bytes), { attributes: [wanted?.name ?? '', 'unknown'] });
    expect([...read.pointData.keys(), ...read.cellData.keys()]).toEqual([wanted?.name]);
    expectMesh(
      { ...read, fieldData: new Map() },
      { ...mesh, pointData: mesh.pointData.slice(0, 1), cellData: [], fieldData: [], strings: {} },
    );
  });

  test('says how a file is stored', async () => {
    const header = async (name: string) =>
      readVtkHeader(memoryFile(fixtures.find((file) => file.name === name)?.bytes ?? ''));
    const { arrays, ...layout } = await header('raw-lzma.vtu');
    expect(layout).toEqual({
      format: 'VTK XML',
      size: 7298,
      type: 'UnstructuredGrid',
      version: '1.0',
      byteOrder: 'BigEndian',
      headerWidth: 8,
      compressor: 'vtkLZMADataCompressor',
      encodings: ['appended raw'],
      pieceCount: 1,
      pointArrays: ['pressure', 'velocity', 'node_id'],
      cellArrays: ['region'],
      pieceFiles: [],
      declared: [],
      leftOut: [],
      points: 40,
      pointType: 'Float32',
      cells: 15,
    });
    expect(arrays).toContainEqual({
      name: 'matrix',
      on: 'field',
      type: 'Float32',
      components: 3,
      range: [2.2360679775, 17.378147197],
    });
    expect(await header('ascii.vtp')).toMatchObject({ type: 'PolyData', encodings: ['ascii'] });
    expect(await header('inline.vtu')).toMatchObject({ encodings: ['inline base64'], headerWidth: 8 });
  });
});

describe('attributes', () => {
  /** A file whose arrays are too large to be read by accident. */
  function largeFile(): Uint8Array {
    const count = 60_000;
    const arrays = ['a', 'b', 'c', 'd'];
    const bytes = 8 + 4 * count;
    const head = arrays
      .map(
        (name, index) =>
          `<DataArray type="Float32" Name="${name}" format="appended" offset="${index * bytes}"/>`,
      )
      .join('');
    const text =
      `<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian" header_type="UInt64"><UnstructuredGrid>` +
      `<Piece NumberOfPoints="${count}" NumberOfCells="0"><PointData>${head}</PointData><Points>` +
      `<DataArray type="Float32" NumberOfComponents="3" format="appended" offset="${4 * bytes}"/></Points></Piece>` +
      `</UnstructuredGrid><AppendedData encoding="raw">_`;
    const block = (values: number): Buffer => {
      const data = Buffer.alloc(8 + 4 * values);
      data.writeBigUInt64LE(BigInt(4 * values));
      return data;
    };
    return Buffer.concat([
      Buffer.from(text),
      ...arrays.map(() => block(count)),
      block(3 * count),
      Buffer.from('</AppendedData></VTKFile>'),
    ]);
  }

  test('of appended files only the header, the points and the arrays asked for are read', async () => {
    const bytes = largeFile();
    const file = counting(memoryFile(bytes));
    await vtkXmlReader.read(file, { attributes: ['c'] });
    const total = file.ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    const needed = 4 * 60_000 + 3 * 4 * 60_000;
    expect(total).toBeLessThan(needed + 70_000);
    expect(total).toBeGreaterThan(needed);
  });
});
