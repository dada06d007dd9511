import { expect } from 'vitest';
import { CellType } from '../../src/core/cell-types.ts';
import { isTensor, type Mesh } from '../../src/core/mesh.ts';

/** Holds what readers promise of every mesh that they give. */
export function expectSound({ points, cells, pointData, cellData }: Mesh): void {
  const numPoints = points.shape[0] as number;
  const { types, connectivity, offsets } = cells;
  expect(points.data.length).toBe(3 * numPoints);
  expect(offsets.length).toBe(types.length + 1);
  expect([offsets[0], offsets.at(-1)]).toEqual([0, connectivity.length]);
  expect(offsets.every((offset, cell) => offset >= (offsets[cell - 1] ?? 0))).toBe(true);
  expect(connectivity.every((point) => point >= 0 && point < numPoints)).toBe(true);
  for (const { data, shape } of [...pointData.values()].filter(isTensor)) {
    expect(shape[0]).toBe(numPoints);
    expect(data.length).toBe(numPoints * (shape[1] ?? 1));
  }
  for (const { shape } of [...cellData.values()].filter(isTensor)) expect(shape[0]).toBe(types.length);
  if (types.includes(CellType.Polyhedron)) expectSoundFaces(cells, numPoints);
}

function expectSoundFaces({ types, faces, faceOffsets }: Mesh['cells'], numPoints: number): void {
  expect(faceOffsets?.length).toBe(types.length);
  let at = 0;
  for (const end of faceOffsets?.filter((offset) => offset >= 0) ?? []) {
    const faceCount = faces?.[at++] ?? -1;
    expect(faceCount).toBeGreaterThanOrEqual(0);
    for (let count = faceCount; count > 0; count--) {
      const size = faces?.[at++] ?? -1;
      expect(faces?.subarray(at, at + size).every((point) => point >= 0 && point < numPoints)).toBe(true);
      at += size;
    }
    expect(at).toBe(end);
  }
  expect(at).toBe(faces?.length);
}

/** A generator of numbers in 0 … 1 that follow from a seed (mulberry32, by T. Ettinger). */
export function random(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
