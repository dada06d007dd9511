import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import type { Mesh } from '../../src/core/mesh.ts';
import { fixtures } from '../fixtures/fixtures.ts';
import { memoryFile } from '../memory-file.ts';
import { vtkXmlReader } from './vtk-xml-reader.ts';

async function failureOf(content: string | Uint8Array): Promise<unknown> {
  try {
    return await vtkXmlReader.read(memoryFile(content), { path: 'bad.vtu' });
  } catch (error) {
    return error;
  }
}

/** Expects a FormatError that names the file and, where given, says what is wrong. */
async function expectRefused(content: string | Uint8Array, message = /./): Promise<FormatError> {
  const error = await failureOf(content);
  expect(error).toBeInstanceOf(FormatError);
  expect(String(error)).toMatch(message);
  expect((error as FormatError).path).toBe('bad.vtu');
  return error as FormatError;
}

const text = new TextDecoder('latin1').decode(fixtures.find(({ name }) => name === 'ascii.vtu')?.bytes);
const bytesOf = (name: string): Uint8Array<ArrayBuffer> =>
  (fixtures.find((file) => file.name === name) as (typeof fixtures)[number]).bytes;

/** The ascii fixture with `search` replaced once; fails where there is nothing to replace. */
function changed(search: string | RegExp, replacement: string): string {
  const result = text.replace(search, replacement);
  expect(result).not.toBe(text);
  return result;
}

describe('truncation', () => {
  const cases = fixtures.flatMap(({ name, bytes }) =>
    Array.from({ length: 50 }, (_, part) => [name, bytes, part] as const),
  );
  test.each(cases)('%s cut at part %#', async (_, bytes, part) => {
    await expectRefused(bytes.subarray(0, Math.floor((bytes.length * part) / 50)));
  });
});

describe('what is no VTK file', () => {
  test.each([
    ['an empty file', '', /is empty/],
    ['an HTML page', '<!DOCTYPE html>\n<html><body>Please log in</body></html>', /HTML page/],
    ['an HTML page without a document type', '<html><head></head></html>', /HTML page/],
    ['JSON', '{"error": {"code": 119}}', /JSON/],
    ['gzip', gzipSync('<VTKFile/>'), /gzip/],
    ['a legacy VTK file of one line', '# vtk DataFile Version 3.0\n', /ends where ASCII or BINARY belongs/],
    [
      'random bytes',
      Uint8Array.from({ length: 3000 }, (_, at) => Math.imul(at + 1, 2_654_435_761) >>> 24),
      /of none of the formats/,
    ],
    ['other XML', '<?xml version="1.0"?><svg></svg>', /does not begin with <VTKFile>/],
    ['a list of files', '<VTKFile type="Collection"><Collection/></VTKFile>', /list of other files/],
    ['an image', '<VTKFile type="ImageData"><ImageData/></VTKFile>', /type="ImageData"/],
    ['no dataset type', '<VTKFile><UnstructuredGrid/></VTKFile>', /dataset type/],
    [
      'another element than its type',
      '<VTKFile type="UnstructuredGrid"><PolyData/></VTKFile>',
      /no <UnstructuredGrid>/,
    ],
    ['no piece', '<VTKFile type="UnstructuredGrid"><UnstructuredGrid/></VTKFile>', /no pieces/],
  ])('%s', async (_, content, message) => {
    await expectRefused(content, message);
  });
});

