import { describe, expect, test } from 'vitest';
import type { Mesh } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { memoryFile } from '../../memory-file.ts';

async function read(content: string | Uint8Array): Promise<Mesh> {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
  return (await open(memoryFile(Uint8Array.from(bytes)), { path: 'case.vtk' })).read({});
}

const start = '# vtk DataFile Version 4.2\n\n';
const points = 'POINTS 4 float\n0 0 0 1 0 0 0 1 0 0 0 1\n';
const cells = 'CELLS 1 5\n4 0 1 2 3\nCELL_TYPES 1\n10\n';
const text = `${start}ASCII\nDATASET UNSTRUCTURED_GRID\n`;
const binary = `${start}BINARY\nDATASET UNSTRUCTURED_GRID\n`;
const grid = `${text}${points}${cells}`;
const newCells = (offsets: string, connectivity: string, sizes: string): string =>
  `${text}${points}CELLS ${sizes}\nOFFSETS vtktypeint64\n${offsets}\nCONNECTIVITY vtktypeint64\n${connectivity}\nCELL_TYPES 1\n10\n`;

/** Files that cannot be read, what is said of them, and the text at the offset that is named. */
const cases: readonly (readonly [name: string, content: string, message: RegExp, at?: string])[] = [
  [
    'another kind of data set',
    `${start}ASCII\nDATASET STRUCTURED_POINTS\n`,
    /of the kind STRUCTURED_POINTS; only UNSTRUCTURED_GRID and POLYDATA .* vtkAppendFilter/,
    'STRUCTURED_POINTS',
  ],
  ['a table', `${start}ASCII\nFIELD FieldData 1\n`, /of the kind FIELD/, 'FIELD'],
  ['neither ASCII nor BINARY', `${start}BASE64\n`, /has "BASE64" where ASCII or BINARY belongs/, 'BASE64'],
  ['no DATASET', `${start}ASCII\nPOINTS 1 float\n`, /has "POINTS" where DATASET belongs/, 'POINTS'],
  ['no POINTS', `${text}${cells}`, /has no POINTS/],
  [
    'a keyword that is none',
    `${grid}SCALES 3\n`,
    /has "SCALES" where a keyword of a data set belongs/,
    'SCALES',
  ],
  [
    'an attribute that is none',
    `${grid}POINT_DATA 4\nSCALES p float\n`,
    /has "SCALES" where a keyword of POINT_DATA belongs/,
    'SCALES',
  ],
  ['cells of PolyData in a grid', `${text}${points}POLYGONS 1 4\n3 0 1 2\n`, /has "POLYGONS"/, 'POLYGONS'],
  [
    'a type that is none',
    `${text}POINTS 4 real\n`,
    /has "real" as the type of POINTS; known: bit, unsigned_char/,
    'real',
  ],
  [
    'points of strings',
    `${text}POINTS 1 string\na\nb\nc\n`,
    /POINTS of type string, which are no coordinates/,
    'POINTS',
  ],
  [
    'a count that is none',
    `${text}POINTS many float\n`,
    /has "many" where the number of POINTS belongs/,
    'many',
  ],
  ['a negative count', `${text}POINTS -4 float\n`, /has "-4"/, '-4'],
  [
    'more points than text can hold',
    `${text}POINTS 999999999 float\n0 0 0\n`,
    /2999999997 values of type float, which take \d+ bytes or more; only 7 follow/,
  ],
  [
    'a count above 32 bits',
    `${text}POINTS 99999999999 float\n0 0 0\n`,
    /no count from 0 to 2147483647/,
    '99999999999',
  ],
  [
    'more points than bytes',
    `${binary}POINTS 2000000000 double\n0000`,
    /take 48000000000 bytes or more; only 4 follow/,
  ],
  [
    'more strings than lines',
    `${text}FIELD f 1\na 1 9 string\nx\ny\n`,
    /9 values of type string|holds 2 values/,
  ],
  [
    'a string beyond the end',
    `${binary}FIELD f 1\na 1 1 string\n\xbf\xffabc`,
    /a string of 16383 bytes that goes beyond the end/,
  ],
  ['a number that is none', `${text}POINTS 1 float\n0 zero 0\n`, /text that is no Float32 value/, 'zero'],
  [
    'a number of another type',
    `${grid}POINT_DATA 4\nFIELD f 1\na 1 4 unsigned_char\n1 2 300 4\n`,
    /text that is no UInt8 value/,
  ],
  [
    'too few numbers',
    `${text}POINTS 4 float\n0.0 0.0 0 1 0 0 0 1 0 0 0`,
    /holds 11 values where its line asks for 12: the file is cut/,
  ],
  ['a size too small', `${text}${points}CELLS 2 1\n4\n`, /CELLS of size 1, too small for 2 cells/, 'CELLS'],
  [
    'cells that leave numbers over',
    `${text}${points}CELLS 1 6\n4 0 1 2 3 0\nCELL_TYPES 1\n10\n`,
    /1 cells that do not fill the 6 numbers/,
  ],
  [
    'cells that need more numbers',
    `${text}${points}CELLS 2 6\n4 0 1 2 3 1\nCELL_TYPES 2\n10\n1\n`,
    /number of points of cell 1 \(number 5 of the list\) that does not fit/,
  ],
  [
    'a negative number of points',
    `${text}${points}CELLS 1 5\n-4 0 1 2 3\nCELL_TYPES 1\n10\n`,
    /number of points of cell 0/,
  ],
  [
    'a point that is not there',
    `${text}${points}CELLS 1 5\n4 0 1 2 4\nCELL_TYPES 1\n10\n`,
    /at position 3 of its point indices, 4; there are 4 points/,
    'CELLS',
  ],
  [
    'a negative point',
    `${text}${points}CELLS 1 5\n4 0 -1 2 3\nCELL_TYPES 1\n10\n`,
    /at position 1 of its point indices, -1/,
    'CELLS',
  ],
  ['no cell types', `${text}${points}CELLS 1 5\n4 0 1 2 3\n`, /0 CELL_TYPES for 1 cells/],
  [
    'more cell types than cells',
    `${text}${points}CELLS 1 5\n4 0 1 2 3\nCELL_TYPES 2\n10\n10\n`,
    /2 CELL_TYPES for 1 cells/,
    'CELL_TYPES',
  ],
  [
    'a cell type that is none',
    `${text}${points}CELLS 1 5\n4 0 1 2 3\nCELL_TYPES 1\n110\n`,
    /cell type 110 \(cell 0\), which VTK does not know/,
  ],
  ['a cell type above a byte', `${text}${points}CELLS 1 5\n4 0 1 2 3\nCELL_TYPES 1\n266\n`, /cell type 266/],
  [
    'a tetrahedron of three points',
    `${text}${points}CELLS 1 4\n3 0 1 2\nCELL_TYPES 1\n10\n`,
    /a Tetra \(cell 0\) of 3 points instead of 4/,
  ],
  ['offsets that begin elsewhere', newCells('1 4', '0 1 2 3', '2 4'), /first offset 1 instead of 0/],
  ['offsets that fall', newCells('0 5 4', '0 1 2 3', '3 4'), /3 CELL_TYPES|1 CELL_TYPES for 2 cells/],
  [
    'offsets that end early',
    newCells('0 3', '0 1 2 3', '2 4'),
    /offsets up to 3, but there are 4 point indices/,
  ],
  [
    'offsets of floats',
    newCells('0 4', '0 1 2 3', '2 4').replace('OFFSETS vtktypeint64', 'OFFSETS float'),
    /OFFSETS of type float, which are no integers/,
    'float',
  ],
  [
    'indices but no cells',
    `${text}${points}CELLS 0 1\nOFFSETS int\n\nCONNECTIVITY int\n0\n`,
    /1 point indices, but no cells/,
  ],
  [
    'no connectivity',
    `${text}${points}CELLS 2 4\nOFFSETS int\n0 4\nCELL_TYPES 1\n10\n`,
    /has "CELL_TYPES" where CONNECTIVITY belongs/,
    'CELL_TYPES',
  ],
  [
    'a polyhedron without its faces',
    `${text}${points}CELLS 1 4\n3 1 0 2\nCELL_TYPES 1\n42\n`,
    /polyhedron \(cell 0\) whose faces do not fill it/,
  ],
  [
    'a polyhedron of a negative number of faces',
    `${text}${points}CELLS 1 2\n1 -1\nCELL_TYPES 1\n42\n`,
    /polyhedron \(cell 0\) with -1 faces/,
  ],
  [
    'a polyhedron with fewer faces',
    `${text}${points}CELLS 1 5\n4 2 2 0 1\nCELL_TYPES 1\n42\n`,
    /fewer faces than the 2/,
  ],
  [
    'a polyhedron with a wrong point',
    `${text}${points}CELLS 1 5\n4 1 2 0 7\nCELL_TYPES 1\n42\n`,
    /the point index 7; there are 4 points/,
  ],
  ['another number of points', `${grid}POINT_DATA 5\n`, /has POINT_DATA 5, but 4 points/, 'POINT_DATA'],
  ['another number of cells', `${grid}CELL_DATA 2\n`, /has CELL_DATA 2, but 1 cells/, 'CELL_DATA'],
  [
    'fewer tuples than points',
    `${grid}POINT_DATA 4\nFIELD f 1\nabc 1 3 int\n1 2 3\n`,
    /has 3 tuples for 4 points/,
    'abc',
  ],
  [
    'no LOOKUP_TABLE',
    `${grid}POINT_DATA 4\nSCALARS p float 1\n1 2 3 4\n`,
    /has "1" where the line "LOOKUP_TABLE default" belongs/,
  ],
  [
    'an array of no components',
    `${grid}POINT_DATA 4\nFIELD f 1\nabc 0 4 int\n`,
    /an array of 0 components/,
    'abc',
  ],
  [
    'fewer arrays than a FIELD says',
    `${grid}FIELD f 2\na 1 1 int\n7\n`,
    /ends where array number 2 of the 2 of FIELD/,
  ],
  [
    'bytes in the place of a keyword',
    `${grid}${'\x01'.repeat(40_000)}`,
    /bytes where a word of the format belongs/,
  ],
];

