import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FaceSieve, mixPoint } from '../../src/render/face-match.ts';

const tetraFaces = [
  [0, 1, 3],
  [1, 2, 3],
  [2, 0, 3],
  [0, 2, 1],
];
const hexFaces = [
  [0, 4, 7, 3],
  [1, 2, 6, 5],
  [0, 1, 5, 4],
  [3, 7, 6, 2],
  [0, 3, 2, 1],
  [4, 5, 6, 7],
];

/** Points that are the smallest corner of a face that an odd number of cells have. */
function oddPoints(cells: readonly number[][], faces: readonly number[][]): number[] {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    for (const face of faces) {
      const key = face
        .map((corner) => cell[corner] as number)
        .toSorted((a, b) => a - b)
        .join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  const odd = [...counts].filter(([, count]) => count % 2 === 1).map(([key]) => Number(key.split(' ')[0]));
  return [...new Set(odd)].toSorted((a, b) => a - b);
}

const pointsLeft = (sieve: FaceSieve): number[] =>
  [...sieve.take()].flatMap((mayBe, point) => (mayBe ? [point] : []));
const cellsOf = (size: number): fc.Arbitrary<number[][]> =>
  fc.array(fc.uniqueArray(fc.nat(19), { minLength: size, maxLength: size }), { maxLength: 30 });

test('what is left of tetrahedra are the points with a face that an odd number of them has', () => {
  fc.assert(
    fc.property(cellsOf(4), (cells) => {
      const sieve = new FaceSieve(20);
      sieve.addTetrahedra(Int32Array.from(cells.flat()), 0, 4 * cells.length);
      expect(pointsLeft(sieve)).toEqual(oddPoints(cells, tetraFaces));
    }),
  );
});

test('what is left of hexahedra are the points with a face that an odd number of them has', () => {
  fc.assert(
    fc.property(cellsOf(8), (cells) => {
      const sieve = new FaceSieve(20);
      sieve.addHexahedra(Int32Array.from(cells.flat()), 0, 8 * cells.length);
      expect(pointsLeft(sieve)).toEqual(oddPoints(cells, hexFaces));
    }),
  );
});

test('a face of a tetrahedron goes out with the same one of another body', () => {
  const sieve = new FaceSieve(4);
  sieve.addTetrahedra(Int32Array.of(0, 1, 2, 3), 0, 4);
  for (const face of tetraFaces) {
    const sum = face.reduce((total, point) => (total + mixPoint(point)) | 0, 0);
    sieve.add(
      Math.min(...face),
      sum,
      face.reduce((bits, point) => bits ^ point, 0),
    );
  }
  expect(pointsLeft(sieve)).toEqual([]);
});
