import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as testRule } from '../property.ts';
import { bitsOf } from '../streamers/result-file.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { anyStorage, type BuiltFile, buildFile, integerTypes, type Storage, storages } from './built-file.ts';
import { type DumpedMesh, expectMesh } from './dumped-mesh.ts';
import { anyPiece, barOfCubes, endsOf, pair, polyhedralFile } from './polyhedral-file.ts';
import { planRead, vtkXmlReader } from './vtk-xml-reader.ts';

function read(bytes: Uint8Array, attributes?: readonly string[]): Promise<Mesh> {
  return vtkXmlReader.read(memoryFile(bytes), { path: 'poly.vtu', attributes });
}

const anyTypes = fc.array(fc.constantFrom(...integerTypes), { minLength: 1, maxLength: 5 });

testRule(
  'polyhedra of file version 2.3 are those of 2.2: any mesh, pieces, integer types and encoding',
  [fc.array(anyPiece, { minLength: 1, maxLength: 3 }), anyTypes, anyStorage],
  async (pieces, types, storage) => {
    const [shared, listed] = await Promise.all([
      read(buildFile(polyhedralFile(pieces, 'shared', types), storage)),
      read(buildFile(polyhedralFile(pieces, 'listed'), storage)),
    ]);
    expect(bitsOf(shared)).toEqual(bitsOf(listed));
    expect(shared.cells.faces).toEqual(listed.cells.faces);
    expect(shared.cells.faceOffsets).toEqual(listed.cells.faceOffsets);
  },
);

testRule(
  'a plan of a part wants every byte of the polyhedra',
  [
    fc.array(anyPiece, { minLength: 1, maxLength: 2 }),
    fc.constantFrom('raw' as const, 'base64' as const),
    fc.boolean(),
  ],
  async (pieces, encoding, zlib) => {
    const storage: Storage = { encoding, zlib, bigEndian: false, headerBits: 32 };
    const bytes = buildFile(polyhedralFile(pieces, 'shared'), storage);
    const plan = await planRead(memoryFile(bytes), { attributes: [] });
    if (typeof plan === 'string') throw new Error(plan);
    const part = Uint8Array.from(bytes);
    for (const { start, end, wanted } of plan.stretches) if (!wanted) part.fill(0xaa, start, end);
    const [partial, whole] = await Promise.all([read(part, []), read(bytes, [])]);
    expect(partial.cells).toEqual(whole.cells);
  },
);

const raw: Storage = { encoding: 'raw', zlib: false, bigEndian: false, headerBits: 64 };
const ascii: Storage = { ...raw, encoding: 'ascii' };

/** The pair with some of its arrays of cells changed. */
function changed(changes: Readonly<Record<string, readonly number[] | undefined>>): BuiltFile {
  const file = polyhedralFile([pair], 'shared');
  return {
    ...file,
    pieces: file.pieces.map(({ attributes, sections }) => ({
      attributes,
      sections: {
        ...sections,
        Cells: (sections['Cells'] ?? []).flatMap((array) => {
          if (!(array.name in changes)) return [array];
          const values = changes[array.name];
          return values === undefined ? [] : [{ ...array, values }];
        }),
      },
    })),
  };
}

describe('polyhedra that lie', () => {
  const faceEnds = endsOf(pair.faces);
  const listed = pair.cells.flatMap((cell) => ('faces' in cell ? cell.faces : []));
  const points = pair.faces.flat();
  test.each<[string, Readonly<Record<string, readonly number[] | undefined>>, RegExp, string]>([
    [
      'a face number out of range',
      { polyhedron_to_faces: [...listed.slice(0, -1), 11] },
      /cell \(2\) with the face number 11; there are 11 faces/,
      'polyhedron_to_faces',
    ],
    [
      'a negative face number',
      { polyhedron_to_faces: [-1, ...listed.slice(1)] },
      /cell \(0\) with the face number -1/,
      'polyhedron_to_faces',
    ],
    [
      'falling polyhedron offsets',
      { polyhedron_offsets: [6, 5, 12] },
      /offset of cell 1 that is less/,
      'polyhedron_offsets',
    ],
    [
      'a negative polyhedron offset',
      { polyhedron_offsets: [-6, 6, 12] },
      /offset of cell 0 that is less/,
      'polyhedron_offsets',
    ],
    [
      'polyhedron offsets beyond the list',
      { polyhedron_offsets: [6, 6, 13] },
      /holds 12 values where polyhedron_offsets asks for 13|at most \d+ values/,
      'polyhedron_to_faces',
    ],
    [
      'too few polyhedron offsets',
      { polyhedron_offsets: [6, 12] },
      /holds 2 values where the header asks for 3|at most 2 values/,
      'polyhedron_offsets',
    ],
    [
      'falling face offsets',
      { face_offsets: [4, 8, 7, ...faceEnds.slice(3)] },
      /offset of face 2 that is less/,
      'face_offsets',
    ],
    [
      'a negative face offset',
      { face_offsets: [-4, ...faceEnds.slice(1)] },
      /offset of face 0 that is less/,
      'face_offsets',
    ],
    [
      'face offsets beyond the points',
      { face_offsets: [...faceEnds.slice(0, -1), 45] },
      /face offsets up to 45 but only 44/,
      'face_connectivity',
    ],
    [
      'too few face offsets',
      { face_offsets: faceEnds.slice(0, -1) },
      /face number 10; there are 10 faces/,
      'polyhedron_to_faces',
    ],
    [
      'a point beyond the mesh',
      { face_connectivity: [12, ...points.slice(1)] },
      /face \(0\) with the point index 12; there are 12/,
      'face_connectivity',
    ],
    [
      'a negative point',
      { face_connectivity: [...points.slice(0, -1), -1] },
      /point index -1/,
      'face_connectivity',
    ],
    [
      'a point beyond 32 bits',
      { face_connectivity: [2 ** 33, ...points.slice(1)] },
      /beyond 32 bits/,
      'face_connectivity',
    ],
    [
      'no list of faces',
      { polyhedron_to_faces: undefined },
      /no array "polyhedron_to_faces"/,
      'polyhedron_to_faces',
    ],
    ['no offsets', { polyhedron_offsets: undefined }, /no array "polyhedron_offsets"/, 'polyhedron_offsets'],
    ['no face offsets', { face_offsets: undefined }, /no array "face_offsets"/, 'face_offsets'],
    [
      'no faces at all',
      { face_connectivity: undefined },
      /no array "face_connectivity"/,
      'face_connectivity',
    ],
  ])('%s', async (_, changes, message, array) => {
    for (const storage of [raw, ascii]) {
      const error: unknown = await read(buildFile(changed(changes), storage)).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(FormatError);
      expect(error).toMatchObject({ path: 'poly.vtu', array, offset: expect.any(Number) });
      expect(String(error)).toMatch(message);
    }
  });

  test('a large face that is shared very often is refused before memory is taken for it', async () => {
    const zeros = Array.from({ length: 20_000 }, () => 0);
    const bomb = changed({
      face_connectivity: zeros,
      face_offsets: [20_000],
      polyhedron_to_faces: zeros,
      polyhedron_offsets: [20_000, 20_000, 20_000],
    });
    const reading = read(buildFile(bomb, raw));
    await expect(reading).rejects.toThrow(/polyhedron_to_faces.* over the limit/);
  });
});

