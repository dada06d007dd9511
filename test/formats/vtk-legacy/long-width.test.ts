import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../src/core/errors.ts';
import { isTensor, type TypedArray } from '../../../src/core/mesh.ts';
import { open } from '../../../src/formats/vtk-legacy/legacy-file.ts';
import { memoryFile } from '../../memory-file.ts';

const HEAD = '# vtk DataFile Version 4.2\n\nBINARY\nDATASET POLYDATA\nPOINTS 0 float\n';

/** Values of a `long` as BINARY files have them. */
function longs(values: readonly number[], width: 4 | 8): Buffer {
  const bytes = Buffer.alloc(width * values.length);
  for (const [at, value] of values.entries()) {
    if (width === 4) bytes.writeInt32BE(value, 4 * at);
    else bytes.writeBigInt64BE(BigInt(value), 8 * at);
  }
  return bytes;
}

/** Reads an array of the field data of a file. */
async function read(name: string, ...parts: readonly (string | Uint8Array)[]): Promise<TypedArray> {
  const bytes = Buffer.concat([HEAD, ...parts].map((part) => Buffer.from(part)));
  const file = await open(memoryFile(Uint8Array.from(bytes)), { path: 'case.vtk' });
  const array = (await file.read({})).fieldData.get(name);
  if (array === undefined || !isTensor(array)) throw new Error(`no tensor ${name}`);
  return array.data;
}

/** Values whose bytes are white space. */
const BLANK = [0x20202020, 0x0a0a0a0a, 0x0d0a0d0a, 0x090a0b0c];

describe('a long of 8 bytes', () => {
  test.each(BLANK)('whose low half is white space (%i) at the end of a file', async (value) => {
    const data = await read('n', 'FIELD f 1\nn 1 1 long\n', longs([value], 8), '\n');
    expect(data).toEqual(Float64Array.of(value));
  });

  test.each(BLANK)('whose low half is white space (%i) before a keyword', async (value) => {
    const data = await read('n', 'FIELD f 1\nn 1 1 long\n', longs([value], 8), '\nPOINT_DATA 0\n');
    expect(data).toEqual(Float64Array.of(value));
  });

  test.each(BLANK)('whose low half is white space (%i) before an array', async (value) => {
    const field = 'FIELD f 2\nn 1 1 long\n';
    const data = await read('n', field, longs([value], 8), '\nm 1 1 int\n', longs([5], 4), '\n');
    expect(data).toEqual(Float64Array.of(value));
  });

  test('is refused where the file ends in its middle, and not read as half as wide', async () => {
    const reading = read('n', 'FIELD f 1\nn 1 2 long\n', longs([7, 9], 8).subarray(0, 8));
    await expect(reading).rejects.toThrow(FormatError);
  });

  test('is known from an array before, whatever stands in the middle of the last one', async () => {
    const first = ['FIELD f 2\nm 1 1 long\n', longs([1], 8), '\n'];
    const cut = longs([1, 0x0a << 24], 8).subarray(0, 13);
    await expect(read('n', ...first, 'n 1 3 long\n', cut)).rejects.toThrow(FormatError);
  });
});

describe('a long of 4 bytes', () => {
  test.each(['\n', '\r\n'])('at the end of a file with a line break (%j)', async (end) => {
    const data = await read('n', 'FIELD f 1\nn 1 2 long\n', longs([7, 9], 4), end);
    expect(data).toEqual(Int32Array.of(7, 9));
  });

  test.each(['', '\n', '\r\n'])('before a keyword (%j)', async (end) => {
    const data = await read('n', 'FIELD f 1\nn 1 2 long\n', longs([7, 9], 4), `${end}POINT_DATA 0\n`);
    expect(data).toEqual(Int32Array.of(7, 9));
  });

  test('at the bare end of a file whose longs had 4 bytes before', async () => {
    const field = ['FIELD f 2\nm 1 1 long\n', longs([1], 4), '\nn 1 2 long\n'];
    expect(await read('n', ...field, longs([7, 9], 4))).toEqual(Int32Array.of(7, 9));
  });
});
