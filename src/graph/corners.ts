/** Number of corners from which on they are sorted before they are compared. */
const MANY_CORNERS = 32;

/** Brings the corners of a face that differ to the front, and returns how many they are. */
export function distinctCorners(corners: number[], count: number): number {
  if (count > MANY_CORNERS) {
    const distinct = [...new Set(corners.slice(0, count))];
    for (const [at, corner] of distinct.entries()) corners[at] = corner;
    return distinct.length;
  }
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const corner = corners[at] as number;
    let before = 0;
    while (before < kept && corners[before] !== corner) before++;
    if (before === kept) corners[kept++] = corner;
  }
  return kept;
}

/** Tells whether two lists of as many numbers, each of them without repetitions, have the same ones. */
export function haveSame(some: readonly number[], others: readonly number[]): boolean {
  if (some.length <= MANY_CORNERS) return some.every((each) => others.includes(each));
  const known = new Set(others);
  return some.every((each) => known.has(each));
}
