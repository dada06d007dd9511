import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  decodeBase64,
  decodeBase64InTypeScript,
  stripWhitespace,
} from '../../../src/formats/kernels/base64.ts';
import { decodeLz4Block, decodeLz4BlockInTypeScript } from '../../../src/formats/kernels/lz4.ts';
import { Narrower } from '../../../src/formats/kernels/narrow.ts';
import { decodeXz } from '../../../src/formats/kernels/xz.ts';
import { decodeZlib } from '../../../src/formats/kernels/zlib.ts';
import { fc, test as property } from '../../property.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
/** Bytes that repeat, so that matches of all distances occur. */
const repetitive = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 60 })), {
    maxLength: 20,
  })
  .map((parts) =>
    Uint8Array.from(
      parts.flatMap(([bytes, times]) => Array.from({ length: times }, () => [...bytes]).flat()),
    ),
  );

describe.each([
  ['WebAssembly', decodeBase64],
  ['TypeScript', decodeBase64InTypeScript],
])('base64 in %s', (_, decode) => {
  property('decodes what Buffer encodes', [fc.uint8Array({ maxLength: 300 })], (bytes) => {
    const target = new Uint8Array(bytes.length + 3).fill(0xaa);
    const text = encode(Buffer.from(bytes).toString('base64'));
    expect(decode(text, target)).toEqual({ written: bytes.length, badAt: -1 });
    expect(target.subarray(0, bytes.length)).toEqual(bytes);
  });

  property(
    'names the first character that does not belong',
    [
      fc.uint8Array({ minLength: 30, maxLength: 200 }),
      fc.nat(39),
      fc.constantFrom(0, 10, 32, 33, 45, 61, 64, 91, 95, 96, 123, 128, 255),
    ],
    (bytes, place, character) => {
      const text = encode(Buffer.from(bytes).toString('base64'));
      text[place % (text.length - 4)] = character;
      expect(decode(text, new Uint8Array(bytes.length + 3)).badAt).toBe(place % (text.length - 4));
    },
  );

  test.each([
    ['A===', 1],
    ['====', 0],
    ['AA=A', 2],
    ['AAA=AAAA', 3],
  ])('refuses the padding of %s', (text, place) => {
    expect(decode(encode(text), new Uint8Array(9)).badAt).toBe(place);
  });

  test('decodes more than one step of the kernel', () => {
    const bytes = new Uint8Array(200_000).map((_, at) => (at * 7919) >> 3);
    const target = new Uint8Array(bytes.length);
    decode(encode(Buffer.from(bytes).toString('base64')), target);
    expect(Buffer.compare(target, bytes)).toBe(0);
  });
});

test('stripWhitespace keeps the rest in order', () => {
  expect(new TextDecoder().decode(stripWhitespace(encode('AB\r\n CD\tE F')))).toBe('ABCDEF');
});

/** A simple LZ4 block encoder: greedy matches of at least four bytes anywhere before. */
function encodeLz4(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  const length = (value: number): void => {
    for (let rest = value - 15; rest >= 0; rest -= 255) out.push(Math.min(255, rest));
  };
  const sequence = (literals: Uint8Array, match: number, distance: number): void => {
    out.push((Math.min(15, literals.length) << 4) | Math.min(15, Math.max(0, match - 4)));
    length(literals.length);
    out.push(...literals);
    if (match === 0) return;
    out.push(distance & 255, distance >> 8);
    length(match - 4);
  };
  let anchor = 0;
  for (let at = 0; at + 12 < bytes.length; ) {
    let best = 0;
    let distance = 0;
    for (let from = Math.max(0, at - 400); from < at; from++) {
      let size = 0;
      while (at + size < bytes.length - 5 && bytes[from + size] === bytes[at + size]) size++;
      if (size > best) [best, distance] = [size, at - from];
    }
    if (best < 4) at++;
    else {
      sequence(bytes.subarray(anchor, at), best, distance);
      at += best;
      anchor = at;
    }
  }
  sequence(bytes.subarray(anchor), 0, 0);
  return Uint8Array.from(out);
}

describe.each([
  ['WebAssembly', decodeLz4Block],
  ['TypeScript', decodeLz4BlockInTypeScript],
])('LZ4 in %s', (_, decode) => {
  property('decodes what an encoder gave', [repetitive], (bytes) => {
    const target = new Uint8Array(bytes.length);
    expect(decode(encodeLz4(bytes), target)).toBe(bytes.length);
    expect(target).toEqual(bytes);
  });

  property(
    'refuses a block that unpacks to more than its size',
    [repetitive.filter((bytes) => bytes.length > 0)],
    (bytes) => {
      const memory = new Uint8Array(bytes.length + 7).fill(0xaa);
      expect(decode(encodeLz4(bytes), memory.subarray(0, bytes.length - 1))).toBe(-1);
      expect([...memory.subarray(bytes.length - 1)]).toEqual(Array.from({ length: 8 }, () => 0xaa));
    },
  );
});

property(
  'LZ4 decoders agree on any bytes',
  [fc.uint8Array({ maxLength: 80 }), fc.nat(300)],
  (bytes, room) => {
    const [fast, plain] = [new Uint8Array(room), new Uint8Array(room)];
    const written = decodeLz4Block(bytes, fast);
    expect(written).toBe(decodeLz4BlockInTypeScript(bytes, plain));
    if (written >= 0) expect(fast.subarray(0, written)).toEqual(plain.subarray(0, written));
  },
);

