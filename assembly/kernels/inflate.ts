// Inflates zlib streams (RFC 1950, RFC 1951) held in memory as a whole.
//
// A table entry says what the next bits stand for; its low byte is how many bits that takes, extra bits included.
//   literal   1 in bit 31, the byte in bits 16–23
//   length or distance: the base in bits 16–30, bits of the code alone in bits 8–11
//   special   1 in bit 15, and 1 in bit 14 for a link: place of the further table in bits 16–30, its bits in 8–11;
//             1 in bit 13 for the end of the block; neither for what no code stands for

export const LITERAL: u32 = 0x80000000;
export const SPECIAL: u32 = 0x8000;
export const LINK: u32 = 0x4000;
export const END: u32 = 0x2000;

export const MAIN_BITS: i32 = 11;
export const DISTANCE_BITS: i32 = 8;
const ORDER_BITS: i32 = 7;

/** Where the tables lie: behind those of `blocks.ts`. */
const BASE: usize = 0x9000;
/** Entries for literals and lengths: at most 2,342 (as zlib's `enough` computes them for 11 bits). */
export const MAIN: usize = BASE;
/** Entries for distances: at most 402 for 8 bits. */
export const DISTANCE: usize = MAIN + 4 * 2400;
const ORDER: usize = DISTANCE + 4 * 420;
/** Length of the code of each symbol, a byte each. */
export const LENGTHS: usize = ORDER + 4 * 128;
/** Symbols by length of code and number, two bytes each. */
const SORTED: usize = LENGTHS + 336;
/** Number of codes of each length, four bytes each. */
const COUNTS: usize = SORTED + 2 * 304;
/** Where the symbols of each length begin among the sorted. */
const STARTS: usize = COUNTS + 64;
/** What each symbol stands for, as an entry without its bits: literals and lengths, distances, lengths of codes. */
export const MAIN_MEANING: usize = STARTS + 64;
export const DISTANCE_MEANING: usize = MAIN_MEANING + 4 * 288;
const ORDER_MEANING: usize = DISTANCE_MEANING + 4 * 32;
/** Where they end. */
export const INFLATE_END: usize = ORDER_MEANING + 4 * 19;

/** Fills in what the symbols stand for. */
export function prepareInflate(): void {
  const main = MAIN_MEANING;
  for (let byte: u32 = 0; byte < 256; byte++) store<u32>(main + (<usize>byte << 2), LITERAL | (byte << 16));
  store<u32>(main + (256 << 2), SPECIAL | END);
  let length: u32 = 3;
  for (let symbol: u32 = 257; symbol < 286; symbol++) {
    const extra: u32 = symbol < 265 || symbol == 285 ? 0 : (symbol - 261) >> 2;
    if (symbol == 285) length = 258;
    store<u32>(main + (<usize>symbol << 2), (length << 16) | extra);
    length += 1 << extra;
  }
  store<u32>(main + (286 << 2), SPECIAL);
  store<u32>(main + (287 << 2), SPECIAL);
  let distance: u32 = 1;
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const extra: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
    store<u32>(DISTANCE_MEANING + (<usize>symbol << 2), (distance << 16) | extra);
    distance += 1 << extra;
  }
  store<u32>(DISTANCE_MEANING + (30 << 2), SPECIAL);
  store<u32>(DISTANCE_MEANING + (31 << 2), SPECIAL);
  for (let symbol: u32 = 0; symbol < 19; symbol++) {
    store<u32>(ORDER_MEANING + (<usize>symbol << 2), symbol << 16);
  }
}

/** What a symbol stands for, with the bits of its code. */
// @ts-ignore: decorator
@inline
function entryOf(meaning: u32, bits: u32): u32 {
  return meaning + (bits << 8) + bits;
}