describe('attributes that lie', () => {
  test.each<[string, string | RegExp, string, RegExp]>([
    ['byte order', 'LittleEndian', 'MiddleEndian', /byte_order="MiddleEndian"; known/],
    ['header type', 'header_type="UInt32"', 'header_type="UInt16"', /header_type="UInt16"/],
    [
      'compressor',
      'header_type="UInt32"',
      'header_type="UInt32" compressor="vtkZstdDataCompressor"',
      /compressor=/,
    ],
    [
      'array type',
      'type="Float32" Name="Points"',
      'type="Float16" Name="Points"',
      /type="Float16", which is not/,
    ],
    ['format', 'format="ascii"', 'format="morse"', /format="morse"/],
    ['NumberOfPoints negative', /NumberOfPoints="\d+"/, 'NumberOfPoints="-1"', /NumberOfPoints="-1"/],
    ['NumberOfPoints fractional', /NumberOfPoints="\d+"/, 'NumberOfPoints="1.5"', /NumberOfPoints="1.5"/],
    ['NumberOfPoints huge', /NumberOfPoints="\d+"/, 'NumberOfPoints="99999999999999999999"', /no count/],
    [
      'NumberOfPoints too large',
      /NumberOfPoints="\d+"/,
      'NumberOfPoints="2000000000"',
      /asks for 6000000000|asks for 2000000000/,
    ],
    [
      'NumberOfPoints too small',
      /NumberOfPoints="\d+"/,
      'NumberOfPoints="39"',
      /asks for|there are 39 points/,
    ],
    ['NumberOfCells too large', /NumberOfCells="\d+"/, 'NumberOfCells="1000000000"', /asks for 1000000000/],
    [
      'NumberOfComponents 0 of points',
      /(<Points>\s*<DataArray[^>]*)NumberOfComponents="3"/,
      '$1NumberOfComponents="0"',
      /points of 1 components/,
    ],
    ['NumberOfComponents huge', 'NumberOfComponents="3"', 'NumberOfComponents="1000000"', /asks for/],
    [
      'points of two components',
      /(<Points>\s*<DataArray[^>]*)NumberOfComponents="3"/,
      '$1NumberOfComponents="2"',
      /2 components/,
    ],
    ['an attribute without quotes', 'type="Float32"', 'type=Float32', /malformed/],
    ['an attribute twice', 'type="Float32"', 'type="Float32" type="Float32"', /twice/],
  ])('%s', async (_, search, replacement, message) => {
    const error = await expectRefused(changed(search, replacement), message);
    expect(error.offset).toBeTypeOf('number');
  });
});

describe('elements that are missing or wrong', () => {
  const without = (name: string): string => changed(new RegExp(`<${name}>[^]*</${name}>`), '');
  test.each([
    ['points', () => without('Points'), /no array in <Points>/],
    ['cells', () => without('Cells'), /no array "types"/],
    ['connectivity', () => changed('Name="connectivity"', 'Name="x"'), /no array "connectivity"/],
    ['offsets', () => changed('Name="offsets"', 'Name="x"'), /no array "offsets"/],
    ['types', () => changed('Name="types"', 'Name="x"'), /no array "types"/],
    ['faces', () => changed('Name="faces"', 'Name="x"'), /no array "faces"/],
    ['the end of the file', () => changed('</VTKFile>', ''), /cut/],
    ['the end of a piece', () => changed('</Piece>', ''), /<\/UnstructuredGrid> where <\/Piece>/],
    [
      'text that is no number',
      () => changed(/(<Points>\s*<DataArray[^>]*>\s*)\S+/, '$1abc'),
      /no Float32 value/,
    ],
    [
      'an integer that is none',
      () => changed(/(Name="connectivity"[^>]*>\s*)\d+/, '$11.5'),
      /no Int64 value/,
    ],
    [
      'a value too large for its type',
      () => changed(/(Name="types"[^>]*>\s*)\d+/, '$1256'),
      /no UInt8 value/,
    ],
  ])('%s', async (_, make, message) => {
    const error = await expectRefused(make(), message);
    expect(error.offset ?? 0).toBeGreaterThanOrEqual(0);
  });
});

