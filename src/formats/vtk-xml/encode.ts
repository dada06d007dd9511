import { base64Length } from './block-words.ts';

/** Way in which arrays are packed. */
export interface Packing {
  /** Bytes of the words of length. */
  readonly headerWidth: 4 | 8;
  /** Bytes of an unpacked block where arrays are compressed by zlib. */
  readonly blockSize: number | undefined;
}

const ALPHABET = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** Number of bytes of text made at once. */
const CHARACTERS_PER_STEP = 2 ** 20;

/** Encodes some parts in base64 (RFC 4648) as if they were one, in pieces of text. */
function* encodeBase64(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>, void> {
  let left = base64Length(parts.reduce((sum, part) => sum + part.length, 0));
  let text = new Uint8Array(Math.min(left, CHARACTERS_PER_STEP));
  let to = 0;
  let group = 0;
  let held = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) {
      group = (group << 8) | (part[at] as number);
      if (++held < 3) continue;
      text[to++] = ALPHABET[group >> 18] as number;
      text[to++] = ALPHABET[(group >> 12) & 63] as number;
      text[to++] = ALPHABET[(group >> 6) & 63] as number;
      text[to++] = ALPHABET[group & 63] as number;
      group = 0;
      held = 0;
      if (to < text.length) continue;
      yield text;
      left -= to;
      text = new Uint8Array(Math.min(left, CHARACTERS_PER_STEP));
      to = 0;
    }
  }
  if (held > 0) {
    group <<= 8 * (3 - held);
    text[to++] = ALPHABET[group >> 18] as number;
    text[to++] = ALPHABET[(group >> 12) & 63] as number;
    text[to++] = held === 2 ? (ALPHABET[(group >> 6) & 63] as number) : 61;
    text[to] = 61;
    yield text;
  }
}

function words(values: readonly number[], width: 4 | 8): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) {
    if (width === 4) view.setUint32(4 * index, value, true);
    else view.setBigUint64(8 * index, BigInt(value), true);
  }
  return bytes;
}

async function deflate(block: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const zlib = globalThis.process?.getBuiltinModule?.('zlib');
  if (typeof zlib?.deflate === 'function') {
    return new Promise((resolve, reject) => {
      zlib.deflate(block, (error, bytes) => (error === null ? resolve(bytes) : reject(error)));
    });
  }
  const stream = new Blob([block]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** An array's words of length, and its data as they are packed. */
export interface PackedArray {
  readonly head: Uint8Array<ArrayBuffer>;
  readonly body: readonly Uint8Array[];
  /** True when head and body are encoded to base64 each by itself. */
  readonly apart: boolean;
}

/** Packs the bytes of an array as VTK does: one word of length, or a table of compressed blocks. */
export async function packArray(
  bytes: Uint8Array<ArrayBuffer>,
  { headerWidth, blockSize }: Packing,
): Promise<PackedArray> {
  if (blockSize === undefined)
    return { head: words([bytes.length], headerWidth), body: [bytes], apart: false };
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += blockSize)
    blocks.push(await deflate(bytes.subarray(at, at + blockSize)));
  const table = [blocks.length, blockSize, bytes.length % blockSize, ...blocks.map(({ length }) => length)];
  return { head: words(table, headerWidth), body: blocks, apart: true };
}

/** Yields the bytes of a packed array, in base64 or as they are. */
export function* encodePacked(
  { head, body, apart }: PackedArray,
  base64: boolean,
): Generator<Uint8Array, void> {
  if (!base64) {
    yield head;
    yield* body;
  } else if (apart) {
    yield* encodeBase64([head]);
    yield* encodeBase64(body);
  } else yield* encodeBase64([head, ...body]);
}
