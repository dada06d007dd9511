import { inflateSync } from 'node:zlib';
import type { Image } from '../../src/render/image.ts';

/** Decodes a PNG of 8 bits a channel, RGB or RGBA, that is not interlaced: written from the specification, for tests. */
export function decodePng(file: Uint8Array): Image {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = 8; at < file.length; ) {
    const length = view.getUint32(at);
    const type = Buffer.from(file.subarray(at + 4, at + 8)).toString('latin1');
    if (type === 'IHDR') {
      width = view.getUint32(at + 8);
      height = view.getUint32(at + 12);
      channels = file[at + 17] === 6 ? 4 : 3;
    } else if (type === 'IDAT') parts.push(file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const rows = inflateSync(Buffer.concat(parts));
  const stride = width * channels;
  const plain = new Uint8Array(stride * height);
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x < channels ? 0 : (plain[y * stride + x - channels] as number);
      const above = y === 0 ? 0 : (plain[(y - 1) * stride + x] as number);
      const corner = x < channels || y === 0 ? 0 : (plain[(y - 1) * stride + x - channels] as number);
      const nearest = [left, above, corner].toSorted(
        (a, b) => Math.abs(left + above - corner - a) - Math.abs(left + above - corner - b),
      )[0] as number;
      const guess = [0, left, above, (left + above) >> 1, nearest][filter as number] as number;
      plain[y * stride + x] = (rows[y * (stride + 1) + 1 + x] as number) + guess;
    }
    for (let x = 0; x < width; x++)
      data.set(
        plain.subarray(y * stride + x * channels, y * stride + (x + 1) * channels),
        4 * (y * width + x),
      );
  }
  return { width, height, data };
}