const wrong = cases.map(([name, content, message, at]) => ({ name, content, message, at }));

describe('legacy files that cannot be read', () => {
  test.each(wrong)('$name: a FormatError says what and where', async ({ content, message, at }) => {
    const error: unknown = await read(content).catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: 'FORMAT',
      path: 'case.vtk',
      message: expect.stringMatching(message),
    });
    const { offset } = error as { readonly offset: number };
    expect(offset).toBeGreaterThanOrEqual(0);
    if (at !== undefined) expect(content.slice(offset, offset + at.length)).toBe(at);
  });

  test('a number of points of a cell is named by its own byte in a BINARY file', async () => {
    const list = Buffer.alloc(20);
    for (const [index, number] of [4, 0, 1, 2, 3].entries()) list.writeInt32BE(number, 4 * index);
    list.writeInt32BE(9, 0);
    const head = Buffer.from(`${binary}POINTS 0 float\nCELLS 1 5\n`);
    const file = Buffer.concat([head, list, Buffer.from('\nCELL_TYPES 1\n\0\0\0\x0a')]);
    await expect(read(file)).rejects.toMatchObject({ code: 'FORMAT', offset: head.length });
  });
});

test('very many keyword lines let others run, and end with their signal', async () => {
  const arrays = 'a 1 0 float\n'.repeat(200_000);
  const bytes = Buffer.from(`${grid}FIELD f 300000\n${arrays}and none\n${grid}`);
  const controller = new AbortController();
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  // All of it lies in memory, so that no read of it gives way before the line that cannot be.
  const reading = open(memoryFile(bytes), { path: 'case.vtk', head: bytes, signal: controller.signal });
  await expect(reading).rejects.toBe(reason);
});
