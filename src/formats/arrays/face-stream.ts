/** Context in which the faces of one polyhedron are checked. */
export interface FaceStreamContext {
  /** Number of points that there are. */
  readonly points: number;
  /** Makes the error for a polyhedron that cannot be. */
  fault(problem: string): Error;
}

/**
 * Checks the faces of a polyhedron, which fill `numbers` from `start` to `end`: their number, and for each face its number of
 * points and these.
 *
 * @throws the error of `fault` where they do not fill it or have points that are not there
 */
export function checkFaceStream(
  numbers: Int32Array,
  start: number,
  end: number,
  { points, fault }: FaceStreamContext,
): void {
  let at = start;
  if (at >= end) throw fault('without the number of its faces');
  const faceCount = numbers[at++] as number;
  if (faceCount < 0) throw fault(`with ${faceCount} faces`);
  for (let face = 0; face < faceCount; face++) {
    if (at >= end) throw fault(`with fewer faces than the ${faceCount} it declares`);
    const size = numbers[at++] as number;
    if (size < 0 || size > end - at) throw fault(`with a face of ${size} points`);
    for (const last = at + size; at < last; at++) {
      if ((numbers[at] as number) >>> 0 < points) continue;
      throw fault(`with the point index ${numbers[at]}; there are ${points} points`);
    }
  }
  if (at !== end) throw fault('whose faces do not fill it');
}
