import { CellType } from '../../core/cell-types.ts';
import type { Cells } from '../../core/mesh.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { checkFaceStream } from '../arrays/face-stream.ts';

/** Numbers looked at between two looks at the clock. */
const NUMBERS_PER_STEP = 2 ** 16;

/** Context in which polyhedra of a mesh are sorted out. */
export interface PolyhedraContext {
  readonly points: number;
  readonly slice: TimeSlice;
  /** Makes the error for a cell that cannot be. */
  fail(problem: string): Error;
}

/**
 * Sorts out polyhedra, in whose place of points their faces stand: their number, and for each face its number of points and
 * these. Their points become those of their faces, each once, ascending, as in VTK 9.1.
 *
 * @throws the error of `fail` where faces do not fill their cell or have points that are not there
 */
export async function takeFaces(cells: Cells, { points, slice, fail }: PolyhedraContext): Promise<Cells> {
  const { types, connectivity, offsets } = cells;
  const count = types.length;
  const faceOffsets = new Int32Array(count).fill(-1);
  const faces = new Int32Array(connectivity.length);
  const newOffsets = new Int32Array(count + 1);
  // The points of a polyhedron are fewer than the numbers of its faces: in the same memory they never overtake.
  let to = 0;
  let facesEnd = 0;
  let paused = 0;
  for (let cell = 0; cell < count; cell++) {
    const start = offsets[cell] as number;
    const end = offsets[cell + 1] as number;
    if (types[cell] === CellType.Polyhedron) {
      const fault = (problem: string): Error => fail(`has a polyhedron (cell ${cell}) ${problem}`);
      checkFaceStream(connectivity, start, end, { points, fault });
      faces.set(connectivity.subarray(start, end), facesEnd);
      facesEnd += end - start;
      faceOffsets[cell] = facesEnd;
      to += takePoints(connectivity, faces.subarray(facesEnd - (end - start), facesEnd), to);
    } else {
      connectivity.copyWithin(to, start, end);
      to += end - start;
    }
    newOffsets[cell + 1] = to;
    if (end - paused < NUMBERS_PER_STEP) continue;
    paused = end;
    await slice.pause();
  }
  return {
    types,
    connectivity: connectivity.slice(0, to),
    offsets: newOffsets,
    faces: facesEnd === faces.length ? faces : faces.slice(0, facesEnd),
    faceOffsets,
  };
}

/** Writes the points of faces to `target` from `to` on, each once, ascending; returns how many there are. */
function takePoints(target: Int32Array, faces: Int32Array, to: number): number {
  let length = 0;
  for (let at = 1; at < faces.length; ) {
    const size = faces[at++] as number;
    for (const last = at + size; at < last; at++) target[to + length++] = faces[at] as number;
  }
  const points = target.subarray(to, to + length).sort();
  let kept = 0;
  for (let at = 0; at < length; at++) {
    if (at === 0 || points[at] !== points[at - 1]) target[to + kept++] = points[at] as number;
  }
  return kept;
}
