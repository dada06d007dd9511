import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePng } from '../../src/render/png.ts';
import { fc, test as property } from '../property.ts';
import { makeFolder } from '../temporary-folder.ts';
import { describeWithVtk, runVtk } from '../vtk/vtk-python.ts';
import { decodePng } from './decode-png.ts';

const images = fc
  .record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      opaque: fc.boolean(),
      bytes: fc.uint8Array({ minLength: 4 * width * height, maxLength: 4 * width * height }),
    }),
  );

/** A picture with smooth, flat and noisy parts, so that every filter is used. */
function makeImage(opaque: boolean): { width: number; height: number; data: Uint8ClampedArray<ArrayBuffer> } {
  const [width, height] = [61, 47];
  const data = new Uint8ClampedArray(4 * width * height);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [(at >> 2) % width, Math.floor((at >> 2) / width)];
    data[at] = y < 12 ? 4 * x : y < 24 ? 5 * y : y < 36 ? 3 * x + 2 * y : (at * 7919) % 256;
    if (opaque && at % 4 === 3) data[at] = 255;
  }
  return { width, height, data };
}

describe('encodePng', () => {
  property('gives a file that decodes to the same pixels', [images], async ({ bytes, opaque, ...size }) => {
    const data = Uint8ClampedArray.from(bytes, (value, at) => (opaque && at % 4 === 3 ? 255 : value));
    const decoded = decodePng(await encodePng({ ...size, data }));
    expect(decoded).toEqual({ ...size, data });
  });

  test('rejects with the reason of an abort', async () => {
    const reason = new Error('enough');
    const image = makeImage(true);
    await expect(encodePng(image, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describeWithVtk('encodePng beside VTK', () => {
  test.each([true, false])('VTK reads the same pixels, opaque: %s', async (opaque) => {
    const image = makeImage(opaque);
    const path = join(await makeFolder({}), 'image.png');
    await writeFile(path, await encodePng(image));
    const read = runVtk('read_png.py', path) as { components: number; values: number[] };
    expect(read).toEqual({
      width: image.width,
      height: image.height,
      components: opaque ? 3 : 4,
      values: [...image.data].filter((_, at) => !opaque || at % 4 !== 3),
    });
  });
});