/** A grid of one cell in text, to be given wrong cells. */
function cellFile(
  cells: { connectivity?: string; offsets?: string; types?: string; extra?: string },
  numCells = 1,
): string {
  const { connectivity = '0 1 2 3', offsets = '4', types = '10', extra = '' } = cells;
  const ints = (name: string, values: string): string =>
    `<DataArray type="Int32" Name="${name}" format="ascii">${values}</DataArray>`;
  return (
    `<VTKFile type="UnstructuredGrid"><UnstructuredGrid><Piece NumberOfPoints="4" NumberOfCells="${numCells}"><Points>` +
    `<DataArray type="Float32" NumberOfComponents="3" format="ascii">0 0 0 1 0 0 0 1 0 0 0 1</DataArray></Points><Cells>` +
    `${ints('connectivity', connectivity)}${ints('offsets', offsets)}${ints('types', types)}${extra}</Cells></Piece></UnstructuredGrid></VTKFile>`
  );
}
const polyhedron = (faces: string, ends: string): string =>
  cellFile({
    types: '42',
    extra: `<DataArray type="Int32" Name="faces" format="ascii">${faces}</DataArray><DataArray type="Int32" Name="faceoffsets" format="ascii">${ends}</DataArray>`,
  });

describe('cells that lie', () => {
  test.each([
    [
      'a point beyond the mesh',
      cellFile({ connectivity: '0 1 2 4' }),
      /position 3, the point index 4; there are 4 points/,
    ],
    ['a negative point', cellFile({ connectivity: '0 -1 2 3' }), /point index -1/],
    ['a point beyond 32 bits', cellFile({ connectivity: '0 1 2 4294967296' }), /beyond 32 bits|no Int32/],
    ['an offset beyond the connectivity', cellFile({ offsets: '9' }), /up to 9 but only 4/],
    ['a negative offset', cellFile({ offsets: '-4' }), /less than the one before/],
    [
      'falling offsets',
      cellFile({ connectivity: '0 1 2 3 0 1 2 3', offsets: '8 4', types: '10 10' }, 2),
      /cell 1 that is less/,
    ],
    ['too few offsets', cellFile({ offsets: '4', types: '10 10' }, 2), /1 cell offsets for 2/],
    ['a type that VTK has not', cellFile({ types: '200' }), /cell type 200 \(cell 0\)/],
    ['a type beyond a byte', cellFile({ types: '1000' }), /cell type 1000/],
    [
      'a tetrahedron of three points',
      cellFile({ connectivity: '0 1 2', offsets: '3' }),
      /Tetra \(cell 0\) of 3 points instead of 4/,
    ],
    ['a face that ends beyond its polyhedron', polyhedron('1 9 0 1 2', '5'), /face of 9 points/],
    ['a negative face', polyhedron('1 -3 0 1 2', '5'), /face of -3 points/],
    ['a negative number of faces', polyhedron('-1', '1'), /\(cell 0\) with -1 faces/],
    ['fewer faces than declared', polyhedron('9 3 0 1 2', '5'), /fewer faces/],
    ['a face offset beyond the faces', polyhedron('1 3 0 1 2', '99'), /face offset 99/],
    ['no face offset', polyhedron('1 3 0 1 2', '-1'), /face offset -1/],
    ['a face with a point beyond the mesh', polyhedron('1 3 0 1 7', '5'), /point index 7/],
  ])('%s', async (_, content, message) => {
    await expectRefused(content, message);
  });
});

/** A file with one array of appended data of any bytes. */
function appendedFile(
  data: Uint8Array,
  options: { compressor?: string; numPoints?: number; offset?: string; encoding?: string } = {},
): Buffer {
  const { compressor = '', numPoints = 3, offset = '0', encoding = 'raw' } = options;
  const head =
    `<VTKFile type="UnstructuredGrid" byte_order="LittleEndian" header_type="UInt32" compressor="${compressor}"><UnstructuredGrid>` +
    `<Piece NumberOfPoints="${numPoints}" NumberOfCells="0"><Points><DataArray type="Float32" NumberOfComponents="3" format="appended" offset="${offset}"/>` +
    `</Points></Piece></UnstructuredGrid><AppendedData encoding="${encoding}">_`;
  return Buffer.concat([Buffer.from(head), data, Buffer.from('</AppendedData></VTKFile>')]);
}

function words(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) buffer.writeUInt32LE(value, 4 * at);
  return buffer;
}

const ZLIB = { compressor: 'vtkZLibDataCompressor' };
const block = deflateSync(Buffer.alloc(36));
/** Blocks of 12 bytes, the second of which gives fewer. */
const three = [12, 11, 12].map((length) => deflateSync(Buffer.alloc(length)));

