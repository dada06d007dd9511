import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readGzipHeader, readGzipTrailer } from '../../src/archives/gzip.ts';

const plain = new Uint8Array(gzipSync('one'));

/** Header with these parts before the data. */
function header(flags: number, ...parts: readonly (string | readonly number[])[]): Uint8Array {
  const rest = parts.map((part) =>
    typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part),
  );
  return new Uint8Array(Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]), ...rest]));
}

describe('header of a gzip member', () => {
  test.each<[string, Uint8Array, number]>([
    ['plain', plain, 10],
    ['with a name', header(8, 'flow_1.vtu\0'), 21],
    ['with an extra field, as bgzip writes', header(4, [6, 0], 'BC\x02\x00\x1b\x00'), 18],
    ['with all there is', header(31, [1, 0], 'e', 'name\0', 'comment\0', [1, 2]), 10 + 3 + 5 + 8 + 2],
  ])('%s is as long as it is', (_, bytes, length) => {
    expect(readGzipHeader(bytes)).toEqual({ length });
    for (let cut = 0; cut < length; cut++) expect(readGzipHeader(bytes.subarray(0, cut))).toBe('more');
  });

  test.each<[string, Uint8Array]>([
    ['of another format', new Uint8Array(Buffer.from('PK\x03\x04'))],
    ['of another method', new Uint8Array([0x1f, 0x8b, 9])],
    ['with reserved flags', header(0x20)],
    ['whose name does not end', header(8, 'x'.repeat(300_000))],
  ])('%s is none', (_, bytes) => {
    expect(readGzipHeader(bytes)).toBe('none');
  });

  test('the trailer tells checksum and size', () => {
    expect(readGzipTrailer(plain.subarray(-8))).toEqual({ crc: crc32('one'), size: 3 });
  });
});
