import { HEAD, type Parsed } from './format.ts';

/** A file of `point-list/format.ts`: small triangles side by side, and values over their points. */
export function pointListFile(points: number, arrays: readonly string[]): Uint8Array<ArrayBuffer> {
  const head = JSON.stringify({ pointList: points, arrays } satisfies Parsed).padEnd(HEAD - 1);
  const values = Float32Array.from({ length: points * (3 + arrays.length) }, (_, at) => Math.sin(at));
  for (let point = 0; point < points; point++) {
    const [triangle, corner] = [Math.floor(point / 3), point % 3];
    values.set([(triangle % 100) + (corner % 2), Math.floor(triangle / 100) + (corner >> 1), 0], 3 * point);
  }
  const bytes = new Uint8Array(HEAD + values.byteLength);
  bytes.set(new TextEncoder().encode(`${head}\n`));
  bytes.set(new Uint8Array(values.buffer), HEAD);
  return bytes;
}
