/** A rational number: exact sums of doubles. */
interface Ratio {
  readonly top: bigint;
  /** Power of two below. */
  readonly exponent: number;
}

function toRatio(value: number): Ratio {
  let [scaled, exponent] = [value, 0];
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent++;
  }
  return { top: BigInt(scaled), exponent };
}

function align(values: readonly number[]): { readonly tops: readonly bigint[]; readonly exponent: number } {
  const ratios = values.map(toRatio);
  const exponent = Math.max(0, ...ratios.map((ratio) => ratio.exponent));
  return { tops: ratios.map(({ top, exponent: own }) => top << BigInt(exponent - own)), exponent };
}

/** Divides integers to a double, with more than 40 digits behind the point on the way. */
function divide(top: bigint, below: bigint): number {
  const shift = 1n << 200n;
  return Number((top * shift) / below) / 2 ** 200;
}

/** Mean and population standard deviation of finite doubles in exact rational arithmetic, rounded once. */
export function exactMoments(values: readonly number[]): { readonly mean: number; readonly std: number } {
  const { tops, exponent } = align(values);
  const count = BigInt(values.length);
  const sum = tops.reduce((total, each) => total + each, 0n);
  const mean = divide(sum, count << BigInt(exponent));
  const squares = tops.reduce((total, each) => total + (each * count - sum) ** 2n, 0n);
  const variance = divide(squares, (count ** 3n) << BigInt(2 * exponent));
  return { mean, std: Math.sqrt(variance) };
}