test('what is decoded into the memory of another kernel comes about there, and nothing before it changes', () => {
  const bytes = new Uint8Array(20_000).map((_, at) => (at >> 3) % 251);
  const packed = encodeLz4(bytes.subarray(0, 4000));
  const zipped = Uint8Array.from(deflateSync(bytes));
  const text = encode(Buffer.from(bytes).toString('base64'));
  const narrower = Narrower.take();
  const area = narrower.input(0);
  for (const place of [0, 9, area.length - bytes.length]) {
    area.fill(7);
    const target = area.subarray(place, place + bytes.length);
    decodeLz4Block(packed, target.subarray(0, 4000));
    expect(Buffer.compare(target.subarray(0, 4000), bytes.subarray(0, 4000))).toBe(0);
    expect(decodeZlib(zipped, target)).toBe(bytes.length);
    expect(Buffer.compare(target, bytes)).toBe(0);
    target.fill(7);
    expect(decodeBase64(text, target)).toEqual({ written: bytes.length, badAt: -1 });
    expect(Buffer.compare(target, bytes)).toBe(0);
    expect(area.subarray(0, place).every((byte) => byte === 7)).toBe(true);
  }
  // The second area is where the input would stand.
  const other = narrower.input(1).subarray(0, bytes.length);
  expect(decodeZlib(zipped, other)).toBe(bytes.length);
  expect(Buffer.compare(other, bytes)).toBe(0);
  // Tables of these kernels stand in the same memory.
  new Int32Array(area.buffer, area.byteOffset, 3).set([5, 7, 9]);
  expect(narrower.narrow(0, 3, 'Int32', false)).toMatchObject({ fits: true, max: 9, falls: false });
  narrower.release();
});

/** One .xz stream, made by Python's lzma module. */
function xz(bytes: Uint8Array, options: string): Uint8Array<ArrayBuffer> {
  const program = `import sys, lzma; sys.stdout.buffer.write(lzma.compress(sys.stdin.buffer.read(), ${options}))`;
  return Uint8Array.from(execFileSync('python3', ['-c', program], { input: bytes, maxBuffer: 2 ** 26 }));
}

describe('.xz', () => {
  const words = new Float32Array(20_000).map((_, at) => Math.round(1000 * Math.sin(at / 30)) / 8);
  const smooth = new Uint8Array(words.buffer);
  const noise = new Uint8Array(70_000).map((_, at) => Math.imul(at, 2_654_435_761) >>> 24);

  test.each([
    ['an easy preset with CRC32', smooth, 'check=lzma.CHECK_CRC32, preset=6'],
    ['the best preset with CRC64', smooth, 'check=lzma.CHECK_CRC64, preset=9 | lzma.PRESET_EXTREME'],
    ['no check', smooth, 'check=lzma.CHECK_NONE, preset=0'],
    ['SHA-256', smooth, 'check=lzma.CHECK_SHA256'],
    ['bytes that cannot be packed', noise, 'check=lzma.CHECK_CRC32'],
    ['nothing', new Uint8Array(0), 'check=lzma.CHECK_CRC32'],
    ['one byte', Uint8Array.of(7), 'check=lzma.CHECK_CRC32'],
    ['long runs', new Uint8Array(3_000_000).fill(9), 'check=lzma.CHECK_CRC32'],
    ['other lc, lp and pb', smooth, 'filters=[{"id": lzma.FILTER_LZMA2, "lc": 1, "lp": 2, "pb": 0}]'],
    ['a small dictionary', smooth, 'filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096, "preset": 6}]'],
  ])('decodes %s', (_, bytes, options) => {
    const target = new Uint8Array(bytes.length);
    expect(decodeXz(xz(bytes, options), target)).toBe(bytes.length);
    expect(Buffer.compare(target, bytes)).toBe(0);
  });

  test('refuses a stream with another filter', () => {
    const packed = xz(smooth, 'filters=[{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2}]');
    expect(decodeXz(packed, new Uint8Array(smooth.length))).toBe(-1);
  });

  test('refuses a stream that unpacks to more than the room there is', () => {
    expect(decodeXz(xz(smooth, ''), new Uint8Array(smooth.length - 1))).toBe(-1);
  });

  const small = smooth.subarray(0, 600);
  const packed = xz(small, 'check=lzma.CHECK_CRC32');
  property(
    'never gives wrong bytes for a damaged stream',
    [fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 })],
    (place, change) => {
      const damaged = packed.slice();
      damaged[place] = (damaged[place] as number) ^ change;
      expect(decodeXz(damaged, new Uint8Array(small.length))).toBe(-1);
    },
    { numRuns: 1000 },
  );

  test('refuses a stream cut anywhere', () => {
    for (let length = 0; length < packed.length; length++) {
      expect(decodeXz(packed.slice(0, length), new Uint8Array(small.length))).toBe(-1);
    }
  });
});

test('the committed WebAssembly modules are what the sources give', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vascusim-kernels-test-'));
  execFileSync(process.execPath, ['assembly/build.ts', folder]);
  for (const name of ['narrow', 'decimal', 'blocks', 'inflater']) {
    const built = readFileSync(join(folder, `${name}-module.ts`), 'utf8');
    expect(readFileSync(`src/formats/kernels/${name}-module.ts`, 'utf8'), name).toBe(built);
  }
}, 60_000);