describe('polyhedra of any file', () => {
  test('of a .pvtu are those of all its pieces, whatever form these have', async () => {
    const forms = { 'a.vtu': 'shared', 'b.vtu': 'listed', 'c.vtu': 'shared' } as const;
    const named = Object.keys(forms).map((name) => `<Piece Source="${name}"/>`);
    const parallel = `<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid>${named.join('')}</PUnstructuredGrid></VTKFile>`;
    const { cells } = await vtkXmlReader.read(memoryFile(parallel), {
      openSibling: (name) =>
        Promise.resolve(memoryFile(buildFile(polyhedralFile([pair], forms[name as 'a.vtu']), raw))),
    });
    const whole = await read(buildFile(polyhedralFile([pair, pair, pair], 'listed'), raw));
    expect(cells).toEqual(whole.cells);
  });

  test('meshes that differ by nothing but their faces are told apart', async () => {
    const bytes = buildFile(polyhedralFile([barOfCubes(100)], 'shared'), raw);
    const plan = await planRead(memoryFile(bytes), { attributes: [] });
    if (typeof plan === 'string') throw new Error(plan);
    const telling = plan.stretches.flatMap(({ mesh }) => mesh?.arrays ?? []).map(({ start }) => start);
    const text = Buffer.from(bytes).toString('latin1');
    const data = text.indexOf('_', text.indexOf('<AppendedData')) + 1;
    for (const name of ['connectivity', 'face_connectivity', 'polyhedron_to_faces']) {
      const offset = new RegExp(`Name="${name}"[^>]*offset="(\\d+)"`).exec(text)?.[1];
      expect(telling, name).toContain(data + Number(offset));
    }
  });

  test.each(storages)(
    'what is behind the last face that is used is not looked at: %s',
    async (_, storage) => {
      const surplus = changed({
        polyhedron_offsets: [6, 6, 12, 3, -1],
        polyhedron_to_faces: [...pair.cells.flatMap((cell) => ('faces' in cell ? cell.faces : [])), -7, 99],
        face_offsets: [...endsOf(pair.faces), 2, -1],
        face_connectivity: [...pair.faces.flat(), 77, -1],
      });
      const [mesh, plain] = await Promise.all([
        read(buildFile(surplus, storage)),
        read(buildFile(polyhedralFile([pair], 'listed'), storage)),
      ]);
      expect(mesh.cells).toEqual(plain.cells);
    },
  );

  test.each([
    ['1.0', 'shared'],
    ['2.3', 'listed'],
  ] as const)('version %s with the %s form of the other: that is read', async (version, form) => {
    const mesh = await read(buildFile({ ...polyhedralFile([pair], form), version }, raw));
    const plain = await read(buildFile(polyhedralFile([pair], 'listed'), raw));
    expect(mesh.cells).toEqual(plain.cells);
  });

  test('faces that another cell than a polyhedron lists are passed over', async () => {
    const mesh = await read(buildFile(changed({ polyhedron_offsets: [6, 7, 12] }), raw));
    expect([...(mesh.cells.faceOffsets ?? [])]).toEqual([31, -1, 57]);
  });
});

describeWithVtk('polyhedra of file version 2.3, written again', () => {
  test.each(['raw', 'base64', 'inline', 'ascii'] as const)('VTK 9.1 reads %s', async (encoding) => {
    const mesh = await read(buildFile(polyhedralFile([pair, pair], 'shared'), raw));
    const parts: Uint8Array[] = [];
    for await (const part of writeVtkXml(mesh, { encoding })) parts.push(Uint8Array.from(part));
    const folder = mkdtempSync(join(tmpdir(), 'polyhedra-'));
    try {
      const path = join(folder, 'written.vtu');
      writeFileSync(path, Buffer.concat(parts));
      const [dumped] = runVtk('dump_files.py', path) as readonly DumpedMesh[];
      expectMesh(mesh, dumped as DumpedMesh);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
