import type { ReadOptions } from '../core/source.ts';
import { TimeSlice, turn } from '../core/time-slice.ts';
import type { Image } from './image.ts';

/** Number of bytes of rows filtered between two yields, and of a chunk of compressed ones. */
const BYTES_PER_STEP = 2 ** 16;
const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** CRC-32 of each byte (PNG specification, annex D). */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (let at = 0; at < bytes.length; at++)
    value = (crcTable[(value ^ (bytes[at] as number)) & 255] as number) ^ (value >>> 8);
  return ~value >>> 0;
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let at = 0; at < 4; at++) bytes[4 + at] = type.charCodeAt(at);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/**
 * Encodes a picture as a PNG file (W3C PNG, third edition): 8 bits a channel, RGB, or RGBA where a pixel is not opaque.
 * Works in Node.js and in browsers (`CompressionStream`).
 */
export async function encodePng(image: Image, options: ReadOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  // Whoever has just drawn the picture has used up the turn of the event loop.
  await turn();
  const slice = new TimeSlice(options.signal);
  const { rows, channels } = await slice.run(filterSteps(image));
  const packed = await deflate(rows);
  options.signal?.throwIfAborted();
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, image.width);
  view.setUint32(4, image.height);
  header.set([8, channels === 4 ? 6 : 2], 8);
  const parts = [Uint8Array.from(SIGNATURE), chunk('IHDR', header)];
  for (let at = 0; at < packed.length; at += BYTES_PER_STEP) {
    parts.push(chunk('IDAT', packed.subarray(at, at + BYTES_PER_STEP)));
    await slice.pause();
  }
  parts.push(chunk('IEND', new Uint8Array(0)));
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

/** Compresses to a zlib stream (RFC 1950), off this thread. */
async function deflate(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const zlib = globalThis.process?.getBuiltinModule?.('zlib');
  if (typeof zlib?.deflate === 'function') {
    return new Promise((resolve, reject) => {
      zlib.deflate(bytes, (error, packed) => (error === null ? resolve(packed) : reject(error)));
    });
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Filters the rows, each behind the number of its filter: the one of None, Sub, Up and Paeth that leaves the smallest
 * numbers.
 */
function* filterSteps({
  width,
  height,
  data,
}: Image): Generator<void, { rows: Uint8Array<ArrayBuffer>; channels: 3 | 4 }> {
  const channels = (yield* isOpaque(data)) ? 3 : 4;
  const length = width * channels;
  const rows = new Uint8Array(height * (length + 1));
  let before = new Uint8Array(length);
  let row = new Uint8Array(length);
  const filtered = filters.map((filter) => ({ filter, bytes: new Uint8Array(length) }));
  let work = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++)
        row[x * channels + channel] = data[4 * (y * width + x) + channel] as number;
    }
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < filtered.length; index++) {
      const { filter, bytes } = filtered[index] as (typeof filtered)[number];
      const cost = filter(row, before, channels, bytes);
      if (cost >= least) continue;
      least = cost;
      best = index;
    }
    const start = y * (length + 1);
    rows[start] = filterNumbers[best] as number;
    rows.set((filtered[best] as (typeof filtered)[number]).bytes, start + 1);
    [row, before] = [before, row];
    work += length;
    if (work < BYTES_PER_STEP) continue;
    work = 0;
    yield;
  }
  return { rows, channels };
}

function* isOpaque(data: Uint8ClampedArray): Generator<void, boolean> {
  for (let at = 3; at < data.length; at += 4) {
    if (data[at] !== 255) return false;
    if (at % 2 ** 22 === 3) yield;
  }
  return true;
}

/** Function that filters a row and returns the sum of the results' distances from 0. */
type Filter = (row: Uint8Array, before: Uint8Array, channels: number, result: Uint8Array) => number;

const filterNumbers = [0, 1, 2, 4];
const filters: readonly Filter[] = [
  (row, _before, _channels, result) => {
    let cost = 0;
    for (let at = 0; at < row.length; at++) {
      const value = row[at] as number;
      result[at] = value;
      cost += value < 128 ? value : 256 - value;
    }
    return cost;
  },
  (row, _before, channels, result) => {
    let cost = 0;
    for (let at = 0; at < row.length; at++) {
      const value = ((row[at] as number) - (at < channels ? 0 : (row[at - channels] as number))) & 255;
      result[at] = value;
      cost += value < 128 ? value : 256 - value;
    }
    return cost;
  },
  (row, before, _channels, result) => {
    let cost = 0;
    for (let at = 0; at < row.length; at++) {
      const value = ((row[at] as number) - (before[at] as number)) & 255;
      result[at] = value;
      cost += value < 128 ? value : 256 - value;
    }
    return cost;
  },
  (row, before, channels, result) => {
    let cost = 0;
    for (let at = 0; at < row.length; at++) {
      const left = at < channels ? 0 : (row[at - channels] as number);
      const corner = at < channels ? 0 : (before[at - channels] as number);
      const above = before[at] as number;
      const toLeft = Math.abs(above - corner);
      const toAbove = Math.abs(left - corner);
      const toCorner = Math.abs(left + above - 2 * corner);
      const nearest = toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner;
      const value = ((row[at] as number) - nearest) & 255;
      result[at] = value;
      cost += value < 128 ? value : 256 - value;
    }
    return cost;
  },
];