/** The code after `code` of `bits` bits, bits reversed; of the last one itself. */
// @ts-ignore: decorator
@inline
function codeAfter(code: u32, bits: u32): u32 {
  const zeros = code ^ ((1 << bits) - 1);
  if (zeros == 0) return code;
  const bit: u32 = 1 << (31 - clz(zeros));
  return (code & (bit - 1)) | bit;
}

/**
 * Makes the table of `tableBits` bits for the code whose lengths stand at `lengths`. False where no code has such
 * lengths; one that is not complete may have one symbol of one bit, or none (as zlib takes them).
 */
export function makeTable(table: usize, tableBits: i32, lengths: usize, symbols: i32, meanings: usize): bool {
  const counts = COUNTS;
  const starts = STARTS;
  const sorted = SORTED;
  memory.fill(counts, 0, 64);
  for (let symbol = 0; symbol < symbols; symbol++) {
    const place = counts + (<usize>load<u8>(lengths + symbol) << 2);
    store<i32>(place, load<i32>(place) + 1);
  }
  let left: i32 = 1;
  let longest: i32 = 0;
  let total: i32 = 0;
  for (let bits: i32 = 1; bits < 16; bits++) {
    const count = load<i32>(counts + (<usize>bits << 2));
    left = (left << 1) - count;
    if (left < 0) return false;
    store<i32>(starts + (<usize>bits << 2), total);
    total += count;
    if (count > 0) longest = bits;
  }
  const size: u32 = 1 << tableBits;
  if (left > 0) {
    if (longest > 1) return false;
    for (let code: u32 = 0; code < size; code++) store<u32>(table + (<usize>code << 2), SPECIAL | 1);
  }
  for (let symbol = 0; symbol < symbols; symbol++) {
    const bits = <usize>load<u8>(lengths + symbol);
    if (bits == 0) continue;
    const place = starts + (bits << 2);
    const index = load<i32>(place);
    store<u16>(sorted + (<usize>index << 1), symbol);
    store<i32>(place, index + 1);
  }
  if (left > 0) {
    if (total == 0) return true;
    const only = load<u32>(meanings + (<usize>load<u16>(sorted) << 2));
    for (let code: u32 = 0; code < size; code += 2) {
      store<u32>(table + (<usize>code << 2), entryOf(only, 1));
    }
    return true;
  }
  let at = sorted;
  let code: u32 = 0;
  // Each bit more doubles the table made so far.
  let filled: u32 = 1;
  for (let bits: i32 = 1; bits <= tableBits; bits++) {
    const half = filled;
    filled <<= 1;
    memory.copy(table + (<usize>half << 2), table, <usize>half << 2);
    for (let count = load<i32>(counts + (<usize>bits << 2)); count > 0; count--) {
      store<u32>(table + (<usize>code << 2), entryOf(load<u32>(meanings + (<usize>load<u16>(at) << 2)), bits));
      at += 2;
      code = codeAfter(code, bits);
    }
  }
  // Longer codes: those that begin with the same `tableBits` bits share a further table.
  let next: u32 = size;
  let prefix: u32 = 0xffffffff;
  let start: u32 = 0;
  let further: i32 = 0;
  for (let bits: i32 = tableBits + 1; bits <= longest; bits++) {
    for (let count = load<i32>(counts + (<usize>bits << 2)); count > 0; count--) {
      if ((code & (size - 1)) != prefix) {
        prefix = code & (size - 1);
        start = next;
        further = bits - tableBits;
        let used = count;
        while (used < 1 << further) {
          further++;
          used = (used << 1) + load<i32>(counts + (<usize>(tableBits + further) << 2));
        }
        next = start + (1 << further);
        store<u32>(table + (<usize>prefix << 2), SPECIAL | LINK | (start << 16) | (further << 8) | tableBits);
      }
      const entry = entryOf(load<u32>(meanings + (<usize>load<u16>(at) << 2)), bits - tableBits);
      const step: u32 = 1 << (bits - tableBits);
      for (let place = start + (code >> tableBits); place < next; place += step) {
        store<u32>(table + (<usize>place << 2), entry);
      }
      at += 2;
      code = codeAfter(code, bits);
    }
  }
  return true;
}

