import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fc, test as property } from '../../property.ts';
import * as fast from './kernels.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.double().map(String),
      fc.bigInt().map(String),
      fc.constantFrom('nan', '-inf', '1.', '.5'),
    ),
  )
  .map((tokens) => encode(tokens.join(' ')));

describe('without WebAssembly', () => {
  let plain: typeof fast;
  beforeAll(async () => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', undefined);
    plain = await import('./kernels.ts');
  });
  afterAll(() => vi.unstubAllGlobals());

  property('floats are the same', [words, fc.boolean(), fc.nat(8)], (text, final, room) => {
    for (const View of [Float64Array, Float32Array]) {
      const [a, b] = [new View(room), new View(room)];
      expect(plain.parseFloats(text, a, 0, final)).toEqual(fast.parseFloats(text, b, 0, final));
      expect(a).toEqual(b);
    }
  });

  property('integers are the same', [words, fc.boolean(), fc.boolean()], (text, final, unsigned) => {
    const [a, b] = [new BigInt64Array(9), new BigInt64Array(9)];
    expect(plain.parseIntegers(text, a, 0, final, unsigned)).toEqual(
      fast.parseIntegers(text, b, 0, final, unsigned),
    );
    expect(a).toEqual(b);
  });

  property(
    'base64 is the same',
    [fc.uint8Array({ maxLength: 90 }).map((bytes) => encode(Buffer.from(bytes).toString('base64')))],
    (text) => {
      const [a, b] = [new Uint8Array(100), new Uint8Array(100)];
      expect(plain.decodeBase64(text, a)).toEqual(fast.decodeBase64(text, b));
      expect(a).toEqual(b);
    },
  );

  property('LZ4 is the same', [fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1 })], (blocks) => {
    const lengths = Float64Array.from(blocks, ({ length }) => length);
    const [a, b] = [new Uint8Array(3 * blocks.length), new Uint8Array(3 * blocks.length)];
    const sound = plain.decodeLz4Blocks(Buffer.concat(blocks), lengths, a);
    expect(sound).toBe(fast.decodeLz4Blocks(Buffer.concat(blocks), lengths, b));
    expect(a.subarray(0, 3 * sound)).toEqual(b.subarray(0, 3 * sound));
  });

  test('zlib is refused with the word that a policy lacks, where the platform has none either', async () => {
    vi.stubGlobal('DecompressionStream', undefined);
    vi.stubGlobal('process', undefined);
    try {
      const decoded = async (): Promise<number> => plain.decodeZlib(new Uint8Array(9), new Uint8Array(9));
      await expect(decoded()).rejects.toThrow(/zlib.*wasm-unsafe-eval/);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
