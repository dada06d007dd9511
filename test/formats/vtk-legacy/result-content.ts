import type { LegacyContent } from './legacy-writer.ts';

/** Fields of a result: names that `resultContent` gives. */
export const RESULT_FIELDS: readonly string[] = Array.from({ length: 12 }, (_, index) => `field ${index}`);

/** A mesh of tetrahedra with twelve fields, as a solver writes it. */
export function resultContent(points: number, seed = 1): LegacyContent {
  const value = (at: number): number => Math.fround(Math.sin(at * 12.9898 + seed) * 100);
  const values = (length: number, shift: number): number[] =>
    Array.from({ length }, (_, at) => value(at + shift));
  return {
    kind: 'UNSTRUCTURED_GRID',
    pointType: 'float',
    // A long strip, so that each cell is small.
    points: Array.from({ length: points }, (_, at) => [at / 8, at % 3, at % 5]).flat(),
    groups: {
      CELLS: Array.from({ length: 2 * points }, (_, cell) =>
        (cell < points ? [0, 1, 2, 3] : [0, 5, 9, 14]).map((corner) =>
          Math.min((cell % points) + corner, points - 1),
        ),
      ),
    },
    types: Array.from({ length: 2 * points }, () => 10),
    fieldData: [{ keyword: 'FIELD', name: 'TimeValue', type: 'double', components: 1, values: [0.5] }],
    pointData: RESULT_FIELDS.map((name, index) => ({
      keyword: 'FIELD',
      name,
      type: 'float',
      components: index % 4 === 3 ? 3 : 1,
      values: values((index % 4 === 3 ? 3 : 1) * points, index),
    })),
  };
}
