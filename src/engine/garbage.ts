/** Growth of the heap after which it is collected, bytes. */
const GROWTH_BYTES = 2 ** 22;

/** Size of the heap after it was collected last, or first looked at, bytes. */
let least = Number.POSITIVE_INFINITY;

/**
 * Collects the heap where it has grown, between two epochs: by itself it would be let grow much further. Does nothing where
 * Node.js does not offer it (`--expose-gc`).
 */
export function collectGarbage(): void {
  const { gc } = globalThis;
  const { heapUsed } = process.memoryUsage();
  least = Math.min(least, heapUsed);
  if (gc === undefined || heapUsed - least < GROWTH_BYTES) return;
  void gc();
  least = process.memoryUsage().heapUsed;
}
