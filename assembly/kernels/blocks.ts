// Decoders of whole blocks: base64 text (RFC 4648), zlib streams, bare LZ4 blocks and LZMA2 chunks, with the checksums
// of .xz.
// The caller puts input and output anywhere behind the first 64 KiB, with 64 bytes of room behind each.

import { inflate as inflateBlock, prepareInflate } from './inflate';

/** Decodes a zlib stream of `length` bytes into at most `room`; returns the bytes written, or −1. */
export function inflate(source: usize, length: i32, target: usize, room: i32): i32 {
  prepare();
  return inflateBlock(source, length, target, room);
}

// --- base64 ---------------------------------------------------------------------------------------------------

/** Place through which constants go. */
const KEPT: usize = 64;

/**
 * A constant that stays in a register: V8 makes one that it knows anew, of two words, wherever it is used. A loop with
 * eight of them takes three times as long.
 */
// @ts-ignore: decorator
@inline
function kept(value: v128): v128 {
  v128.store(KEPT, value);
  return v128.load(KEPT);
}

/**
 * Decodes characters of `length`, 16 at a time, as long as all of them belong and further ones follow. Returns the bytes
 * written; the last characters, and padding, are left.
 */
export function base64(source: usize, length: i32, target: usize): i32 {
  // What the low and the high half of a character allow, and how far its range lies from its value (after W. Muła).
  const low = kept(i8x16(21, 17, 17, 17, 17, 17, 17, 17, 17, 17, 19, 26, 27, 27, 27, 26));
  const high = kept(i8x16(16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16));
  const roll = kept(i8x16(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
  const nibble = kept(i8x16.splat(15));
  const slash = kept(i8x16.splat(47));
  const even = kept(i16x8.splat(0xff));
  const join = kept(i16x8(4096, 1, 4096, 1, 4096, 1, 4096, 1));
  const order = kept(i8x16(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3));
  let to = target;
  for (const end = source + <usize>length; source + 20 <= end; source += 16) {
    const text = v128.load(source);
    const highs = v128.and(i32x4.shr_u(text, 4), nibble);
    const lows = v128.and(text, nibble);
    if (v128.any_true(v128.and(i8x16.swizzle(low, lows), i8x16.swizzle(high, highs)))) break;
    const values = i8x16.add(text, i8x16.swizzle(roll, i8x16.add(i8x16.eq(text, slash), highs)));
    const pairs = v128.or(i16x8.shl(v128.and(values, even), 6), i16x8.shr_u(values, 8));
    v128.store(to, i8x16.swizzle(i32x4.dot_i16x8_s(pairs, join), order));
    to += 12;
  }
  return <i32>(to - target);
}

// --- LZ4 ------------------------------------------------------------------------------------------------------

/** Copies at least `length` bytes, sixteen at a time. */
// @ts-ignore: decorator
@inline
function copyAhead(target: usize, source: usize, length: usize): void {
  const end = target + length;
  do {
    v128.store(target, v128.load(source));
    target += 16;
    source += 16;
  } while (target < end);
}

/** Bytes of input and of output that a short sequence may touch without a look at the ends. */
const SHORT_INPUT: usize = 24;
const SHORT_OUTPUT: usize = 48;

/**
 * Decodes a block of `length` bytes into at most `room`; returns the bytes written, or −1. Most sequences of numbers are
 * short, and their kinds follow each other without a rule: up to 8 literals and a match of up to 16 bytes that does not
 * overlap itself within 8 are one way without branches that could be guessed wrong.
 */
export function lz4(source: usize, length: i32, target: usize, room: i32): i32 {
  let from = source;
  const fromEnd = source + <usize>length;
  let to = target;
  const toEnd = target + <usize>room;
  const fromShort = <usize>length < SHORT_INPUT ? source : fromEnd - SHORT_INPUT;
  const toShort = <usize>room < SHORT_OUTPUT ? target : toEnd - SHORT_OUTPUT;
  while (from < fromEnd) {
    const token = <usize>load<u8>(from++);
    let literals = token >> 4;
    let distance: usize;
    let size: usize;
    if (token < 0x90 && from < fromShort && to < toShort) {
      store<u64>(to, load<u64>(from));
      from += literals;
      to += literals;
      distance = <usize>load<u16>(from);
      from += 2;
      size = (token & 15) + 4;
      if (size <= 16 && distance >= 8 && distance <= to - target) {
        store<u64>(to, load<u64>(to - distance));
        if (size > 8) store<u64>(to, load<u64>(to - distance, 8), 8);
        to += size;
        continue;
      }
    } else {
      if (literals == 15) {
        let more: usize;
        do {
          if (from >= fromEnd) return -1;
          more = <usize>load<u8>(from++);
          literals += more;
        } while (more == 255);
      }
      if (literals > fromEnd - from || literals > toEnd - to) return -1;
      copyAhead(to, from, literals);
      from += literals;
      to += literals;
      if (from == fromEnd) return <i32>(to - target);
      if (fromEnd - from < 2) return -1;
      distance = <usize>load<u16>(from);
      from += 2;
      size = (token & 15) + 4;
    }
    if (size == 19) {
      let more: usize;
      do {
        if (from >= fromEnd) return -1;
        more = <usize>load<u8>(from++);
        size += more;
      } while (more == 255);
    }
    if (distance == 0 || distance > to - target || size > toEnd - to) return -1;
    const end = to + size;
    let match = to - distance;
    if (distance < 8) {
      // What repeats within 8 bytes is repeated so often that 8 can be copied at a time.
      const wide = to + 8;
      for (; to < wide; to++, match++) store<u8>(to, load<u8>(match));
      match = to - ((distance + 7) / distance) * distance;
    }
    for (; to < end; to += 8, match += 8) store<u64>(to, load<u64>(match));
    to = end;
  }
  return -1;
}

// --- checksums of .xz -----------------------------------------------------------------------------------------

const CRC32_TABLE: usize = 1024;
const CRC64_TABLE: usize = CRC32_TABLE + 4 * 1024;
/** Probabilities of the LZMA decoder, 16 bits each; behind them, from 0x9000, the tables of the inflater. */
const PROBS: usize = CRC64_TABLE + 2048;

let isPrepared = false;

/** Makes the tables, once. */
function prepare(): void {
  if (isPrepared) return;
  isPrepared = true;
  prepareInflate();
  for (let index: u32 = 0; index < 256; index++) {
    let crc32: u32 = index;
    let crc64: u64 = index;
    for (let bit = 0; bit < 8; bit++) {
      crc32 = crc32 & 1 ? (crc32 >>> 1) ^ 0xedb88320 : crc32 >>> 1;
      crc64 = crc64 & 1 ? (crc64 >>> 1) ^ 0xc96c5795d7870f42 : crc64 >>> 1;
    }
    store<u32>(CRC32_TABLE + (<usize>index << 2), crc32);
    store<u64>(CRC64_TABLE + (<usize>index << 3), crc64);
  }
  // Slicing by four: three more tables, each one byte further.
  for (let table: usize = 1; table < 4; table++) {
    for (let index: usize = 0; index < 256; index++) {
      const before = load<u32>(CRC32_TABLE + ((table - 1) << 10) + (index << 2));
      const after = (before >>> 8) ^ load<u32>(CRC32_TABLE + (<usize>(before & 255) << 2));
      store<u32>(CRC32_TABLE + (table << 10) + (index << 2), after);
    }
  }
}

export function crc32(at: usize, length: i32): u32 {
  prepare();
  let crc: u32 = 0xffffffff;
  const end = at + <usize>length;
  for (; at + 4 <= end; at += 4) {
    crc ^= load<u32>(at);
    crc =
      load<u32>(CRC32_TABLE + 3072 + (<usize>(crc & 255) << 2)) ^
      load<u32>(CRC32_TABLE + 2048 + (<usize>((crc >>> 8) & 255) << 2)) ^
      load<u32>(CRC32_TABLE + 1024 + (<usize>((crc >>> 16) & 255) << 2)) ^
      load<u32>(CRC32_TABLE + (<usize>(crc >>> 24) << 2));
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ load<u32>(CRC32_TABLE + (<usize>((crc ^ load<u8>(at)) & 255) << 2));
  return ~crc;
}

/** CRC-64 (ECMA-182) of `length` bytes, stored at `result`. */
export function crc64(at: usize, length: i32, result: usize): void {
  prepare();
  let crc: u64 = 0xffffffffffffffff;
  const end = at + <usize>length;
  for (; at < end; at++) {
    crc = (crc >>> 8) ^ load<u64>(CRC64_TABLE + (<usize>((<u32>crc ^ load<u8>(at)) & 255) << 3));
  }
  store<u64>(result, ~crc);
}

// --- LZMA -----------------------------------------------------------------------------------------------------
// After the LZMA specification (I. Pavlov) and the .xz file format: the whole output is the dictionary.

const IS_MATCH: usize = PROBS; // [12][16]
const IS_REP: usize = IS_MATCH + 2 * 192; // [12]
const IS_REP_G0: usize = IS_REP + 2 * 12;
const IS_REP_G1: usize = IS_REP_G0 + 2 * 12;
const IS_REP_G2: usize = IS_REP_G1 + 2 * 12;
const IS_REP0_LONG: usize = IS_REP_G2 + 2 * 12; // [12][16]
const POS_SLOT: usize = IS_REP0_LONG + 2 * 192; // [4][64]
const POS_SPECIAL: usize = POS_SLOT + 2 * 256; // [115]
const ALIGN: usize = POS_SPECIAL + 2 * 115; // [16]
const LENGTH: usize = ALIGN + 2 * 16; // choice, choice2, low [16][8], mid [16][8], high [256]
const REP_LENGTH: usize = LENGTH + 2 * 514;
const LITERAL: usize = REP_LENGTH + 2 * 514; // [0x300 << (lc + lp)]

let range: u32 = 0;
let code: u32 = 0;
let input: usize = 0;

let state: i32 = 0;
let rep0: u32 = 0;
let rep1: u32 = 0;
let rep2: u32 = 0;
let rep3: u32 = 0;
let lc: u32 = 0;
let lpMask: u32 = 0;
let pbMask: u32 = 0;

/** Sets lc, lp and pb from their byte and forgets all that was learnt; false where they are invalid. */
export function lzmaReset(properties: i32): bool {
  if (properties >= 225) return false;
  lc = properties % 9;
  const rest = properties / 9;
  const lp = rest % 5;
  if (lc + lp > 4) return false;
  lpMask = (1 << lp) - 1;
  pbMask = (1 << (rest / 5)) - 1;
  lzmaResetState();
  return true;
}

/** Forgets all that was learnt but the properties. */
export function lzmaResetState(): void {
  state = 0;
  rep0 = rep1 = rep2 = rep3 = 0;
  const end = LITERAL + 2 * 0x3000;
  for (let at = PROBS; at < end; at += 2) store<u16>(at, 1024);
}

// @ts-ignore: decorator
@inline
function bit(prob: usize): u32 {
  if (range < 0x1000000) {
    range <<= 8;
    code = (code << 8) | load<u8>(input++);
  }
  const value = <u32>load<u16>(prob);
  const bound = (range >>> 11) * value;
  if (code < bound) {
    range = bound;
    store<u16>(prob, <u16>(value + ((2048 - value) >>> 5)));
    return 0;
  }
  range -= bound;
  code -= bound;
  store<u16>(prob, <u16>(value - (value >>> 5)));
  return 1;
}

/** `bits` bits from a tree, most significant first, with a leading 1. */
function tree(probs: usize, limit: u32): u32 {
  let r = range;
  let c = code;
  let at = input;
  let symbol: u32 = 1;
  do {
    if (r < 0x1000000) {
      r <<= 8;
      c = (c << 8) | load<u8>(at++);
    }
    const prob = probs + (<usize>symbol << 1);
    const value = <u32>load<u16>(prob);
    const bound = (r >>> 11) * value;
    if (c < bound) {
      r = bound;
      store<u16>(prob, <u16>(value + ((2048 - value) >>> 5)));
      symbol <<= 1;
    } else {
      r -= bound;
      c -= bound;
      store<u16>(prob, <u16>(value - (value >>> 5)));
      symbol = (symbol << 1) | 1;
    }
  } while (symbol < limit);
  range = r;
  code = c;
  input = at;
  return symbol;
}

/** A literal after a match: bits are told by those of the byte at the last distance while they agree. */
function matchedLiteral(probs: usize, matchByte: u32): u32 {
  let symbol: u32 = 1;
  let match = matchByte << 1;
  let offset: u32 = 0x100;
  do {
    const matchBit = match & offset;
    match <<= 1;
    if (bit(probs + (<usize>(offset + matchBit + symbol) << 1))) {
      symbol = (symbol << 1) | 1;
      offset &= matchBit;
    } else {
      symbol <<= 1;
      offset &= ~matchBit;
    }
  } while (symbol < 0x100);
  return symbol;
}

/** `count` bits from a tree, least significant first. */
function reverseTree(probs: usize, count: u32): u32 {
  let symbol: u32 = 1;
  let result: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const value = bit(probs + (<usize>symbol << 1));
    symbol = (symbol << 1) | value;
    result |= value << index;
  }
  return result;
}

function matchLength(probs: usize, posState: u32): u32 {
  if (!bit(probs)) return 2 + tree(probs + 4 + (<usize>posState << 4), 8) - 8;
  if (!bit(probs + 2)) return 10 + tree(probs + 4 + 256 + (<usize>posState << 4), 8) - 8;
  return 18 + tree(probs + 4 + 512, 256) - 256;
}

function matchDistance(length: u32): u32 {
  const slot = tree(POS_SLOT + (<usize>min<u32>(length - 2, 3) << 7), 64) - 64;
  if (slot < 4) return slot;
  const count = (slot >>> 1) - 1;
  let distance = (2 | (slot & 1)) << count;
  if (slot < 14) return distance + reverseTree(POS_SPECIAL + (<usize>(distance - slot) << 1), count);
  let high: u32 = 0;
  for (let index: u32 = 4; index < count; index++) {
    if (range < 0x1000000) {
      range <<= 8;
      code = (code << 8) | load<u8>(input++);
    }
    range >>>= 1;
    code -= range;
    const mask = 0 - (code >>> 31);
    code += range & mask;
    high = (high << 1) + (mask + 1);
  }
  distance += high << 4;
  return distance + reverseTree(ALIGN, 4);
}

/**
 * Decodes one LZMA chunk of `length` bytes to exactly `size` bytes at `to`. What was decoded before stands from
 * `start` to `to`. Returns false where the chunk is malformed.
 */
export function lzmaChunk(source: usize, length: i32, start: usize, to: usize, size: i32): bool {
  const inputEnd = source + <usize>length;
  if (length < 5 || load<u8>(source) != 0) return false;
  range = 0xffffffff;
  code = bswap<u32>(load<u32>(source + 1));
  input = source + 5;
  const end = to + <usize>size;
  while (to < end) {
    if (input > inputEnd) return false;
    const position = <u32>(to - start);
    const posState = position & pbMask;
    if (!bit(IS_MATCH + (<usize>((state << 4) + posState) << 1))) {
      const before: u32 = position > 0 ? load<u8>(to - 1) : 0;
      const context = ((position & lpMask) << lc) + (before >>> (8 - lc));
      const probs = LITERAL + (<usize>(0x300 * context) << 1);
      if (state < 7) {
        store<u8>(to++, <u8>tree(probs, 0x100));
        state = state < 4 ? 0 : state - 3;
      } else {
        if (rep0 >= position) return false;
        store<u8>(to, <u8>matchedLiteral(probs, load<u8>(to - <usize>rep0 - 1)));
        to++;
        state = state < 10 ? state - 3 : state - 6;
      }
      continue;
    }
    let size: u32;
    const single = <usize>state << 1;
    if (!bit(IS_REP + single)) {
      size = matchLength(LENGTH, posState);
      rep3 = rep2;
      rep2 = rep1;
      rep1 = rep0;
      rep0 = matchDistance(size);
      state = state < 7 ? 7 : 10;
    } else {
      if (!bit(IS_REP_G0 + single)) {
        if (!bit(IS_REP0_LONG + (<usize>((state << 4) + posState) << 1))) {
          if (rep0 >= position) return false;
          store<u8>(to, load<u8>(to - <usize>rep0 - 1));
          to++;
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else {
        let distance: u32;
        if (!bit(IS_REP_G1 + single)) distance = rep1;
        else {
          if (!bit(IS_REP_G2 + single)) distance = rep2;
          else {
            distance = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = rep0;
        rep0 = distance;
      }
      size = matchLength(REP_LENGTH, posState);
      state = state < 7 ? 8 : 11;
    }
    if (rep0 >= position || <usize>size > end - to) return false;
    const distance = <usize>rep0 + 1;
    let match = to - distance;
    const last = to + <usize>size;
    if (distance >= 8) {
      for (; to < last; to += 8, match += 8) store<u64>(to, load<u64>(match));
      to = last;
    } else {
      while (to < last) store<u8>(to++, load<u8>(match++));
    }
  }
  if (range < 0x1000000) {
    range <<= 8;
    code = (code << 8) | load<u8>(input++);
  }
  return input == inputEnd && code == 0;
}
