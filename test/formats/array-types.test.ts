import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as testRule } from '../property.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import {
  anyStorage,
  type BuiltArray,
  type BuiltFile,
  buildFile,
  type Storage,
  storages,
} from './built-file.ts';
import { planRead, readVtkHeader, vtkXmlReader } from './vtk-xml-reader.ts';

const raw: Storage = { encoding: 'raw', zlib: false, bigEndian: false, headerBits: 32 };
const ascii: Storage = { ...raw, encoding: 'ascii' };

function read(bytes: Uint8Array, attributes?: readonly string[]): Promise<Mesh> {
  return vtkXmlReader.read(memoryFile(bytes), { path: 'in.vtu', attributes });
}

async function failureOf(bytes: Uint8Array, attributes?: readonly string[]): Promise<unknown> {
  return read(bytes, attributes).catch((error: unknown) => error);
}

interface Arrays {
  readonly PointData?: readonly BuiltArray[];
  readonly CellData?: readonly BuiltArray[];
  readonly Points?: BuiltArray;
  readonly Cells?: readonly BuiltArray[];
  readonly fieldData?: readonly BuiltArray[];
}

const COORDINATES = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1];
const p: BuiltArray = { name: 'p', type: 'Float64', values: [1, 2, 3, 4, 5] };
const cells = (connectivity = 'Int32', offsets = 'Int32', types = 'UInt8', decimals = 0): BuiltArray[] => {
  const values = (numbers: readonly number[]): number[] => numbers.map((value) => value + decimals);
  return [
    { name: 'connectivity', type: connectivity, values: values([0, 1, 2, 3, 1, 2, 3, 4]) },
    { name: 'offsets', type: offsets, values: values([4, 8]) },
    { name: 'types', type: types, values: values([10, 10]) },
  ];
};

/** Two tetrahedra over five points. */
function twoTetrahedra({
  PointData = [p],
  CellData = [],
  Points,
  Cells = cells(),
  fieldData = [],
}: Arrays): BuiltFile {
  const points = Points ?? { name: 'Points', type: 'Float32', values: COORDINATES };
  const attributes = ' NumberOfComponents="3"';
  return {
    fieldData,
    pieces: [
      {
        attributes: 'NumberOfPoints="5" NumberOfCells="2"',
        sections: { PointData, CellData, Points: [{ ...points, attributes }], Cells },
      },
    ],
  };
}

const anyBits = fc.array(fc.nat(1), { minLength: 1, maxLength: 70 });

describe('arrays of type Bit', () => {
  testRule(
    'give 0 and 1 over points, cells and fields, of several pieces, in every encoding',
    [fc.array(anyBits, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 4 }), anyStorage],
    async (pieces, components, storage) => {
      const attributes = ` NumberOfComponents="${components}"`;
      const repeat = (bits: readonly number[]): number[] =>
        Array.from({ length: components }, () => bits).flat();
      const [first = []] = pieces;
      const bytes = buildFile(
        {
          fieldData: [
            {
              name: 'f',
              type: 'Bit',
              values: repeat(first),
              attributes: `${attributes} NumberOfTuples="${first.length}"`,
            },
          ],
          pieces: pieces.map((bits) => ({
            attributes: `NumberOfPoints="${bits.length}" NumberOfCells="${bits.length}"`,
            sections: {
              PointData: [{ name: 'n', type: 'Bit', values: repeat(bits), attributes }],
              CellData: [{ name: 'c', type: 'Bit', values: repeat(bits), attributes }],
              Points: [
                {
                  name: 'Points',
                  type: 'Float64',
                  values: [...bits, ...bits, ...bits],
                  attributes: ' NumberOfComponents="3"',
                },
              ],
              Cells: [
                { name: 'connectivity', type: 'Int32', values: bits.map((_, at) => at) },
                { name: 'offsets', type: 'Int32', values: bits.map((_, at) => at + 1) },
                { name: 'types', type: 'UInt8', values: bits.map(() => 1) },
              ],
            },
          })),
        },
        storage,
      );
      const { pointData, cellData, fieldData } = await read(bytes);
      const shaped = (all: readonly number[]): unknown => {
        const rows = all.length / components;
        return { data: Uint8Array.from(all), shape: components === 1 ? [rows] : [rows, components] };
      };
      expect(pointData.get('n')).toEqual(shaped(pieces.flatMap(repeat)));
      expect(cellData.get('c')).toEqual(shaped(pieces.flatMap(repeat)));
      expect(fieldData.get('f')).toEqual(shaped(repeat(first)));
    },
  );

  test('as text every number but 0 is 1, as in VTK', async () => {
    const b = { name: 'b', type: 'Bit', values: [0, 2, -1, 1, 0] };
    const mesh = await read(buildFile(twoTetrahedra({ PointData: [b] }), ascii));
    expect([...(mesh.pointData.get('b')?.data ?? [])]).toEqual([0, 1, 1, 1, 0]);
  });

  test.each(storages)('of fewer bits than there are points are an error: %s', async (_, storage) => {
    const b = {
      name: 'b',
      type: 'Bit',
      values: Array.from({ length: 10 }, () => 1),
      attributes: ' NumberOfComponents="4"',
    };
    const error = await failureOf(buildFile(twoTetrahedra({ PointData: [b] }), storage));
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ array: 'b' });
  });

  test.each(storages)('of a field without a number of tuples have all there are: %s', async (_, storage) => {
    const f = { name: 'f', type: 'Bit', values: [1, 0, 1, 1, 0, 0, 1, 1] };
    const mesh = await read(buildFile(twoTetrahedra({ fieldData: [f] }), storage));
    expect(mesh.fieldData.get('f')).toEqual({ data: Uint8Array.from(f.values), shape: [8] });
  });
});

