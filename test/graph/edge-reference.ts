import type { Cells } from '../../src/core/mesh.ts';

/** A cell as a test writes it. */
export interface TestCell {
  readonly type: number;
  readonly points: readonly number[];
}

/** Cells in the form that meshes hold them in. */
export function cellsOf(cells: readonly TestCell[]): Cells {
  const offsets = [0];
  for (const { points } of cells) offsets.push((offsets.at(-1) as number) + points.length);
  return {
    types: Uint8Array.from(cells, ({ type }) => type),
    connectivity: Int32Array.from(cells.flatMap(({ points }) => points)),
    offsets: Int32Array.from(offsets),
  };
}

/** Pairs as a set of texts, the lesser number first; without pairs of a number with itself. */
export function undirectedPairs(pairs: readonly (readonly [number, number])[]): Set<string> {
  return new Set(pairs.filter(([a, b]) => a !== b).map(([a, b]) => (a < b ? `${a} ${b}` : `${b} ${a}`)));
}

/** Edge index of undirected pairs, by comparing: all sources, then all targets, sorted by (source, target). */
export function slowEdgeIndex(pairs: Set<string>): number[] {
  const both = [...pairs].flatMap((pair) => {
    const [a, b] = pair.split(' ').map(Number) as [number, number];
    return [
      [a, b],
      [b, a],
    ] as const;
  });
  both.sort(([a, b], [c, d]) => a - c || b - d);
  return [...both.map(([source]) => source), ...both.map(([, target]) => target)];
}
