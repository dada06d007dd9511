import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { fc, test as testRule } from '../property.ts';
import {
  anyStorage,
  type BuiltArray,
  type BuiltFile,
  buildFile,
  type Storage,
  storages,
} from './built-file.ts';
import { planRead, vtkXmlReader } from './vtk-xml-reader.ts';

const COORDINATES = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1];
const points: BuiltArray = {
  name: 'Points',
  type: 'Float32',
  values: COORDINATES,
  attributes: ' NumberOfComponents="3"',
};
const pointData: BuiltArray[] = [
  { name: 'p', type: 'Float64', values: [1.5, -2.25, 3, 4, 0.5] },
  {
    name: 'v',
    type: 'Int16',
    values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    attributes: ' NumberOfComponents="2"',
  },
];
const fieldData: BuiltArray[] = [
  { name: 'f', type: 'Int64', values: [7, 8], attributes: ' NumberOfTuples="2"' },
];

const grid: BuiltFile = {
  fieldData,
  pieces: [
    {
      attributes: 'NumberOfPoints="5" NumberOfCells="2"',
      sections: {
        PointData: pointData,
        CellData: [{ name: 'c', type: 'UInt8', values: [4, 5] }],
        Points: [points],
        Cells: [
          { name: 'connectivity', type: 'Int32', values: [0, 1, 2, 3, 1, 2, 3, 4] },
          { name: 'offsets', type: 'Int64', values: [4, 8] },
          { name: 'types', type: 'UInt8', values: [10, 10] },
        ],
      },
    },
  ],
};

/** Cells of two points each, with offsets of that type. */
const pairs = (count: number, type: string): BuiltArray[] => [
  { name: 'connectivity', type: 'Int64', values: Array.from({ length: 2 * count }, (_, at) => at % 5) },
  { name: 'offsets', type, values: Array.from({ length: count }, (_, at) => 2 * at + 2) },
];
const poly: BuiltFile = {
  kind: 'PolyData',
  fieldData,
  pieces: [
    {
      attributes:
        'NumberOfPoints="5" NumberOfVerts="1" NumberOfLines="2" NumberOfStrips="1" NumberOfPolys="3"',
      sections: {
        PointData: pointData,
        CellData: [{ name: 'c', type: 'Float32', values: [1, 2, 3, 4, 5, 6, 7] }],
        Points: [points],
        Verts: pairs(1, 'Int16'),
        Lines: pairs(2, 'Int32'),
        Strips: pairs(1, 'UInt64'),
        Polys: pairs(3, 'UInt8'),
      },
    },
  ],
};

/** The file with each array that is neither of FieldData's nor another's made by `change`, which gets its number. */
function changed(file: BuiltFile, change: (array: BuiltArray, index: number) => BuiltArray): BuiltFile {
  let index = 0;
  const each = (array: BuiltArray): BuiltArray => change(array, index++);
  return {
    ...file,
    fieldData: (file.fieldData ?? []).map(each),
    pieces: file.pieces.map(({ attributes, sections }) => ({
      attributes,
      sections: Object.fromEntries(
        Object.entries(sections).map(([name, arrays]) => [name, arrays.map(each)]),
      ),
    })),
  };
}

const ARRAYS = { grid: 8, poly: 13 };

function read(bytes: Uint8Array, attributes?: readonly string[]): Promise<Mesh> {
  return vtkXmlReader.read(memoryFile(bytes), { path: 'in.vtu', attributes });
}

/** Values that would be wrong if they were used, of which each type of integer has room for one. */
const wrong = fc.array(fc.constantFrom(0, 99, 127), { maxLength: 20 });

