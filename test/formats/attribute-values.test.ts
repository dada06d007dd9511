import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { fc } from '../property.ts';
import { type BuiltArray, type BuiltFile, buildFile, type Storage } from './built-file.ts';
import { planRead, vtkXmlReader } from './vtk-xml-reader.ts';

const raw: Storage = { encoding: 'raw', zlib: false, bigEndian: false, headerBits: 64 };
const zlib: Storage = { ...raw, zlib: true };
const base64: Storage = { ...raw, encoding: 'base64', headerBits: 32 };
const inline: Storage = { ...raw, encoding: 'inline' };
const ascii: Storage = { ...raw, encoding: 'ascii' };

const points: BuiltArray = {
  name: 'Points',
  type: 'Float32',
  values: [0, 0, 0, 1, 0, 0, 0, 1, 0],
  attributes: ' NumberOfComponents="3"',
};
const pointData: BuiltArray[] = [
  { name: 'p', type: 'Float64', values: [1.5, 2, 3] },
  { name: 'v', type: 'Int16', values: [1, 2, 3, 4, 5, 6], attributes: ' NumberOfComponents="2"' },
];
const lines = (count: number): BuiltArray[] => [
  { name: 'connectivity', type: 'Int32', values: Array.from({ length: 2 * count }, (_, at) => at % 3) },
  { name: 'offsets', type: 'Int32', values: Array.from({ length: count }, (_, at) => 2 * at + 2) },
];
const fieldData: BuiltArray[] = [
  {
    name: 'f',
    type: 'Int32',
    values: [1, 2, 3, 4],
    attributes: ' NumberOfComponents="2" NumberOfTuples="2"',
  },
];
const grid: BuiltFile = {
  fieldData,
  pieces: [
    {
      attributes: 'NumberOfPoints="3" NumberOfCells="2"',
      sections: {
        PointData: pointData,
        Points: [points],
        Cells: [...lines(2), { name: 'types', type: 'UInt8', values: [3, 3] }],
      },
    },
  ],
};
const poly: BuiltFile = {
  kind: 'PolyData',
  fieldData,
  pieces: [
    {
      attributes:
        'NumberOfPoints="3" NumberOfVerts="1" NumberOfLines="2" NumberOfStrips="3" NumberOfPolys="4"',
      sections: {
        PointData: pointData,
        Points: [points],
        Verts: lines(1),
        Lines: lines(2),
        Strips: lines(3),
        Polys: lines(4),
      },
    },
  ],
};

/** Bytes as text, one character each, and back. */
const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const toBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

function read(bytes: Uint8Array, attributes?: readonly string[]): Promise<Mesh> {
  return vtkXmlReader.read(memoryFile(bytes), { path: 'in.vtu', attributes });
}

/** Replaces text in the header; fails where there is nothing to replace. */
function changed(file: BuiltFile, storage: Storage, search: RegExp, replacement: string): Uint8Array {
  const plain = toText(buildFile(file, storage));
  const end = plain.indexOf('<AppendedData');
  const head = end < 0 ? plain : plain.slice(0, end + 40);
  const result = head.replace(search, replacement);
  expect(result).not.toBe(head);
  return toBytes(result + plain.slice(head.length));
}

/** Ways to write a whole number, as C++, Python, Fortran, Julia and MATLAB print one that is kept as floating point. */
const forms: readonly ((count: number) => string)[] = [
  (count) => `${count}.0`,
  (count) => `${count}.`,
  (count) => `+${count}`,
  (count) => `${count}e0`,
  (count) => `${count}.000000E+00`,
  (count) => `${count / 10}e1`,
  (count) => ` ${count} `,
  (count) => `\n\t${count}`,
  (count) => `00000000000000000000${count}`,
];

describe.each([
  ['a grid', grid],
  ['PolyData', poly],
])('counts of %s as other numbers', (_, file) => {
  test.each(forms.map((form) => [form(3), form] as const))(
    'such as "%s", in every attribute',
    async (__, form) => {
      const plain = buildFile(file, raw);
      for (const storage of [raw, ascii]) {
        const written = changed(file, storage, /(NumberOf\w+=")(\d+)"/g, '$1@$2"');
        const text = toText(written).replace(/@(\d+)/g, (___, count: string) => form(Number(count)));
        expect(await read(toBytes(text))).toEqual(await read(plain));
      }
    },
  );

  test.each(['1.5', 'abc', '0x3', '-3', '1e99', '3,0', '3 3', '3e', '.', 'NaN', 'Infinity', '3e-1'])(
    '"%s" is an error',
    async (text) => {
      const bytes = changed(file, ascii, /NumberOfPoints="\d+"/, `NumberOfPoints="${text}"`);
      const error: unknown = await read(bytes).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FormatError);
      expect(String(error)).toContain(`NumberOfPoints="${text}", which is no count from 0 to 2147483647`);
    },
  );
});

test('a long text that is no number is refused without long work', async () => {
  const bytes = changed(grid, ascii, /NumberOfPoints="\d+"/, `NumberOfPoints="${'1'.repeat(60_000)}x"`);
  await expect(read(bytes)).rejects.toThrow(/no count/);
});

