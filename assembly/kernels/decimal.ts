// Decimal text to numbers. Tokens that need more than this (NaN, infinities, more than 19 digits, malformed ones)
// are handed back to the caller one by one.
// Results stand at the start of the memory: [0] bytes of text used, [4] numbers written, [8] where a token that was
// handed back begins, or −1, [12] where it ends.

const USED: usize = 0;
const WRITTEN: usize = 4;
const TOKEN: usize = 8;
const TOKEN_END: usize = 12;
/** 128-bit powers of five from 5^−342 to 5^308, high word first; the caller fills them in. */
const POWERS: usize = 64;
const SMALLEST: i32 = -342;
const LARGEST: i32 = 308;
/** 10^0 … 10^22, which doubles hold exactly. */
const TENS: usize = POWERS + 16 * 651;

/** Where the caller's memory begins. */
export function scratchEnd(): usize {
  return TENS + 8 * 23;
}

/** Where the caller puts the powers of five. */
export function powersAt(): usize {
  return POWERS;
}

export function prepare(): void {
  let ten: f64 = 1;
  for (let index: usize = 0; index < 23; index++) {
    store<f64>(TENS + (index << 3), ten);
    ten *= 10;
  }
}

let productHigh: u64 = 0;
let productLow: u64 = 0;

function multiply(a: u64, b: u64): void {
  const aLow = a & 0xffffffff;
  const aHigh = a >>> 32;
  const bLow = b & 0xffffffff;
  const bHigh = b >>> 32;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 32);
  const cross = aLow * bHigh + (middle & 0xffffffff);
  productHigh = aHigh * bHigh + (middle >>> 32) + (cross >>> 32);
  productLow = (cross << 32) | (low & 0xffffffff);
}

/**
 * The double nearest to digits · 10^exponent, ties to even. D. Lemire, "Number Parsing at a Gigabyte per Second",
 * 2021; N. Mushtak and D. Lemire, "Fast Number Parsing Without Fallback", 2023.
 */
function nearest(digits: u64, exponent: i32): f64 {
  if (digits == 0 || exponent < SMALLEST) return 0;
  if (exponent > LARGEST) return Infinity;
  const shift = <i32>clz(digits);
  const normal = digits << shift;
  const power = POWERS + (<usize>(exponent - SMALLEST) << 4);
  multiply(normal, load<u64>(power));
  if ((productHigh & 0x1ff) == 0x1ff) {
    const high = productHigh;
    const low = productLow;
    multiply(normal, load<u64>(power + 8));
    const sum = low + productHigh;
    productHigh = sum < low ? high + 1 : high;
    productLow = sum;
  }
  const upper = <i32>(productHigh >>> 63);
  let mantissa = productHigh >>> (upper + 9);
  let binary = (((152170 + 65536) * exponent) >> 16) + 63 + upper - shift + 1023;
  if (binary <= 0) {
    if (1 - binary >= 64) return 0;
    mantissa >>>= 1 - binary;
    mantissa += mantissa & 1;
    mantissa >>>= 1;
    return reinterpret<f64>(mantissa);
  }
  if (productLow <= 1 && exponent >= -4 && exponent <= 23 && (mantissa & 3) == 1) {
    if (mantissa << (upper + 9) == productHigh) mantissa &= ~1;
  }
  mantissa += mantissa & 1;
  mantissa >>>= 1;
  if (mantissa >= 1 << 53) {
    mantissa = 1 << 52;
    binary++;
  }
  if (binary >= 2047) return Infinity;
  return reinterpret<f64>((mantissa & ~(<u64>1 << 52)) | (<u64>binary << 52));
}

// @ts-ignore: decorator
@inline
function isSpace(byte: u32): bool {
  return byte == 32 || byte - 9 < 5;
}

/** Whether the eight characters of a word are digits (Lemire 2021, section 9). */
// @ts-ignore: decorator
@inline
function areDigits(word: u64): bool {
  return (((word + 0x4646464646464646) | (word - 0x3030303030303030)) & 0x8080808080808080) == 0;
}

/** The number that eight digits stand for, the first in the lowest byte. */
// @ts-ignore: decorator
@inline
function eightDigits(word: u64): u64 {
  let value = word - 0x3030303030303030;
  value = value * 10 + (value >>> 8);
  const low = (value & 0x000000ff000000ff) * 0x000f424000000064;
  const high = ((value >>> 16) & 0x000000ff000000ff) * 0x0000271000000001;
  return (low + high) >>> 32;
}

function finish(used: usize, written: i32, token: i32, tokenEnd: i32): void {
  store<i32>(USED, <i32>used);
  store<i32>(WRITTEN, written);
  store<i32>(TOKEN, token);
  store<i32>(TOKEN_END, tokenEnd);
}

/** End of the token that goes on at `at`. */
function tokenEnd(at: usize, end: usize): usize {
  while (at < end && !isSpace(load<u8>(at))) at++;
  return at;
}