describe.each([
  ['a grid', grid, ARRAYS.grid],
  ['PolyData', poly, ARRAYS.poly],
] as const)('%s whose arrays are longer than they should be', (_, file, count) => {
  testRule(
    'has the first values: any arrays, any surplus, every encoding',
    [fc.array(wrong, { minLength: count, maxLength: count }), anyStorage],
    async (surplus, storage) => {
      const longer = changed(file, (array, index) => ({
        ...array,
        values: [...array.values, ...(surplus[index] ?? [])],
      }));
      expect(await read(buildFile(longer, storage))).toEqual(await read(buildFile(file, storage)));
    },
  );

  testRule(
    'has the same plan of a part: what it does not want is not looked at',
    [
      fc.array(wrong, { minLength: count, maxLength: count }),
      fc.constantFrom('raw' as const, 'base64' as const),
      fc.boolean(),
      fc.nat(9),
    ],
    async (surplus, encoding, zlib, excess) => {
      const storage: Storage = { encoding, zlib, bigEndian: false, headerBits: 64 };
      const longer = changed(file, (array, index) => ({
        ...array,
        values: [...array.values, ...(surplus[index] ?? [])],
        excess,
      }));
      const bytes = buildFile(longer, storage);
      const plan = await planRead(memoryFile(bytes), { attributes: ['v'] });
      if (typeof plan === 'string') throw new Error(plan);
      for (const { start, end, wanted } of plan.stretches) if (!wanted) bytes.fill(0xaa, start, end);
      expect(await read(bytes, ['v'])).toEqual(await read(buildFile(file, storage), ['v']));
    },
  );

  testRule(
    'has them where only the declared length is too long and the next array begins where it should',
    [fc.array(fc.nat(70), { minLength: count, maxLength: count }), anyStorage],
    async (excess, storage) => {
      const lying = changed(file, (array, index) => ({ ...array, excess: excess[index] ?? 0 }));
      const plain = { ...storage, zlib: false };
      expect(await read(buildFile(lying, plain))).toEqual(await read(buildFile(file, plain)));
    },
  );

  const each = Array.from({ length: count }, (__, index) => index);
  test.each(storages.flatMap(([name, storage]) => each.map((index) => [index, name, storage] as const)))(
    'array %i a value too short is an error: %s',
    async (index, __, storage) => {
      const shorter = changed(file, (array, at) =>
        at === index ? { ...array, values: array.values.slice(0, -1) } : array,
      );
      const error: unknown = await read(buildFile(shorter, storage)).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FormatError);
      expect(String(error)).toMatch(/holds|at most|only \d|cell offsets|its header|no whole|instead of/);
    },
  );
});

test.each([
  ['numbers of 32 bits or more', 'connectivity', '0 1 2 3 1 2 3 4 99999999999'],
  ['text', 'connectivity', '0 1 2 3 1 2 3 4 end'],
  ['text behind the offsets', 'offsets', '4 8 x'],
  ['a type too large', 'types', '10 10 9999'],
  ['text behind the points', 'Points', `${COORDINATES.join(' ')} …`],
])('behind the last value of an ascii array may stand %s', async (_, name, text) => {
  const storage: Storage = { encoding: 'ascii', zlib: false, bigEndian: false, headerBits: 32 };
  const plain = new TextDecoder().decode(buildFile(grid, storage));
  const file = plain.replace(new RegExp(`(Name="${name}"[^>]*>)[^<]*`), `$1${text}`);
  expect(file).not.toBe(plain);
  expect(await read(new TextEncoder().encode(file))).toEqual(await read(new TextEncoder().encode(plain)));
});

test('a surplus block of a compressed array is not unpacked', async () => {
  const storage: Storage = { encoding: 'raw', zlib: true, bigEndian: false, headerBits: 32 };
  const longer = changed(grid, (array) =>
    array.name === 'p'
      ? { ...array, values: [...array.values, ...Array.from({ length: 40 }, () => 1)] }
      : array,
  );
  const bytes = buildFile(longer, storage);
  const start = Buffer.from(bytes).indexOf('_', Buffer.from(bytes).indexOf('<AppendedData')) + 1;
  const offsetOf = (name: string): number =>
    start +
    Number(new RegExp(`Name="${name}"[^>]*offset="(\\d+)"`).exec(Buffer.from(bytes).toString('latin1'))?.[1]);
  // The end of its last block: a checksum.
  bytes.fill(0, offsetOf('v') - 4, offsetOf('v'));
  expect(await read(bytes)).toEqual(await read(buildFile(grid, storage)));
});