/** Adler-32 (RFC 1950) of `length` bytes. */
function adler32(at: usize, length: i32): u32 {
  let a: u32 = 1;
  let b: u32 = 0;
  const weights = i8x16(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
  const upper = i16x8.extend_high_i8x16_u(weights);
  const lower = i16x8.extend_low_i8x16_u(weights);
  while (length > 0) {
    // So few that the sums stay within 32 bits (zlib's NMAX, in whole vectors).
    let left = min(length, 5536);
    length -= left;
    let sums = i32x4.splat(0);
    let before = i32x4.splat(0);
    let weighted = i32x4.splat(0);
    b += a * <u32>(left & ~15);
    for (; left >= 16; left -= 16, at += 16) {
      const bytes = v128.load(at);
      before = i32x4.add(before, sums);
      sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bytes)));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(bytes), lower));
      weighted = i32x4.add(weighted, i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(bytes), upper));
    }
    weighted = i32x4.add(weighted, i32x4.shl(before, 4));
    a += sumOf(sums);
    b += sumOf(weighted);
    for (; left > 0; left--) {
      a += load<u8>(at++);
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}

// @ts-ignore: decorator
@inline
function sumOf(lanes: v128): u32 {
  return (
    i32x4.extract_lane(lanes, 0) +
    i32x4.extract_lane(lanes, 1) +
    i32x4.extract_lane(lanes, 2) +
    i32x4.extract_lane(lanes, 3)
  );
}

/** Copies the `length` bytes that lie `distance` before `to`; up to 16 bytes behind them may be written too. */
// @ts-ignore: decorator
@inline
export function copyMatch(to: usize, distance: usize, length: usize): void {
  let from = to - distance;
  const end = to + length;
  if (distance >= 8) {
    // Two words without a look at the length, which is mostly less: a branch less to guess wrongly.
    store<u64>(to, load<u64>(from));
    store<u64>(to, load<u64>(from, 8), 8);
    while ((to += 16) < end) {
      from += 16;
      store<u64>(to, load<u64>(from));
      store<u64>(to, load<u64>(from, 8), 8);
    }
  } else if (distance == 1) {
    const bytes = i8x16.splat(load<u8>(from));
    do {
      v128.store(to, bytes);
      to += 16;
    } while (to < end);
  } else {
    // The first `distance` bytes of each store are right, and the next one begins behind them.
    do {
      store<u64>(to, load<u64>(from));
      from += distance;
      to += distance;
    } while (to < end);
  }
}

/** Where the input stands between two blocks: address of the next byte and bits taken from before it. */
export let from: usize = 0;
export let bits: u64 = 0;
export let count: u32 = 0;

/** Sets where the input stands. */
export function standAt(place: usize, held: u64, many: u32): void {
  from = place;
  bits = held;
  count = many;
}

/** Fills up the bits to 56 at least. */
// @ts-ignore: decorator
@inline
export function refill(): void {
  bits |= load<u64>(from) << count;
  from += (63 - count) >> 3;
  count |= 56;
}

// @ts-ignore: decorator
@inline
export function takeBits(number: u32): u32 {
  const value = <u32>bits & ((1 << number) - 1);
  bits >>= number;
  count -= number;
  return value;
}