/**
 * Parses up to `room` decimal numbers in `length` bytes at `text` to Float64 or (`single`) Float32 at `target`. A
 * number that touches the end is left unless `final`.
 */
export function floats(text: usize, length: i32, target: usize, room: i32, single: bool, final: bool): void {
  const end = text + <usize>length;
  let at = text;
  let written: i32 = 0;
  for (;;) {
    while (at < end && isSpace(load<u8>(at))) at++;
    if (at == end || written == room) {
      finish(at - text, written, -1, -1);
      return;
    }
    const start = at;
    let byte = <u32>load<u8>(at);
    const negative = byte == 45;
    if (negative || byte == 43) at++;
    let digits: u64 = 0;
    let exponent: i32 = 0;
    const whole = at;
    while (at < end && (byte = <u32>load<u8>(at) - 48) < 10) {
      digits = digits * 10 + byte;
      at++;
    }
    let count = at - whole;
    if (at < end && load<u8>(at) == 46) {
      const fraction = ++at;
      while (at + 8 <= end && areDigits(load<u64>(at))) {
        digits = digits * 100000000 + eightDigits(load<u64>(at));
        at += 8;
      }
      while (at < end && (byte = <u32>load<u8>(at) - 48) < 10) {
        digits = digits * 10 + byte;
        at++;
      }
      count += at - fraction;
      exponent = -(<i32>(at - fraction));
    }
    const any = count > 0;
    if (count > 19) {
      // Zeros in front do not count.
      for (let zero = whole; zero < at && (load<u8>(zero) == 48 || load<u8>(zero) == 46); zero++) {
        if (load<u8>(zero) == 48) count--;
      }
    }
    let plain = any && count <= 19;
    if (plain && at < end && (load<u8>(at) | 32) == 101) {
      at++;
      let minus = false;
      if (at < end) {
        byte = load<u8>(at);
        minus = byte == 45;
        if (minus || byte == 43) at++;
      }
      let power: i32 = 0;
      const first = at;
      while (at < end && (byte = <u32>load<u8>(at) - 48) < 10) {
        if (power < 100000) power = power * 10 + byte;
        at++;
      }
      plain = at > first;
      exponent += minus ? -power : power;
    }
    if (at == end && !final) {
      finish(start - text, written, -1, -1);
      return;
    }
    if (!plain || (at < end && !isSpace(load<u8>(at)))) {
      at = tokenEnd(at, end);
      if (at == end && !final) finish(start - text, written, -1, -1);
      else finish(start - text, written, <i32>(start - text), <i32>(at - text));
      return;
    }
    let value: f64;
    if (digits <= <u64>1 << 53 && exponent >= -22 && exponent <= 22) {
      value = <f64>digits;
      if (exponent < 0) value /= load<f64>(TENS + (<usize>-exponent << 3));
      else value *= load<f64>(TENS + (<usize>exponent << 3));
    } else value = nearest(digits, exponent);
    if (negative) value = -value;
    if (single) {
      // A double half way between two floats may have been rounded to there, and would be rounded twice.
      const low = reinterpret<u64>(value) & 0x1fffffff;
      const size = abs(value);
      if (low == 0x10000000 || (size < 1.1754943508222875e-38 && size > 0)) {
        finish(start - text, written, <i32>(start - text), <i32>(at - text));
        return;
      }
      store<f32>(target, <f32>value);
      target += 4;
    } else {
      store<f64>(target, value);
      target += 8;
    }
    written++;
  }
}

/**
 * Parses up to `room` decimal integers of at most 18 digits to 64-bit ones, else as `floats`; negative ones are handed
 * back where values are `unsigned`.
 */
export function integers(text: usize, length: i32, target: usize, room: i32, unsigned: bool, final: bool): void {
  const end = text + <usize>length;
  let at = text;
  let written: i32 = 0;
  for (;;) {
    while (at < end && isSpace(load<u8>(at))) at++;
    if (at == end || written == room) {
      finish(at - text, written, -1, -1);
      return;
    }
    const start = at;
    let byte = <u32>load<u8>(at);
    const negative = byte == 45;
    if (negative || byte == 43) at++;
    const first = at;
    let digits: i64 = 0;
    while (at < end && (byte = <u32>load<u8>(at) - 48) < 10) {
      digits = digits * 10 + byte;
      at++;
    }
    const count = at - first;
    if (at == end && !final) {
      finish(start - text, written, -1, -1);
      return;
    }
    if (count == 0 || count > 18 || (negative && unsigned) || (at < end && !isSpace(load<u8>(at)))) {
      at = tokenEnd(at, end);
      if (at == end && !final) finish(start - text, written, -1, -1);
      else finish(start - text, written, <i32>(start - text), <i32>(at - text));
      return;
    }
    store<i64>(target, negative ? -digits : digits);
    target += 8;
    written++;
  }
}