describeWithVtk('arrays of type Bit that VTK wrote', () => {
  test('are what they were', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bits-'));
    try {
      const names = runVtk('write_bits.py', folder) as readonly string[];
      expect(names).toHaveLength(32);
      const pattern = (length: number): Uint8Array =>
        Uint8Array.from({ length }, (_, at) => (at % 5 === 0 || at % 5 === 4 ? 1 : 0));
      for (const name of names) {
        const mesh = await read(Uint8Array.from(readFileSync(join(folder, name))));
        const values = [mesh.pointData.get('one'), mesh.pointData.get('three'), mesh.cellData.get('cell')];
        expect(values, name).toEqual([
          { data: pattern(21), shape: [21] },
          { data: pattern(63), shape: [21, 3] },
          { data: pattern(11), shape: [11] },
        ]);
        expect(mesh.fieldData.get('field'), name).toEqual({ data: pattern(13), shape: [13] });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('arrays of a type that nothing knows', () => {
  const odd = (name: string, type = 'Float16'): BuiltArray => ({ name, type, values: [1, 2, 3] });
  const file = twoTetrahedra({
    PointData: [odd('before'), p, odd('behind', 'vtkVariant')],
    CellData: [odd('cell', '')],
    fieldData: [odd('field', 'Complex')],
  });

  test.each(storages)('are passed over where nobody asks for them: %s', async (_, storage) => {
    for (const attributes of [undefined, ['p'], []]) {
      const mesh = await read(buildFile(file, storage), attributes);
      const plain = await read(buildFile(twoTetrahedra({}), storage), attributes);
      expect(mesh).toEqual(plain);
    }
  });

  test.each(storages)('are an error that names the type where somebody does: %s', async (_, storage) => {
    const error = await failureOf(buildFile(file, storage), ['behind']);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ path: 'in.vtu', array: 'behind', offset: expect.any(Number) });
    expect(String(error)).toContain('type="vtkVariant", which is not read; known: Int8, ');
  });

  test.each<[string, Arrays, string]>([
    ['points', { Points: { ...odd('Points'), values: COORDINATES } }, 'Points'],
    ['connectivity', { Cells: cells('Float16') }, 'connectivity'],
    ['offsets', { Cells: cells('Int32', 'Float16') }, 'offsets'],
    ['types', { Cells: cells('Int32', 'Int32', 'Float16') }, 'types'],
  ])('are an error as %s', async (_, arrays, array) => {
    const error = await failureOf(buildFile(twoTetrahedra(arrays), raw), []);
    expect(error).toBeInstanceOf(FormatError);
    expect(error).toMatchObject({ array });
    expect(String(error)).toContain('type="Float16", which is not read');
  });

  test('are in the header, and not among the arrays of numbers', async () => {
    const header = await readVtkHeader(memoryFile(buildFile(file, raw)));
    expect([header.pointArrays, header.cellArrays]).toEqual([['p'], []]);
    expect(header.arrays.map(({ name }) => name)).toEqual(['p']);
    expect(header.leftOut).toEqual([
      { name: 'field', on: 'field', reason: 'type', what: 'Complex' },
      { name: 'before', on: 'node', reason: 'type', what: 'Float16' },
      { name: 'behind', on: 'node', reason: 'type', what: 'vtkVariant' },
      { name: 'cell', on: 'cell', reason: 'type', what: '' },
    ]);
  });

  test('keep the plan of a part possible: their bytes are not wanted', async () => {
    const bytes = buildFile(file, raw);
    const plan = await planRead(memoryFile(bytes), { attributes: ['p'] });
    if (typeof plan === 'string') throw new Error(plan);
    for (const { start, end, wanted } of plan.stretches) if (!wanted) bytes.fill(0xaa, start, end);
    expect(await read(bytes, ['p'])).toEqual(await read(buildFile(file, raw), ['p']));
  });
});

describe('cells that are stored as floating point', () => {
  const anyType = fc.constantFrom('Float32', 'Float64', 'Int32', 'Int64');
  testRule(
    'are cut to whole numbers, as in VTK: any of their arrays, every encoding',
    [anyType, anyType, anyType, fc.constantFrom(0, 0.25, 0.875), anyStorage],
    async (connectivity, offsets, types, decimals, storage) => {
      const isDecimal = [connectivity, offsets, types].every((type) => type.startsWith('Float'));
      const arrays = cells(connectivity, offsets, types, isDecimal ? decimals : 0);
      const mesh = await read(buildFile(twoTetrahedra({ Cells: arrays }), storage));
      const plain = await read(buildFile(twoTetrahedra({}), storage));
      expect(mesh.cells).toEqual(plain.cells);
    },
  );

  test.each([
    ['connectivity', 'nan', /has the value NaN at index 2, where integers of 32 bits belong/],
    ['connectivity', 'inf', /has the value Infinity at index 2/],
    ['connectivity', '3e9', /has the value 3000000000 at index 2/],
    ['connectivity', '5', /the point index 5; there are 5 points/],
    ['connectivity', '-1', /the point index -1/],
    ['offsets', '-4', /offset of cell 0 that is less/],
    ['types', '-3', /cell type -3/],
    ['types', '300', /cell type 300/],
  ])('%s of %s is an error', async (name, text, message) => {
    const file = new TextDecoder().decode(
      buildFile(twoTetrahedra({ Cells: cells('Float64', 'Float64', 'Float64') }), ascii),
    );
    const place = name === 'connectivity' ? '((?:\\S+ ){2})\\S+' : '()\\S+?(?=[ <])';
    const changed = file.replace(new RegExp(`(Name="${name}"[^>]*>)${place}`), `$1$2${text}`);
    expect(changed).not.toBe(file);
    const error = await failureOf(new TextEncoder().encode(changed));
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toMatch(message);
  });
});
