import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Inflater, type InflaterState } from '../../../src/formats/kernels/inflater.ts';
import { fc, test as property } from '../../property.ts';

const strategies = ['Z_DEFAULT_STRATEGY', 'Z_FILTERED', 'Z_HUFFMAN_ONLY', 'Z_RLE', 'Z_FIXED'] as const;
const packing = fc.record({
  level: fc.integer({ min: 0, max: 9 }),
  strategy: fc.constantFrom(...strategies).map((name) => constants[name]),
  memLevel: fc.integer({ min: 1, max: 9 }),
  windowBits: fc.integer({ min: 9, max: 15 }),
});
/** Bytes with matches of all distances and lengths, and literals of any number of symbols. */
const content = fc
  .array(
    fc.oneof(
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 400 })),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 600 }), fc.constant(1)),
    ),
    { maxLength: 25 },
  )
  .map((parts) =>
    Buffer.concat(parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => bytes))),
  );

interface Place {
  readonly input: number;
  readonly output: number;
  readonly state: InflaterState;
}

/** Inflates by pieces of input and limits of output, a state at each stop; undefined where it is damaged. */
function inflate(
  packed: Uint8Array,
  pieces: () => number,
  from?: Place,
): { readonly bytes: Buffer; readonly stops: readonly Place[] } | undefined {
  const inflater = Inflater.create() as Inflater;
  if (from !== undefined) expect(inflater.restore(from.state)).toBe(true);
  const output: Uint8Array[] = [];
  const stops: Place[] = [];
  let fed = from?.input ?? 0;
  let written = from?.output ?? 0;
  for (;;) {
    const status = inflater.step(262 + pieces());
    output.push(inflater.output.slice());
    written += inflater.output.length;
    if (status === 'damaged') return undefined;
    if (status === 'ended') return { bytes: Buffer.concat(output), stops };
    stops.push({ input: fed - inflater.pending, output: written, state: inflater.save() });
    if (status !== 'input') continue;
    fed += inflater.feed(packed.subarray(fed, fed + 1 + pieces()));
    if (fed === packed.length) inflater.finish();
  }
}

const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(5000)), { minLength: 1, maxLength: 20 });

function cycle(values: readonly number[]): () => number {
  let at = 0;
  return () => values[at++ % values.length] as number;
}

describe('inflater', () => {
  property('gives what was packed, in any pieces', [content, packing, sizes], (bytes, how, pieces) => {
    const result = inflate(deflateRawSync(bytes, how), cycle(pieces));
    expect(result?.bytes.equals(bytes)).toBe(true);
  });

  property(
    'goes on from where it was saved',
    [content, packing, sizes, fc.nat()],
    (bytes, how, pieces, pick) => {
      const packed = deflateRawSync(bytes, how);
      const stops = inflate(packed, cycle(pieces))?.stops ?? [];
      fc.pre(stops.length > 0);
      const place = stops[pick % stops.length] as Place;
      const rest = inflate(packed, cycle(pieces), place);
      expect(rest?.bytes.equals(bytes.subarray(place.output))).toBe(true);
    },
  );

  property(
    'refuses what zlib refuses, and gives what it gives',
    [content, packing, fc.nat(), fc.integer({ min: 1, max: 255 }), sizes],
    (bytes, how, at, change, pieces) => {
      const packed = deflateRawSync(bytes, how);
      packed[at % packed.length] = (packed[at % packed.length] as number) ^ change;
      const ours = inflate(packed, cycle(pieces))?.bytes;
      expect(ours?.toString('latin1')).toBe(byZlib(packed)?.toString('latin1'));
    },
    { numRuns: 1000 },
  );

  test('refuses a stream cut anywhere', () => {
    const packed = deflateRawSync(Buffer.from(Array.from({ length: 400 }, (_, at) => (at * at) & 255)));
    for (let length = 0; length < packed.length; length++)
      expect(inflate(packed.subarray(0, length), () => 1000)).toBeUndefined();
  });

  test('stops at most 261 bytes before the room is full, and within it', () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => Math.imul(at, 2654435761) >>> 27));
    const packed = deflateRawSync(bytes);
    const inflater = Inflater.create() as Inflater;
    for (let fed = 0; ; ) {
      const status = inflater.step(4000);
      if (status === 'ended') break;
      if (status === 'room') expect(inflater.output.length).toBeGreaterThan(4000 - 262);
      expect(inflater.output.length).toBeLessThanOrEqual(4000);
      if (status === 'input') fed += inflater.feed(packed.subarray(fed));
      if (fed === packed.length) inflater.finish();
    }
  });

  test('refuses states that are none', () => {
    const inflater = Inflater.create() as Inflater;
    const empty = new Uint8Array(0);
    const state = { word: 0, stored: 0, codes: 0, lengths: empty, window: empty };
    expect(inflater.restore(state)).toBe(true);
    expect(inflater.restore({ ...state, word: 9 << 8 })).toBe(false);
    expect(inflater.restore({ ...state, word: 1 | (2 << 2), codes: 0x7fff })).toBe(false);
    expect(
      inflater.restore({
        ...state,
        word: 1 | (2 << 2),
        codes: 257 | (1 << 16),
        lengths: new Uint8Array(320).fill(99),
      }),
    ).toBe(false);
    expect(inflater.restore({ ...state, stored: 70_000 })).toBe(false);
    expect(inflater.restore({ ...state, window: new Uint8Array(40_000) })).toBe(false);
  });
});

function byZlib(packed: Uint8Array): Buffer | undefined {
  try {
    return inflateRawSync(packed, { maxOutputLength: 64 * 1024 ** 2 });
  } catch {
    return undefined;
  }
}
