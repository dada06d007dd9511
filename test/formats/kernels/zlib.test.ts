import { constants, deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeZlib, decodeZlibByPlatform } from '../../../src/formats/kernels/zlib.ts';
import { fc, test as property } from '../../property.ts';

/** Bytes with matches of all distances and lengths, and literals of any number of symbols. */
const content = fc
  .array(
    fc.oneof(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 200 })),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.constant(1)),
    ),
    { maxLength: 25 },
  )
  .map((parts) =>
    Uint8Array.from(
      parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat()),
    ),
  );
const strategies = ['Z_DEFAULT_STRATEGY', 'Z_FILTERED', 'Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const;
const options = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(...strategies).map((name) => constants[name]),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});

const pack = (bytes: Uint8Array, how?: Parameters<typeof deflateSync>[1]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(deflateSync(bytes, how));

describe.each([
  ['WebAssembly', decodeZlib],
  ['the platform', decodeZlibByPlatform],
])('zlib by %s', (_, decode) => {
  property('gives what was packed, in any way zlib packs', [content, options], async (bytes, how) => {
    const target = new Uint8Array(bytes.length + 5).fill(0xaa);
    expect(await decode(pack(bytes, how), target.subarray(0, bytes.length))).toBe(bytes.length);
    expect(Buffer.compare(target.subarray(0, bytes.length), bytes)).toBe(0);
    expect([...target.subarray(bytes.length)]).toEqual([0xaa, 0xaa, 0xaa, 0xaa, 0xaa]);
  });

  property('refuses a stream longer than the target', [content, options], async (bytes, how) => {
    fc.pre(bytes.length > 0);
    expect(await decode(pack(bytes, how), new Uint8Array(bytes.length - 1))).toBe(-1);
  });

  property('passes over what follows the stream', [content, fc.uint8Array()], async (bytes, after) => {
    const stream = new Uint8Array(Buffer.concat([pack(bytes), after]));
    expect(await decode(stream, new Uint8Array(bytes.length))).toBe(bytes.length);
  });

  test('decodes far matches over many blocks', async () => {
    const random = Uint8Array.from({ length: 40_000 }, (_, at) => Math.imul(at, 2654435761) >>> 23);
    const bytes = new Uint8Array(Buffer.concat([random, random, random.subarray(7), random.reverse()]));
    const target = new Uint8Array(bytes.length);
    expect(await decode(pack(bytes, { level: 9, memLevel: 1 }), target)).toBe(bytes.length);
    expect(Buffer.compare(target, bytes)).toBe(0);
  });

  test('decodes a block too large for one turn of the event loop', async () => {
    const bytes = new Uint8Array(5 * 1024 ** 2).map((_, at) => at >> 9);
    const target = new Uint8Array(bytes.length);
    expect(await decode(pack(bytes), target)).toBe(bytes.length);
    expect(Buffer.compare(target, bytes)).toBe(0);
  });
});

/** What zlib makes of a stream, or undefined. */
function reference(stream: Uint8Array, size: number): Buffer | undefined {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, size) });
  } catch {
    return undefined;
  }
}

property(
  'a damaged stream is taken or refused as zlib does',
  [content, options, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })],
  (bytes, how, changes) => {
    const stream = pack(bytes, how);
    for (const [place, value] of changes) stream[place % stream.length] = value;
    const target = new Uint8Array(bytes.length);
    const expected = reference(stream, bytes.length);
    const written = decodeZlib(stream, target);
    expect(written).toBe(expected === undefined || expected.length > bytes.length ? -1 : expected.length);
    if (expected !== undefined) expect(Buffer.compare(target.subarray(0, expected.length), expected)).toBe(0);
  },
);

property('a cut stream is refused', [content, options, fc.nat()], (bytes, how, cut) => {
  const stream = pack(bytes, how);
  expect(decodeZlib(stream.subarray(0, cut % stream.length), new Uint8Array(bytes.length))).toBe(-1);
});

property('no bytes make it write beyond the target', [fc.uint8Array({ maxLength: 400 })], (body) => {
  const stream = Uint8Array.from([0x78, 0x9c, ...body]);
  const guarded = new Uint8Array(300).fill(0x55);
  const written = decodeZlib(stream, guarded.subarray(100, 200)) as number;
  expect(written).toBeGreaterThanOrEqual(-1);
  expect(guarded.subarray(0, 100).every((byte) => byte === 0x55)).toBe(true);
  expect(guarded.subarray(200).every((byte) => byte === 0x55)).toBe(true);
});