describe('appended data and block tables that lie', () => {
  test.each<[string, Buffer, RegExp]>([
    ['an offset beyond the file', appendedFile(words(36), { offset: '999999' }), /not in the file/],
    ['a negative offset', appendedFile(words(36), { offset: '-8' }), /not in the file/],
    ['an offset that is no number', appendedFile(words(36), { offset: 'x' }), /not in the file/],
    [
      'an offset into the last tag',
      appendedFile(Buffer.concat([words(36), Buffer.alloc(36)]), { offset: '50' }),
      /declares|beyond|values/,
    ],
    ['no underscore', Buffer.from(String(appendedFile(words(36))).replace('>_', '>-')), /"_"/],
    ['another encoding', appendedFile(words(36), { encoding: 'hex' }), /encoding="hex"/],
    ['a length beyond the file', appendedFile(words(0xffffffff)), /declares 4294967295 bytes/],
    [
      'a length of no whole values',
      appendedFile(Buffer.concat([words(35), Buffer.alloc(36)])),
      /no whole number of values/,
    ],
    [
      'another length than the header asks for',
      appendedFile(Buffer.concat([words(24), Buffer.alloc(36)])),
      /holds 6 values where the header asks for 9/,
    ],
    [
      'a block count of 2^32 − 1',
      appendedFile(words(0xffffffff, 36, 0, 9), ZLIB),
      /4294967295 compressed blocks/,
    ],
    [
      'a damaged block among sound ones',
      appendedFile(Buffer.concat([words(3, 12, 12, ...three.map(({ length }) => length)), ...three]), ZLIB),
      /block \(number 1\) that is damaged/,
    ],
    ['no block at all', appendedFile(words(0, 0, 0), ZLIB), /holds 0 values/],
    [
      'a last block larger than the others',
      appendedFile(Buffer.concat([words(1, 36, 40, block.length), block]), ZLIB),
      /last block of 40/,
    ],
    [
      'a packed size beyond the file',
      appendedFile(Buffer.concat([words(1, 36, 0, 0xfffffff), block]), ZLIB),
      /compressed bytes; only/,
    ],
    [
      'a packed size too small',
      appendedFile(Buffer.concat([words(1, 36, 0, 5), block]), ZLIB),
      /number 0\) that is damaged/,
    ],
    [
      'a block that unpacks to less',
      appendedFile(Buffer.concat([words(1, 36, 0, block.length), deflateSync(Buffer.alloc(30))]), ZLIB),
      /damaged|cut|only/,
    ],
    [
      'a damaged block',
      appendedFile(Buffer.concat([words(1, 36, 0, block.length), block.map((byte) => byte ^ 255)]), ZLIB),
      /damaged/,
    ],
    [
      'LZ4 that is none',
      appendedFile(Buffer.concat([words(1, 36, 0, 8), Buffer.alloc(8, 255)]), {
        compressor: 'vtkLZ4DataCompressor',
      }),
      /damaged/,
    ],
    [
      '.xz that is none',
      appendedFile(Buffer.concat([words(1, 36, 0, 8), Buffer.alloc(8, 255)]), {
        compressor: 'vtkLZMADataCompressor',
      }),
      /damaged/,
    ],
    ['base64 that is none', appendedFile(Buffer.from('JAAA!AAA'), { encoding: 'base64' }), /no base64/],
  ])('%s', async (_, content, message) => {
    await expectRefused(content, message);
  });

  test('an array that is not appended, where the file has no appended data', async () => {
    const file = String(appendedFile(words(36))).replace(/<AppendedData[^]*<\/AppendedData>/, '');
    await expectRefused(file, /no AppendedData/);
  });
});

/** How much memory outside of the heap a read took at the most, sampled at each turn of the event loop. */
async function peakBuffers(run: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().arrayBuffers;
  let peak = 0;
  let running = true;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    if (running) setImmediate(sample);
  };
  sample();
  await run();
  running = false;
  return peak;
}

