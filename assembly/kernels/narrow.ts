// Integers of 32 and 64 bits to 32-bit ones, with what the reader must know of them, in one pass.
// Results stand at the start of the memory: [0] 1 where a value does not fit, [4] the largest as unsigned,
// [8] 1 where a value is less than the one before it, [12] the last value, [16] the step from each value to
// the next: -1 before the first, -2 where the steps differ.

const MISFIT: usize = 0;
const MAX: usize = 4;
const FELL: usize = 8;
const LAST: usize = 12;
const STRIDE: usize = 16;

/** Begins a new array: a 0 stands before its first value. */
export function reset(): void {
  store<i32>(LAST, 0);
  store<i32>(STRIDE, -1);
}

/** Notes of the `count` values at `at` the largest, whether they fall, and whether each step is the same. */
function inspect(at: usize, count: i32): void {
  let previous = load<i32>(LAST);
  let stride = load<i32>(STRIDE);
  let top: u32 = 0;
  let fell: i32 = 0;
  let even: i32 = 1;
  let index: i32 = 0;
  if (count > 0 && stride == -1) stride = load<i32>(at) - previous;
  if (count >= 8) {
    const first = load<i32>(at);
    fell = i32(first < previous);
    even = i32(first - previous == stride);
    let tops = v128.load(at);
    let falls = i32x4.splat(0);
    let uneven = i32x4.splat(0);
    const strides = i32x4.splat(stride);
    for (index = 1; index + 4 <= count; index += 4) {
      const place = at + ((<usize>index) << 2);
      const values = v128.load(place);
      const before = v128.load(place - 4);
      falls = v128.or(falls, v128.lt<i32>(values, before));
      uneven = v128.or(uneven, v128.xor(i32x4.sub(values, before), strides));
      tops = v128.max<u32>(tops, values);
    }
    fell |= i32(v128.any_true(falls));
    even &= i32(!v128.any_true(uneven));
    top = max<u32>(
      max<u32>(i32x4.extract_lane(tops, 0), i32x4.extract_lane(tops, 1)),
      max<u32>(i32x4.extract_lane(tops, 2), i32x4.extract_lane(tops, 3)),
    );
    previous = load<i32>(at + ((<usize>index) << 2) - 4);
  }
  for (; index < count; index++) {
    const value = load<i32>(at + ((<usize>index) << 2));
    fell |= i32(value < previous);
    even &= i32(value - previous == stride);
    top = max<u32>(top, value);
    previous = value;
  }
  store<u32>(MAX, top);
  store<i32>(FELL, fell);
  store<i32>(LAST, previous);
  // -1 says that there was no value yet, so that a step down must not be kept as one.
  store<i32>(STRIDE, even && stride >= 0 ? stride : -2);
}

/** Narrows `count` 64-bit integers at `source` to 32-bit ones at `target`. */
export function narrow64(source: usize, target: usize, count: i32, unsigned: bool): void {
  let wrong = i32x4.splat(0);
  let index: i32 = 0;
  const keep = i32x4.splat(unsigned ? 0 : -1);
  let from = source;
  let to = target;
  for (; index + 4 <= count; index += 4) {
    const first = v128.load(from);
    const second = v128.load(from, 16);
    const low = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
    const high = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
    const sign = i32x4.shr_s(low, 31);
    // Signed: the high word repeats the sign. Unsigned: it is 0 and there is no sign.
    wrong = v128.or(wrong, v128.or(v128.xor(high, v128.and(sign, keep)), v128.andnot(sign, keep)));
    v128.store(to, low);
    from += 32;
    to += 16;
  }
  let misfit = i32(v128.any_true(wrong));
  for (; index < count; index++) {
    const value = load<i64>(from);
    const low = <i32>value;
    misfit |= i32(<i64>low != value || (unsigned && low < 0));
    store<i32>(to, low);
    from += 8;
    to += 4;
  }
  store<i32>(MISFIT, misfit);
  inspect(target, count);
}

/** Looks at `count` 32-bit integers; unsigned ones of 2^31 and more do not fit. */
export function inspect32(source: usize, count: i32, unsigned: bool): void {
  inspect(source, count);
  store<i32>(MISFIT, i32(unsigned && load<i32>(MAX) < 0));
}

/** Reverses the bytes of each of `count` words of `width` (4 or 8) bytes in place. */
export function swap(at: usize, count: i32, width: i32): void {
  if (width == 4) {
    for (let index: i32 = 0; index < count; index++) {
      const place = at + ((<usize>index) << 2);
      store<u32>(place, bswap<u32>(load<u32>(place)));
    }
  } else {
    for (let index: i32 = 0; index < count; index++) {
      const place = at + ((<usize>index) << 3);
      store<u64>(place, bswap<u64>(load<u64>(place)));
    }
  }
}
