/**
 * Generator of random 32-bit integers as a pure function of a key, the same on every platform: xoshiro128** (Blackman
 * and Vigna, "Scrambled linear pseudorandom number generators", 2021). Not for secrets.
 */
export class Random {
  readonly #state: Uint32Array;

  /** @param key - safe integers; keys that differ in one of them give unrelated numbers */
  constructor(...key: readonly number[]) {
    const words = key.flatMap((part) => [part >>> 0, Math.floor(part / 2 ** 32) >>> 0]);
    this.#state = Uint32Array.of(0x9e3779b9, 0x243f6a88, 0xb7e15162, 0x6a09e667).map((lane) =>
      words.reduce((hash, word) => scramble((hash + 0x9e3779b9) ^ word), lane),
    );
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** Makes a whole number in `0 … 2^32 − 1`. */
  next(): number {
    const state = this.#state;
    const a = state[0] as number;
    const b = state[1] as number;
    const third = (state[2] as number) ^ a;
    const fourth = (state[3] as number) ^ b;
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    state[0] = a ^ fourth;
    state[1] = b ^ third;
    state[2] = third ^ (b << 9);
    state[3] = rotate(fourth, 11);
    return result;
  }

  /** Makes a whole number in `0 … bound − 1`, each as likely as the others; `bound` is in `1 … 2^32`. */
  below(bound: number): number {
    const fair = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const value = this.next();
      if (value < fair) return value % bound;
    }
  }
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/**
 * Scrambles a number: every bit of the result hangs on every bit of `value` (a bijection; constants by C. Wellons,
 * "lowbias32").
 */
function scramble(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const second = Math.imul(first ^ (first >>> 15), 0x846ca68b);
  return (second ^ (second >>> 16)) >>> 0;
}