/** Reads the two codes of a block with codes of its own and makes their tables. */
export function readCodes(end: usize): bool {
  refill();
  const literals = <i32>takeBits(5) + 257;
  const distances = <i32>takeBits(5) + 1;
  const given = <i32>takeBits(4) + 4;
  if (literals > 286 || distances > 30) return false;
  const lengths = LENGTHS;
  memory.fill(lengths, 0, 19);
  for (let index = 0; index < given; index++) {
    refill();
    // The order of RFC 1951, section 3.2.7, five bits each.
    const symbol =
      index == 0 ? 16 : index == 1 ? 17 : index == 2 ? 18 : index == 3 ? 0 : index & 1 ? 7 - ((index - 5) >> 1) : 8 + ((index - 4) >> 1);
    store<u8>(lengths + symbol, <u8>takeBits(3));
  }
  if (!makeTable(ORDER, ORDER_BITS, lengths, 19, ORDER_MEANING)) return false;
  const total = literals + distances;
  let index = 0;
  while (index < total) {
    refill();
    if (from > end + 8) return false;
    const entry = load<u32>(ORDER + ((<usize>bits & 127) << 2));
    if (entry & SPECIAL) return false;
    takeBits(entry & 15);
    const symbol = entry >> 16;
    if (symbol < 16) {
      store<u8>(lengths + index++, <u8>symbol);
      continue;
    }
    let value: u8 = 0;
    let times: i32 = 0;
    if (symbol == 16) {
      if (index == 0) return false;
      value = load<u8>(lengths + index - 1);
      times = 3 + takeBits(2);
    } else times = symbol == 17 ? 3 + takeBits(3) : 11 + takeBits(7);
    if (times > total - index) return false;
    memory.fill(lengths + index, value, times);
    index += times;
  }
  // A block must be able to end.
  if (load<u8>(lengths + 256) == 0) return false;
  return (
    makeTable(DISTANCE, DISTANCE_BITS, lengths + literals, distances, DISTANCE_MEANING) &&
    makeTable(MAIN, MAIN_BITS, lengths, literals, MAIN_MEANING)
  );
}

/** The tables of a block with the fixed codes (RFC 1951, section 3.2.6). */
export function fixedCodes(): bool {
  const lengths = LENGTHS;
  memory.fill(lengths, 8, 144);
  memory.fill(lengths + 144, 9, 112);
  memory.fill(lengths + 256, 7, 24);
  memory.fill(lengths + 280, 8, 8);
  if (!makeTable(MAIN, MAIN_BITS, lengths, 288, MAIN_MEANING)) return false;
  memory.fill(lengths, 5, 32);
  return makeTable(DISTANCE, DISTANCE_BITS, lengths, 32, DISTANCE_MEANING);
}