test('counts in a parallel file and its pieces may be other numbers', async () => {
  const piece = changed(grid, raw, /(NumberOf\w+=")(\d+)"/g, '$1$2.0"');
  const parallel =
    '<VTKFile type="PUnstructuredGrid"><PUnstructuredGrid GhostLevel="0"><PPointData>' +
    '<PDataArray type="Float64" Name="p"/><PDataArray type="Int16" Name="v" NumberOfComponents="2.0"/></PPointData>' +
    '<PPoints><PDataArray type="Float32" NumberOfComponents="+3"/></PPoints>' +
    '<Piece Source="a.vtu" NumberOfPoints="3.0" NumberOfCells="2e0"/></PUnstructuredGrid></VTKFile>';
  const mesh = await vtkXmlReader.read(memoryFile(parallel), {
    openSibling: () => Promise.resolve(memoryFile(piece)),
  });
  const plain = await read(buildFile(grid, raw));
  expect([mesh.cells, mesh.pointData]).toEqual([plain.cells, plain.pointData]);
});

describe('NumberOfComponents="0" is 1', () => {
  test.each([raw, zlib, base64, inline, ascii])('over points: $encoding', async (storage) => {
    const bytes = changed(grid, storage, /Name="p"/, 'Name="p" NumberOfComponents="0"');
    expect(await read(bytes)).toEqual(await read(buildFile(grid, storage)));
  });

  test('in an empty array of cells, where there are none', async () => {
    const bytes =
      '<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="1" NumberOfCells="0">' +
      '<Points><DataArray type="Float32" NumberOfComponents="3" format="ascii">1 2 3</DataArray></Points>' +
      '<Cells><DataArray type="Float32" Name="types" NumberOfComponents="0" format="ascii"/></Cells>' +
      '</Piece></UnstructuredGrid></VTKFile>';
    const { points: read3, cells } = await vtkXmlReader.read(memoryFile(bytes));
    expect([[...read3.data], cells.types.length]).toEqual([[1, 2, 3], 0]);
  });
});

describe('offsets of appended data', () => {
  const digits = (text: string): string => text.padStart(20, '0');
  test.each<[string, (offset: string) => string]>([
    ['with 20 digits', digits],
    ['with a sign', (offset) => `+${offset}`],
    ['with spaces', (offset) => ` ${offset}  `],
    ['as floating point', (offset) => `${offset}.0`],
  ])('%s', async (_, form) => {
    for (const storage of [raw, zlib, base64]) {
      const written = changed(grid, storage, /offset="(\d+)"/g, 'offset="@$1"');
      const bytes = toBytes(toText(written).replace(/@(\d+)/g, (__, offset: string) => form(offset)));
      expect(await read(bytes)).toEqual(await read(buildFile(grid, storage)));
      const plan = await planRead(memoryFile(bytes), { attributes: ['p'] });
      if (typeof plan === 'string') throw new Error(plan);
      for (const { start, end, wanted } of plan.stretches) if (!wanted) bytes.fill(0xaa, start, end);
      expect(await read(bytes, ['p'])).toEqual(await read(buildFile(grid, storage), ['p']));
    }
  });

  test.each(['-8', '1.5', 'x', '', '99999999999999999999'])('"%s" is an error', async (offset) => {
    const error: unknown = await read(changed(grid, raw, /offset="\d+"/, `offset="${offset}"`)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain(`has offset="${offset}", which is not in the file`);
  });

  test('an array that has one and no text is appended whatever its format says, as in VTK', async () => {
    const bytes = changed(grid, raw, /format="appended"/g, 'format="binary"');
    expect(await read(bytes)).toEqual(await read(buildFile(grid, raw)));
  });
});

/** Texts that differ from one in the case of their letters. */
const anyCase = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.boolean(), { minLength: text.length, maxLength: text.length })
    .map((upper) =>
      [...text].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter.toLowerCase())).join(''),
    );

describe('the case of letters does not matter', () => {
  test.each<[string, Storage, string]>([
    ['format', ascii, 'ascii'],
    ['format', inline, 'binary'],
    ['format', raw, 'appended'],
    ['encoding', raw, 'raw'],
    ['encoding', base64, 'base64'],
    ['byte_order', raw, 'LittleEndian'],
    ['byte_order', { ...raw, bigEndian: true }, 'BigEndian'],
    ['header_type', raw, 'UInt64'],
    ['header_type', base64, 'UInt32'],
    ['compressor', zlib, 'vtkZLibDataCompressor'],
    ['type', raw, 'Float64'],
    ['type', ascii, 'Int16'],
    ['type', raw, 'UnstructuredGrid'],
  ])('%s, %j: %s', async (name, storage, value) => {
    const plain = await read(buildFile(grid, storage));
    const property = fc.asyncProperty(anyCase(value), async (text) => {
      const bytes = toText(buildFile(grid, storage)).replaceAll(`${name}="${value}"`, `${name}="${text}"`);
      expect(await read(toBytes(bytes))).toEqual(plain);
    });
    await fc.assert(property, { numRuns: 10, examples: [[value.toUpperCase()], [value.toLowerCase()]] });
  });
});
