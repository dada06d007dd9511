import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { InflaterState } from '../formats/kernels/inflater.ts';

/** Place in a stream of deflated data from which inflating can go on. */
export interface RestartPoint {
  /** Packed bytes before it; of the last of them some bits may be in the state. */
  readonly input: number;
  /** Bytes of output before it. */
  readonly output: number;
  /** CRC-32 of these. */
  readonly crc: number;
  /** Output and CRC-32 of the gzip member under way, where several are in a row. */
  readonly memberOutput: number;
  readonly memberCrc: number;
  readonly state: InflaterState;
}

const HEAD_BYTES = 64;
const MAX_WINDOW_BYTES = 32 * 1024;
const MAX_LENGTHS_BYTES = 320;

/** Packs a restart point into the bytes that keep it. */
export function packPoint(point: RestartPoint): Uint8Array<ArrayBuffer> {
  const { state } = point;
  const lengths = deflateRawSync(state.lengths, { level: 6 });
  const window = deflateRawSync(state.window, { level: 1 });
  const bytes = new Uint8Array(HEAD_BYTES + lengths.length + window.length);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [point.input, point.output, point.memberOutput].entries()) {
    view.setFloat64(8 * index, value, true);
  }
  const words = [
    point.crc,
    point.memberCrc,
    state.word,
    state.stored,
    state.codes,
    lengths.length,
    window.length,
  ];
  for (const [index, value] of words.entries()) view.setUint32(24 + 4 * index, value, true);
  bytes.set(lengths, HEAD_BYTES);
  bytes.set(window, HEAD_BYTES + lengths.length);
  return bytes;
}

/** Unpacks a restart point; undefined where the bytes are none. */
export function unpackPoint(bytes: Uint8Array): RestartPoint | undefined {
  if (bytes.length < HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (index: number): number => view.getFloat64(8 * index, true);
  const word = (index: number): number => view.getUint32(24 + 4 * index, true);
  const [lengthsEnd, windowEnd] = [HEAD_BYTES + word(5), HEAD_BYTES + word(5) + word(6)];
  if (windowEnd !== bytes.length) return undefined;
  try {
    const lengths = inflateRawSync(bytes.subarray(HEAD_BYTES, lengthsEnd), {
      maxOutputLength: MAX_LENGTHS_BYTES,
    });
    const window = inflateRawSync(bytes.subarray(lengthsEnd), { maxOutputLength: MAX_WINDOW_BYTES });
    return {
      input: number(0),
      output: number(1),
      memberOutput: number(2),
      crc: word(0),
      memberCrc: word(1),
      state: {
        word: word(2),
        stored: word(3),
        codes: word(4),
        lengths: new Uint8Array(lengths),
        window: new Uint8Array(window),
      },
    };
  } catch {
    return undefined;
  }
}

/** Packed restart points by their numbers. */
export type PointChunk = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** Packs several restart points into the bytes that keep them, with a checksum. */
export function packChunk(points: PointChunk): Uint8Array<ArrayBuffer> {
  const length = [...points.values()].reduce((sum, point) => sum + 8 + point.length, 4);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let at = 4;
  for (const [number, point] of points) {
    view.setUint32(at, number, true);
    view.setUint32(at + 4, point.length, true);
    bytes.set(point, at + 8);
    at += 8 + point.length;
  }
  view.setUint32(0, crc32(bytes.subarray(4)), true);
  return bytes;
}

/** Unpacks restart points that were packed together; none where the bytes are damaged. */
export function unpackChunk(bytes: Uint8Array<ArrayBuffer>): Map<number, Uint8Array<ArrayBuffer>> {
  const points = new Map<number, Uint8Array<ArrayBuffer>>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint32(0, true) !== crc32(bytes.subarray(4))) return points;
  for (let at = 4; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    points.set(view.getUint32(at, true), bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return points;
}