/** Decodes the symbols of one block to `to`; returns the address behind what was written, or 0. */
function inflateSymbols(end: usize, target: usize, to: usize, toEnd: usize): usize {
  let input = from;
  let held = bits;
  let many = count;
  held |= load<u64>(input) << many;
  input += (63 - many) >> 3;
  many |= 56;
  // Each entry is looked up before the bits are filled up again, so that it need not wait for that: there always
  // are enough, of 56 at most 22 for two literals, 20 for a length and 28 for a distance being gone.
  let entry = load<u32>((<usize>held & 2047) << 2, MAIN);
  while (input <= end + 8) {
    held |= load<u64>(input) << many;
    input += (63 - many) >> 3;
    many |= 56;
    if (entry & LITERAL) {
      if (to >= toEnd) return 0;
      store<u8>(to++, <u8>(entry >> 16));
      held >>= <u64>(entry & 63);
      many -= entry & 63;
      entry = load<u32>((<usize>held & 2047) << 2, MAIN);
      if (entry & LITERAL) {
        if (to >= toEnd) return 0;
        store<u8>(to++, <u8>(entry >> 16));
        held >>= <u64>(entry & 63);
        many -= entry & 63;
        entry = load<u32>((<usize>held & 2047) << 2, MAIN);
        if (entry & LITERAL) {
          if (to >= toEnd) return 0;
          store<u8>(to++, <u8>(entry >> 16));
          held >>= <u64>(entry & 63);
          many -= entry & 63;
          entry = load<u32>((<usize>held & 2047) << 2, MAIN);
          continue;
        }
      }
    }
    if (entry & SPECIAL) {
      if (entry & LINK) {
        held >>= <u64>MAIN_BITS;
        many -= MAIN_BITS;
        const mask: u32 = (1 << ((entry >> 8) & 15)) - 1;
        entry = load<u32>(MAIN + (<usize>(((entry >> 16) & 0x7fff) + (<u32>held & mask)) << 2));
        if (entry & LITERAL) {
          if (to >= toEnd) return 0;
          store<u8>(to++, <u8>(entry >> 16));
          held >>= <u64>(entry & 63);
          many -= entry & 63;
          entry = load<u32>((<usize>held & 2047) << 2, MAIN);
          continue;
        }
      }
      if (entry & SPECIAL) {
        if (!(entry & END)) return 0;
        bits = held >> <u64>(entry & 63);
        count = many - (entry & 63);
        from = input;
        return to;
      }
    }
    let saved = held;
    let taken = entry & 63;
    held >>= <u64>taken;
    many -= taken;
    const length = <usize>((entry >> 16) + (<u32>((saved & ~(<u64>-1 << <u64>taken)) >> <u64>((entry >> 8) & 15))));
    entry = load<u32>((<usize>held & 255) << 2, DISTANCE);
    held |= load<u64>(input) << many;
    input += (63 - many) >> 3;
    many |= 56;
    if (entry & SPECIAL) {
      if (!(entry & LINK)) return 0;
      held >>= <u64>DISTANCE_BITS;
      many -= DISTANCE_BITS;
      const mask: u32 = (1 << ((entry >> 8) & 15)) - 1;
      entry = load<u32>(DISTANCE + (<usize>(((entry >> 16) & 0x7fff) + (<u32>held & mask)) << 2));
      if (entry & SPECIAL) return 0;
    }
    saved = held;
    taken = entry & 63;
    held >>= <u64>taken;
    many -= taken;
    const distance = <usize>((entry >> 16) + (<u32>((saved & ~(<u64>-1 << <u64>taken)) >> <u64>((entry >> 8) & 15))));
    entry = load<u32>((<usize>held & 2047) << 2, MAIN);
    if (distance > <usize>(to - target) || length > toEnd - to) return 0;
    copyMatch(to, distance, length);
    to += length;
  }
  return 0;
}

/**
 * Inflates a zlib stream of `length` bytes to at most `room`; what follows the stream is passed over. Up to 32 bytes
 * behind the input are read, and up to 16 behind the room are written. Returns the bytes written, or −1.
 */
export function inflate(source: usize, length: i32, target: usize, room: i32): i32 {
  const end = source + <usize>length;
  const toEnd = target + <usize>room;
  if (length < 6) return -1;
  const method = <u32>load<u8>(source);
  const flags = <u32>load<u8>(source + 1);
  if ((method & 15) != 8 || method >> 4 > 7 || (method * 256 + flags) % 31 != 0 || flags & 32) return -1;
  from = source + 2;
  bits = 0;
  count = 0;
  let to = target;
  let last = false;
  while (!last) {
    if (from > end + 8) return -1;
    refill();
    last = takeBits(1) == 1;
    const kind = takeBits(2);
    if (kind == 0) {
      // Back to the first whole byte that was not taken.
      from -= count >> 3;
      bits = 0;
      count = 0;
      if (from + 4 > end) return -1;
      const size = <usize>load<u16>(from);
      if ((<u32>size ^ 0xffff) != <u32>load<u16>(from + 2)) return -1;
      from += 4;
      if (size > end - from || size > toEnd - to) return -1;
      memory.copy(to, from, size);
      from += size;
      to += size;
      continue;
    }
    if (kind == 3 || !(kind == 1 ? fixedCodes() : readCodes(end))) return -1;
    to = inflateSymbols(end, target, to, toEnd);
    if (to == 0) return -1;
  }
  from -= count >> 3;
  if (from + 4 > end) return -1;
  const written = <i32>(to - target);
  return adler32(target, written) == bswap<u32>(load<u32>(from)) ? written : -1;
}
