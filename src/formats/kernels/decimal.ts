import { decimalModule } from './decimal-module.ts';
import { instantiate } from './wasm.ts';

/** Result of parsing numbers. */
export interface DecimalResult {
  /** Bytes of text used. */
  readonly consumed: number;
  /** Numbers written. */
  readonly written: number;
  /** Place of a token that is no number, or −1. */
  readonly badAt: number;
}

interface DecimalExports {
  readonly memory: WebAssembly.Memory;
  scratchEnd(): number;
  powersAt(): number;
  prepare(): void;
  floats(text: number, length: number, target: number, room: number, single: number, final: number): void;
  integers(text: number, length: number, target: number, room: number, unsigned: number, final: number): void;
}

/** Most bytes of text that are parsed at once. */
const MAX_TEXT_BYTES = 256 * 1024;

/** Function that turns a token that is no plain number into a value; undefined where it is none at all. */
type SlowPath<Value> = (token: string) => Value | undefined;

let shared:
  | { readonly exports: DecimalExports; readonly text: number; readonly numbers: number }
  | undefined
  | null;

function kernel(): NonNullable<typeof shared> | undefined {
  if (shared === undefined) {
    const exports = instantiate<DecimalExports>(decimalModule);
    if (exports === undefined) shared = null;
    else {
      exports.prepare();
      writePowersOfFive(new BigUint64Array(exports.memory.buffer, exports.powersAt(), 2 * 651));
      const text = Math.ceil(exports.scratchEnd() / 16) * 16;
      shared = { exports, text, numbers: text + MAX_TEXT_BYTES };
    }
  }
  return shared ?? undefined;
}

/** Writes the first 128 bits of 5^−342 … 5^308, the negative powers rounded up (Lemire 2021, section 6). */
function writePowersOfFive(table: BigUint64Array): void {
  const mask = 2n ** 64n - 1n;
  let power = 5n ** 342n;
  for (let exponent = -342; exponent <= 308; exponent++) {
    const bits = BigInt(power.toString(2).length);
    let top: bigint;
    if (exponent < 0) {
      top = 2n ** (bits + (exponent >= -27 ? 127n : bits + 128n)) / power + 1n;
      const excess = BigInt(top.toString(2).length) - 128n;
      if (excess > 0n) top >>= excess;
    } else top = bits > 128n ? power >> (bits - 128n) : power << (128n - bits);
    table[2 * (exponent + 342)] = top >> 64n;
    table[2 * (exponent + 342) + 1] = top & mask;
    power = exponent < -1 ? power / 5n : exponent === -1 ? 1n : power * 5n;
  }
}

/**
 * Computes the value of a token that is written as no plain number: more than 19 digits, NaN, infinities, also as C
 * (`nan(ind)`) and older programs of Windows (`1.#QNAN`, `-1.#IND`, `1.#INF`) write them.
 */
