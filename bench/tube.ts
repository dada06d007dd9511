/** A brick of a tube in five tetrahedra, in two ways that alternate so that faces match. */
const brickCuts = [
  [0, 1, 3, 4, 1, 2, 3, 6, 1, 4, 5, 6, 3, 4, 6, 7, 1, 3, 4, 6],
  [0, 1, 2, 5, 0, 2, 3, 7, 0, 4, 5, 7, 2, 5, 6, 7, 0, 2, 5, 7],
] as const;

/** A tube eight times as long as wide, by its connectivity alone. */
export function makeTube(nodes: number): { connectivity: Int32Array<ArrayBuffer>; numPoints: number } {
  const across = Math.max(4, Math.round((nodes / 8) ** (1 / 3)));
  const along = Math.max(4, Math.round(nodes / across ** 2));
  const layer = across * across;
  const bottom = [0, 1, 1 + across, across];
  const corners = [...bottom, ...bottom.map((corner) => corner + layer)];
  const connectivity = new Int32Array(20 * (across - 1) ** 2 * (along - 1));
  let at = 0;
  for (let z = 0; z + 1 < along; z++) {
    for (let y = 0; y + 1 < across; y++) {
      for (let x = 0; x + 1 < across; x++) {
        const base = z * layer + y * across + x;
        const cut = brickCuts[((x + y + z) % 2) as 0 | 1];
        for (const index of cut) connectivity[at++] = base + (corners[index] as number);
      }
    }
  }
  return { connectivity, numPoints: along * layer };
}

/** Gives the points other numbers, the same in each run. */
export function shuffleNumbers(connectivity: Int32Array, numPoints: number): void {
  const numbers = Int32Array.from({ length: numPoints }, (_, point) => point);
  let state = 1;
  for (let last = numPoints - 1; last > 0; last--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    const number = numbers[last] as number;
    numbers[last] = numbers[other] as number;
    numbers[other] = number;
  }
  for (const [at, point] of connectivity.entries()) connectivity[at] = numbers[point] as number;
}
