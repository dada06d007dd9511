/** The functions of `assembly/kernels/narrow.ts`, on a memory of their own. */
export interface NarrowExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  reset(): void;
  narrow64(source: number, target: number, count: number, unsigned: number): void;
  inspect32(source: number, count: number, unsigned: number): void;
  swap(at: number, count: number, width: number): void;
}

/**
 * Makes the functions of `assembly/kernels/narrow.ts` in TypeScript, on a memory of `bytes` bytes; their results stand
 * where theirs do.
 */
export function narrowInTypeScript(bytes: number): NarrowExports {
  const buffer = new ArrayBuffer(bytes);
  const results = new Int32Array(buffer, 0, 5);
  const [MISFIT, MAX, FELL, LAST, STRIDE] = [0, 1, 2, 3, 4] as const;

  function inspect(at: number, count: number): void {
    const values = new Int32Array(buffer, at, count);
    let previous = results[LAST] as number;
    let stride = results[STRIDE] as number;
    if (count > 0 && stride === -1) stride = ((values[0] as number) - previous) | 0;
    let max = 0;
    let fell = 0;
    let even = true;
    for (let index = 0; index < count; index++) {
      const value = values[index] as number;
      if (value >>> 0 > max) max = value >>> 0;
      if (value < previous) fell = 1;
      if (((value - previous) | 0) !== stride) even = false;
      previous = value;
    }
    results[MAX] = max;
    results[FELL] = fell;
    results[LAST] = previous;
    // -1 says that there was no value yet, so that a step down must not be kept as one.
    results[STRIDE] = even && stride >= 0 ? stride : -2;
  }

  return {
    memory: { buffer },
    reset() {
      results[LAST] = 0;
      results[STRIDE] = -1;
    },
    narrow64(source, target, count, unsigned) {
      const wide = new DataView(buffer, source, 8 * count);
      const values = new Int32Array(buffer, target, count);
      let wrong = 0;
      for (let index = 0; index < count; index++) {
        const low = wide.getInt32(8 * index, true);
        const high = wide.getInt32(8 * index + 4, true);
        wrong |= unsigned === 0 ? high ^ (low >> 31) : high | (low >> 31);
        values[index] = low;
      }
      results[MISFIT] = wrong === 0 ? 0 : 1;
      inspect(target, count);
    },
    inspect32(source, count, unsigned) {
      inspect(source, count);
      results[MISFIT] = unsigned !== 0 && (results[MAX] as number) < 0 ? 1 : 0;
    },
    swap(at, count, width) {
      new Uint8Array(buffer, at, count * width).forEach((_, index, all) => {
        if (index % width === 0) all.subarray(index, index + width).reverse();
      });
    },
  };
}
