import { expect, test } from 'vitest';
import type { LeftOutArray } from '../../src/core/mesh.ts';
import { memoryFile } from '../memory-file.ts';
import { gridFile, gridPiece, textArray } from './small-xml.ts';
import { readVtkHeader, vtkXmlReader } from './vtk-xml-reader.ts';

const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);

/** Pieces of which each has arrays that no other has. */
function pieceWithOwn(piece: number, arrays: number): string {
  const own = Array.from({ length: arrays }, (_, at) =>
    textArray('Int8', `${piece}_${at}`, [1, 2], ' NumberOfComponents="1"'),
  );
  return gridPiece({ points: 2, pointData: own.join('') });
}

test('as many names as arrays are told of without going through all pieces for each', async () => {
  const pieces = Array.from({ length: 2500 }, (_, piece) => pieceWithOwn(piece, 60));
  const { leftOut, pointArrays } = await readVtkHeader(memoryFile(text(gridFile(pieces))));
  expect(pointArrays).toEqual([]);
  expect(leftOut).toHaveLength(150_000);
  expect(leftOut[0]).toEqual({ name: '0_0', on: 'node', reason: 'piece', what: 'number 2' });
  expect(leftOut.at(-1)).toEqual({ name: '2499_59', on: 'node', reason: 'piece', what: 'number 1' });
});

test('of few pieces the mesh says the same as the header', async () => {
  const pieces = Array.from({ length: 5 }, (_, piece) => pieceWithOwn(piece, 2));
  const file = memoryFile(text(gridFile(pieces)));
  const told: LeftOutArray[] = [];
  const mesh = await vtkXmlReader.read(file, { onLeftOut: (array) => void told.push(array) });
  expect(mesh.pointData.size).toBe(0);
  const { leftOut } = await readVtkHeader(file);
  expect(told).toEqual(leftOut);
});
