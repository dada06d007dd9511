import type { Ghosts } from '../../src/core/ghosts.ts';
import type { Cells } from '../../src/core/mesh.ts';
import { runSteps } from '../../src/core/time-slice.ts';
import type { CellList } from '../../src/render/cell-list.ts';
import { type Surface, surfaceSteps } from '../../src/render/surface.ts';

export function surfaceOf(cells: Cells, numPoints: number, ghosts?: Ghosts): Surface {
  return runSteps(surfaceSteps(cells, numPoints, 'mesh', ghosts));
}

/** The lists of a cell list, each as its points. */
export function listsOf({ connectivity, offsets }: CellList): number[][] {
  return Array.from({ length: offsets.length - 1 }, (_, index) => [
    ...connectivity.subarray(offsets[index], offsets[index + 1]),
  ]);
}

/** A ring of points as text, wherever it begins and whichever way round it runs. */
export function ringKey(points: readonly number[]): string {
  const least = points.indexOf(Math.min(...points));
  const turned = [...points.slice(least), ...points.slice(0, least)];
  const back = [turned[0] as number, ...turned.slice(1).toReversed()];
  return ((turned[1] ?? 0) < (back[1] ?? 0) ? turned : back).join(' ');
}

/** How many of some polygons have each edge, by its ends, the lesser first. */
export function countEdges(polygons: readonly (readonly number[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const points of polygons) {
    for (const [index, point] of points.entries()) {
      const next = points[(index + 1) % points.length] as number;
      const key = point < next ? `${point} ${next}` : `${next} ${point}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}