function parseDouble(token: string): number | undefined {
  if (/^[+-]?(?:nan(?:\(\w*\))?|1\.#(?:[qs]nan|ind)0*)$/i.test(token)) return Number.NaN;
  const infinity = /^([+-]?)(?:inf(?:inity)?|1\.#inf0*)$/i.exec(token);
  if (infinity !== null) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(token) ? Number(token) : undefined;
}

/** Computes the float nearest to a decimal, ties to even, rounded once. */
function parseSingle(token: string): number | undefined {
  const double = parseDouble(token);
  if (double === undefined || !Number.isFinite(double)) return double;
  const near = Math.fround(double);
  if (near === double) return near;
  const [low, high] = neighbours(double, near);
  // Only a double exactly half way between two floats can hide on which side of it the decimal lies.
  if (double - low !== high - double) return near;
  const side = compareDecimal(token, double);
  return side === 0 ? near : side < 0 ? low : high;
}

/** Finds the floats around a double that is none. */
function neighbours(double: number, near: number): readonly [number, number] {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  float[0] = near;
  // Away from zero where the double is further out than its nearest float.
  const outward = Math.abs(double) > Math.abs(near) || near === 0;
  if (near === 0) bits[0] = double < 0 ? -0x7fffffff : 1;
  else bits[0] = (bits[0] as number) + (outward ? 1 : -1);
  const other = float[0];
  return near < other ? [near, other] : [other, near];
}

/** Computes the sign of (decimal − double), exactly. */
function compareDecimal(token: string, double: number): number {
  const [, sign, whole = '', fraction = '', power = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(token) ?? [];
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  // A double is an integer times 2^−1074.
  const scaled = doubleTimes1074(double);
  const left = digits * 2n ** 1074n * 10n ** BigInt(Math.max(0, exponent));
  const right = scaled * 10n ** BigInt(Math.max(0, -exponent));
  return left < right ? -1 : left > right ? 1 : 0;
}

function doubleTimes1074(double: number): bigint {
  const bits = new BigInt64Array(Float64Array.of(Math.abs(double)).buffer)[0] as bigint;
  const exponent = bits >> 52n;
  const mantissa = bits & (2n ** 52n - 1n);
  const value = exponent === 0n ? mantissa : (mantissa | (2n ** 52n)) << (exponent - 1n);
  return double < 0 ? -value : value;
}

function parseInteger(token: string, unsigned: boolean): bigint | undefined {
  if (!/^[+-]?\d{1,40}$/.test(token)) return undefined;
  const value = BigInt(token.replace('+', ''));
  const fits = unsigned ? value >= 0n && value < 2n ** 64n : value >= -(2n ** 63n) && value < 2n ** 63n;
  return fits ? BigInt.asIntN(64, value) : undefined;
}

function textOf(bytes: Uint8Array): string {
  return bytes.length > 4096 ? '' : String.fromCharCode(...bytes);
}

/**
 * Parses numbers separated by white space.
 *
 * @param source - text; at most 256 KiB of it are used by one call
 * @param target - filled from `start`, and not beyond its end; each value is the one nearest to its decimal
 * @param final - whether the text ends here; else a number that touches the end is left for the next call
 */
export function parseFloats(
  source: Uint8Array,
  target: Float32Array | Float64Array,
  start: number,
  final: boolean,
): DecimalResult {
  const single = target instanceof Float32Array;
  const slow: SlowPath<number> = single ? parseSingle : parseDouble;
  const run = kernel();
  if (run === undefined)
    return parseTokens(
      source,
      target.length - start,
      final,
      slow,
      (value, at) => (target[start + at] = value),
    );
  const View = single ? Float32Array : Float64Array;
  return parseWith(run, source, target.length - start, final, {
    call: (at, length, room, last) =>
      run.exports.floats(run.text + at, length, run.numbers, room, single ? 1 : 0, last),
    keep: (at, count) =>
      target.set(new View(run.exports.memory.buffer, run.numbers, count) as never, start + at),
    parseSlowly: slow,
    keepOne: (value, at) => {
      target[start + at] = value;
    },
  });
}

/**
 * Parses integers separated by white space, as {@link parseFloats} does floats.
 *
 * @param unsigned - whether values are `0 … 2^64 − 1`, kept by their bit pattern, or `−2^63 … 2^63 − 1`
 */
export function parseIntegers(
  source: Uint8Array,
  target: BigInt64Array,
  start: number,
  final: boolean,
  unsigned: boolean,
): DecimalResult {
  const slow: SlowPath<bigint> = (token) => parseInteger(token, unsigned);
  const run = kernel();
  if (run === undefined)
    return parseTokens(
      source,
      target.length - start,
      final,
      slow,
      (value, at) => (target[start + at] = value),
    );
  return parseWith(run, source, target.length - start, final, {
    call: (at, length, room, last) =>
      run.exports.integers(run.text + at, length, run.numbers, room, unsigned ? 1 : 0, last),
    keep: (at, count) =>
      target.set(new BigInt64Array(run.exports.memory.buffer, run.numbers, count), start + at),
    parseSlowly: slow,
    keepOne: (value, at) => {
      target[start + at] = value;
    },
  });
}

interface Parsing<Value> {
  /** Runs the kernel on the text from `at`. */
  call(at: number, length: number, room: number, final: number): void;
  /** Takes `count` values from the kernel's memory as the values from `at` on. */
  keep(at: number, count: number): void;
  parseSlowly: SlowPath<Value>;
  keepOne(value: Value, at: number): void;
}

function parseWith<Value>(
  { exports, text }: NonNullable<typeof shared>,
  source: Uint8Array,
  room: number,
  final: boolean,
  parsing: Parsing<Value>,
): DecimalResult {
  const part = source.subarray(0, MAX_TEXT_BYTES);
  const last = final && part.length === source.length ? 1 : 0;
  const { buffer } = exports.memory;
  new Uint8Array(buffer, text, part.length).set(part);
  const results = new Int32Array(buffer, 0, 4);
  let consumed = 0;
  let written = 0;
  for (;;) {
    parsing.call(consumed, part.length - consumed, room - written, last);
    const [used = 0, count = 0, token = -1, tokenEnd = -1] = results;
    if (count > 0) parsing.keep(written, count);
    written += count;
    if (token < 0) return { consumed: consumed + used, written, badAt: -1 };
    const value = parsing.parseSlowly(textOf(part.subarray(consumed + token, consumed + tokenEnd)));
    if (value === undefined) return { consumed: consumed + token, written, badAt: consumed + token };
    parsing.keepOne(value, written++);
    consumed += tokenEnd;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);
}

/** Parses token by token, without WebAssembly. */
function parseTokens<Value>(
  source: Uint8Array,
  room: number,
  final: boolean,
  parse: SlowPath<Value>,
  keep: (value: Value, at: number) => void,
): DecimalResult {
  let consumed = 0;
  for (let written = 0; ; written++) {
    while (consumed < source.length && isSpace(source[consumed])) consumed++;
    let end = consumed;
    while (end < source.length && !isSpace(source[end])) end++;
    if (end === consumed || written === room || (end === source.length && !final))
      return { consumed, written, badAt: -1 };
    const value = parse(textOf(source.subarray(consumed, end)));
    if (value === undefined) return { consumed, written, badAt: consumed };
    keep(value, written);
    consumed = end;
  }
}