describe('bombs', () => {
  const MiB = 1024 ** 2;

  test('a block that unpacks to more than it says is stopped at what it says', async () => {
    const bomb = deflateSync(Buffer.alloc(200 * MiB));
    const content = appendedFile(Buffer.concat([words(1, 36, 0, bomb.length), bomb]), ZLIB);
    const peak = await peakBuffers(() => expectRefused(content, /damaged or of another size/));
    expect(peak).toBeLessThan(8 * MiB);
  });

  test('an array that unpacks to far more than its file is refused before it is unpacked', async () => {
    const size = 300 * MiB;
    const bomb = deflateSync(Buffer.alloc(size));
    const content = appendedFile(Buffer.concat([words(1, size, 0, bomb.length), bomb]), {
      ...ZLIB,
      numPoints: size / 12,
    });
    const peak = await peakBuffers(() => expectRefused(content, /over the limit/));
    expect(peak).toBeLessThan(64 * MiB + 4 * content.length);
  });

  test('an array that declares much and holds little takes memory for what it holds', async () => {
    const size = 120 * MiB;
    const blocks = 3072;
    const table = words(blocks, size / blocks, 0, ...Array.from({ length: blocks }, () => 200));
    const content = appendedFile(Buffer.concat([table, Buffer.alloc(200 * blocks, 1)]), {
      ...ZLIB,
      numPoints: size / 12,
    });
    const peak = await peakBuffers(() => expectRefused(content, /damaged/));
    expect(peak).toBeLessThan(64 * MiB + 4 * content.length + 8 * MiB);
  });

  test('a highly compressed file within the limit is read', async () => {
    const size = 12 * 3 * MiB;
    const packed = deflateSync(Buffer.alloc(size));
    const good = appendedFile(Buffer.concat([words(1, size, 0, packed.length), packed]), {
      ...ZLIB,
      numPoints: size / 12,
    });
    expect(((await failureOf(good)) as Mesh).points.shape).toEqual([size / 12, 3]);
  });

  test.each([
    [
      'an entity bomb',
      '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><VTKFile/>',
      /DOCTYPE/,
    ],
    ['an external entity', '<!DOCTYPE x SYSTEM "file:///etc/passwd"><VTKFile/>', /DOCTYPE/],
    [
      'a million attributes',
      `<VTKFile ${Array.from({ length: 1e5 }, (_, at) => `a${at}="1"`).join(' ')}/>`,
      /more than|does not begin/,
    ],
    [
      'an attribute of 20 megabytes',
      `<VTKFile type="${'x'.repeat(2e7)}"></VTKFile>`,
      /more than 16777216 bytes/,
    ],
    ['deep nesting', `<VTKFile type="UnstructuredGrid">${'<a>'.repeat(1e5)}`, /nested deeper/],
    [
      'very many pieces',
      `<VTKFile type="UnstructuredGrid"><UnstructuredGrid>${'<Piece/>'.repeat(270_000)}</UnstructuredGrid></VTKFile>`,
      /more than 262144 pieces and arrays/,
    ],
    ['a comment without an end', `<VTKFile type="UnstructuredGrid"><!-- ${'x'.repeat(1e6)}`, /comment/],
    ['NUL bytes', `<VTKFile type="UnstructuredGrid">${'\0'.repeat(1e5)}`, /cut/],
  ])('%s', async (_, content, message) => {
    const peak = await peakBuffers(() => expectRefused(content, message));
    expect(peak).toBeLessThan(64 * MiB);
  });
});

test('a file that becomes shorter while it is read is an error of the file, not of the reader', async () => {
  const bytes = bytesOf('raw.vtu');
  let reads = 0;
  const file = memoryFile(bytes);
  const shrinking: typeof file = {
    size: file.size,
    read: (offset, length) =>
      ++reads > 3
        ? Promise.reject(new FormatError('the file became shorter', { path: 'bad.vtu', offset }))
        : file.read(offset, length),
  };
  await expect(vtkXmlReader.read(shrinking)).rejects.toBeInstanceOf(FormatError);
});
