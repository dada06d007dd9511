import { mkdtempSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { type WriteOptions, writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { writeMesh } from '../../src/mesh/write-mesh.ts';
import { readMesh } from '../../src/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as property } from '../property.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { type DumpedMesh, expectMesh } from './dumped-mesh.ts';
import { anyMesh } from './mesh-arbitrary.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

const anyOptions: fc.Arbitrary<WriteOptions> = fc.record({
  encoding: fc.constantFrom('raw', 'base64', 'inline', 'ascii'),
  compressor: fc.constantFrom('none', 'zlib'),
  headerType: fc.constantFrom('UInt32', 'UInt64'),
  blockSize: fc.constantFrom(1024, 1500, 32_768),
});

const tetra: Mesh = {
  kind: 'UnstructuredGrid',
  points: { data: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1), shape: [4, 3] },
  cells: { types: Uint8Array.of(10), connectivity: Int32Array.of(0, 1, 2, 3), offsets: Int32Array.of(0, 4) },
  pointData: new Map(),
  cellData: new Map(),
  fieldData: new Map(),
};

async function write(mesh: Mesh, options?: WriteOptions): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml(mesh, options)) parts.push(part);
  return Buffer.concat(parts);
}

describe('writeVtkXml', () => {
  property(
    'gives back any mesh when it is read again',
    [anyMesh, anyOptions],
    async (mesh, options) => {
      const read = await vtkXmlReader.read(memoryFile(await write(mesh, options)));
      expect(read).toEqual(mesh);
    },
    { numRuns: 400 },
  );

  property(
    'writes a float as the shortest text that gives it back',
    [fc.float({ noNaN: true, noDefaultInfinity: true })],
    async (value) => {
      const mesh: Mesh = {
        ...tetra,
        pointData: new Map([['p', { data: new Float32Array(4).fill(value), shape: [4] }]]),
      };
      const text = (await write(mesh, { encoding: 'ascii' })).toString();
      const token = /Name="p"[^>]*>\s*(\S+)/.exec(text)?.[1] ?? '';
      expect(Math.fround(Number(token))).toBe(value);
      expect(token.replace(/^-?0\.0*|e.*|\D/g, '').length).toBeLessThanOrEqual(
        Number.isInteger(value) ? 39 : 9,
      );
    },
  );

  test('states ranges as VTK does: of vectors that of their lengths, without what is no number', async () => {
    const pointData: Mesh['pointData'] = new Map([
      ['u', { data: Float64Array.from([3, 4, 0, 0, 0, 0, 0, 0, 1, 0, -2, 0]), shape: [4, 3] }],
      ['p', { data: Float32Array.from([Number.NaN, -1, 7, 2]), shape: [4] }],
      ['none', { data: new Float32Array(4).fill(Number.NaN), shape: [4] }],
    ]);
    const text = (await write({ ...tetra, pointData })).toString();
    expect(text).toMatch(/Name="u"[^>]* RangeMin="0" +RangeMax="5" +/);
    expect(text).toMatch(/Name="p"[^>]* RangeMin="-1" +RangeMax="7" +/);
    expect(text).not.toMatch(/Name="none"[^>]* RangeMin/);
  });

  test.each<[string, Partial<Mesh>]>([
    [
      'an array of another length',
      { pointData: new Map([['p', { data: new Float32Array(5), shape: [5] }]]) },
    ],
    [
      'a shape that its values do not fill',
      { cellData: new Map([['c', { data: new Int8Array(2), shape: [1, 3] }]]) },
    ],
    [
      'a point index beyond the points',
      { cells: { ...tetra.cells, connectivity: Int32Array.of(0, 1, 2, 4) } },
    ],
    ['a negative point index', { cells: { ...tetra.cells, connectivity: Int32Array.of(0, 1, 2, -1) } }],
    ['offsets that end early', { cells: { ...tetra.cells, offsets: Int32Array.of(0, 3) } }],
    ['polyhedra without faces', { cells: { ...tetra.cells, types: Uint8Array.of(42) } }],
    ['a tetrahedron in PolyData', { kind: 'PolyData' }],
  ])('refuses %s', async (_, change) => {
    const error: unknown = await write({ ...tetra, ...change }).catch((reason: unknown) => reason);
    expect(isVascuError(error, 'CONFIG')).toBe(true);
  });
});

describe('writeMesh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-writer-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(['a\u001B[31m', 'a\0', 'a\uFFFE', 'a\uD800'])(
    'refuses the name %j, which XML cannot hold, of an array or a component',
    async (name) => {
      const array = { data: Float32Array.of(0, 1, 2, 3), shape: [4] };
      const named = { ...tetra, pointData: new Map([[name, array]]) };
      await expect(write(named)).rejects.toThrow('is a character that XML cannot hold');
      const pointData = { arrays: new Map([['p', { componentNames: [name] }]]), active: new Map() };
      const component = { ...tetra, pointData: new Map([['p', array]]), details: { pointData } };
      await expect(write(component)).rejects.toThrow('is a character that XML cannot hold');
    },
  );

  test('leaves nothing behind when it fails', async () => {
    const broken = { ...tetra, pointData: new Map([['p', { data: new Float32Array(5), shape: [5] }]]) };
    await expect(writeMesh(join(folder, 'broken.vtu'), broken)).rejects.toThrow('p');
    expect(await readdir(folder)).toEqual([]);
  });

  test('writes a file that is read again', async () => {
    await writeMesh(join(folder, 'tetra.vtu'), tetra, { compressor: 'zlib' });
    expect(await readMesh(join(folder, 'tetra.vtu'))).toEqual(tetra);
    expect(await readdir(folder)).toEqual(['tetra.vtu']);
  });
});

describeWithVtk('VTK reads what was written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-writer-vtk-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('any mesh in every encoding', async () => {
    // Strings without line breaks and finite numbers: of others VTK itself reads back something else.
    const plain = anyMesh.filter(
      ({ pointData, cellData, fieldData, points }) =>
        points.shape[0] !== 0 &&
        points.data.every(Number.isFinite) &&
        [...pointData, ...cellData, ...fieldData].every(
          ([name, value]) =>
            !/[^ -~é]/.test(name) &&
            ('data' in value
              ? !(value.data instanceof Float32Array || value.data instanceof Float64Array) ||
                value.data.every(Number.isFinite)
              : value.every((text) => /^[ -~]*$/.test(text)) && value.length > 0),
        ),
    );
    const samples = fc.sample(fc.tuple(plain, anyOptions), { numRuns: 120, seed: 5 });
    const files: string[] = [];
    for (const [index, [mesh, options]] of samples.entries()) {
      files.push(join(folder, `${index}.${mesh.kind === 'PolyData' ? 'vtp' : 'vtu'}`));
      await writeMesh(files[index] as string, mesh, options);
    }
    const dumps = runVtk('dump_files.py', ...files) as DumpedMesh[];
    for (const [index, [mesh, options]] of samples.entries()) {
      try {
        expectMesh(mesh, dumps[index] as DumpedMesh);
      } catch (cause) {
        throw new Error(`mesh ${index} written with ${JSON.stringify(options)}`, { cause });
      }
    }
  }, 60_000);
});
