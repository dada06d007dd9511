// Inflates a bare deflate stream (RFC 1951) piece by piece. Wherever it stops it stands between two symbols, so that what
// it needs to go on can be saved there, also within a block.
//
// The caller lays input and output out behind `scratchEnd()`. Behind the input 64 bytes must be readable, zeros where no
// more input comes; behind the room up to 16 bytes are written.

import {
  bits,
  copyMatch,
  count,
  DISTANCE,
  DISTANCE_BITS,
  DISTANCE_MEANING,
  END,
  fixedCodes,
  from,
  INFLATE_END,
  LENGTHS,
  LINK,
  LITERAL,
  MAIN,
  MAIN_BITS,
  MAIN_MEANING,
  makeTable,
  prepareInflate,
  readCodes,
  refill,
  SPECIAL,
  standAt,
  takeBits,
} from './inflate';

/** Where decoding stands. */
const BEFORE_BLOCK: i32 = 0;
const IN_CODES: i32 = 1;
const IN_STORED: i32 = 2;
const BEHIND_LAST: i32 = 3;

/** Kinds of blocks, as a block's head gives them. */
const STORED: u32 = 0;
const FIXED: u32 = 1;
const DYNAMIC: u32 = 2;

/** What a call came to. */
const NEEDS_INPUT: i32 = 1;
const NEEDS_ROOM: i32 = 2;
const ENDED: i32 = 3;
const DAMAGED: i32 = -1;

/** Bytes of input that the head of a block can take, and of input and room that one round of symbols can. */
const HEAD_BYTES: usize = 640;
const SYMBOL_BYTES: usize = 16;
const SYMBOL_ROOM: usize = 262;

/** Lengths of the codes of the block under way. */
const KEPT: usize = (INFLATE_END + 63) & ~63;
const KEPT_BYTES: usize = 320;

let mode: i32 = BEFORE_BLOCK;
let kind: u32 = 0;
let isLast: bool = false;
let storedLeft: u32 = 0;
let literalCodes: i32 = 0;
let distanceCodes: i32 = 0;
let output: usize = 0;
let isDamaged: bool = false;

export function prepare(): void {
  prepareInflate();
}

/** Address behind the tables. */
export function scratchEnd(): usize {
  return KEPT + KEPT_BYTES + 64;
}

/** Forgets where it stood: a new stream begins. */
export function reset(): void {
  standAt(0, 0, 0);
  mode = BEFORE_BLOCK;
  kind = 0;
  isLast = false;
  storedLeft = 0;
}

/**
 * Goes on, with input from `at` to `end` and room from `to` to `toEnd`; `final` where no more input comes. Bytes from
 * `oldest` on may be repeated. Where room is left for fewer than 262 bytes it may stop.
 */
export function step(at: usize, end: usize, final: bool, oldest: usize, to: usize, toEnd: usize): i32 {
  standAt(at, bits, count);
  output = to;
  while (true) {
    if (mode == BEHIND_LAST) return ENDED;
    if (mode == BEFORE_BLOCK) {
      if (!final && from + HEAD_BYTES > end) return stop(NEEDS_INPUT, end);
      if (from > end + 8) return DAMAGED;
      if (!begin(end)) return DAMAGED;
    }
    if (mode == IN_STORED) {
      const room = <u32>(toEnd - output);
      const here = <u32>(end - from);
      const size = min(storedLeft, min(room, here));
      memory.copy(output, from, size);
      output += size;
      standAt(from + size, 0, 0);
      storedLeft -= size;
      if (storedLeft > 0) return room == size ? NEEDS_ROOM : final ? DAMAGED : NEEDS_INPUT;
      mode = isLast ? BEHIND_LAST : BEFORE_BLOCK;
      continue;
    }
    if (decode(final ? end + 8 : end - SYMBOL_BYTES, oldest, toEnd)) {
      mode = isLast ? BEHIND_LAST : BEFORE_BLOCK;
      if (!isLast) continue;
      return stop(ENDED, end);
    }
    if (isDamaged) return DAMAGED;
    const isFull = output + SYMBOL_ROOM > toEnd;
    if (!isFull && final) return DAMAGED;
    return stop(isFull ? NEEDS_ROOM : NEEDS_INPUT, end);
  }
}

/**
 * Gives whole bytes back to the input: its place and fewer than 8 bits say where it stands. Symbols made of what lies
 * behind the input are none.
 */
function stop(reason: i32, end: usize): i32 {
  const left = count & 7;
  standAt(from - (count >> 3), bits & ((1 << left) - 1), left);
  return from > end ? DAMAGED : reason;
}

/** Reads the head of a block. */
function begin(end: usize): bool {
  refill();
  isLast = takeBits(1) == 1;
  kind = takeBits(2);
  if (kind == STORED) {
    // Back to the first whole byte that was not taken.
    standAt(from - (count >> 3), 0, 0);
    if (from + 4 > end) return false;
    const size = <u32>load<u16>(from);
    if ((size ^ 0xffff) != <u32>load<u16>(from + 2)) return false;
    standAt(from + 4, 0, 0);
    storedLeft = size;
    mode = IN_STORED;
    return true;
  }
  if (kind > DYNAMIC) return false;
  if (kind == FIXED) {
    mode = IN_CODES;
    return fixedCodes();
  }
  refill();
  literalCodes = <i32>(<u32>bits & 31) + 257;
  distanceCodes = <i32>((<u32>bits >> 5) & 31) + 1;
  if (!readCodes(end)) return false;
  memory.copy(KEPT, LENGTHS, KEPT_BYTES);
  mode = IN_CODES;
  return true;
}

/** Decodes symbols until the block has ended (true), or input or room may run out or is damaged (false). */
function decode(safe: usize, oldest: usize, toEnd: usize): bool {
  isDamaged = false;
  let to = output;
  let input = from;
  let held = bits;
  let many = count;
  let hasEnded = false;
  if (to + SYMBOL_ROOM > toEnd || input > safe) return false;
  const limit = toEnd - SYMBOL_ROOM;
  held |= load<u64>(input) << many;
  input += (63 - many) >> 3;
  many |= 56;
  // As in `inflate.ts`: each entry is looked up before the bits are filled up again. It is not taken before it is used.
  let entry = load<u32>((<usize>held & 2047) << 2, MAIN);
  while (input <= safe && to <= limit) {
    held |= load<u64>(input) << many;
    input += (63 - many) >> 3;
    many |= 56;
    if (entry & LITERAL) {
      store<u8>(to++, <u8>(entry >> 16));
      held >>= <u64>(entry & 63);
      many -= entry & 63;
      entry = load<u32>((<usize>held & 2047) << 2, MAIN);
      if (entry & LITERAL) {
        store<u8>(to++, <u8>(entry >> 16));
        held >>= <u64>(entry & 63);
        many -= entry & 63;
        entry = load<u32>((<usize>held & 2047) << 2, MAIN);
        if (entry & LITERAL) {
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
          store<u8>(to++, <u8>(entry >> 16));
          held >>= <u64>(entry & 63);
          many -= entry & 63;
          entry = load<u32>((<usize>held & 2047) << 2, MAIN);
          continue;
        }
      }
      if (entry & SPECIAL) {
        if (!(entry & END)) {
          isDamaged = true;
          break;
        }
        held >>= <u64>(entry & 63);
        many -= entry & 63;
        hasEnded = true;
        break;
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
      if (entry & LINK) {
        held >>= <u64>DISTANCE_BITS;
        many -= DISTANCE_BITS;
        const mask: u32 = (1 << ((entry >> 8) & 15)) - 1;
        entry = load<u32>(DISTANCE + (<usize>(((entry >> 16) & 0x7fff) + (<u32>held & mask)) << 2));
      }
      if (entry & SPECIAL) {
        isDamaged = true;
        break;
      }
    }
    saved = held;
    taken = entry & 63;
    held >>= <u64>taken;
    many -= taken;
    const distance = <usize>((entry >> 16) + (<u32>((saved & ~(<u64>-1 << <u64>taken)) >> <u64>((entry >> 8) & 15))));
    entry = load<u32>((<usize>held & 2047) << 2, MAIN);
    if (distance > to - oldest) {
      isDamaged = true;
      break;
    }
    copyMatch(to, distance, length);
    to += length;
  }
  standAt(input, held, many);
  output = to;
  return hasEnded;
}

export function inputAt(): usize {
  return from;
}

export function outputAt(): usize {
  return output;
}

// --- state ----------------------------------------------------------------------------------------------------

/** Mode in bits 0–1, kind of the block in 2–3, whether it is the last in 4, bits left over in 8–15, their value in 16–23. */
export function stateWord(): u32 {
  return <u32>mode | (kind << 2) | ((isLast ? 1 : 0) << 4) | (count << 8) | ((<u32>bits & 255) << 16);
}

export function stateStored(): u32 {
  return storedLeft;
}

/** Numbers of codes of the block under way. */
export function stateCodes(): u32 {
  return <u32>(literalCodes | (distanceCodes << 16));
}

/** Address of the 320 lengths of codes of the block under way. */
export function lengthsAt(): usize {
  return KEPT;
}

/** Takes up a state, with the lengths of its codes at `lengthsAt()`; false where it is none. */
export function restore(word: u32, stored: u32, codes: u32): bool {
  mode = <i32>(word & 3);
  kind = (word >> 2) & 3;
  isLast = ((word >> 4) & 1) == 1;
  storedLeft = stored;
  const left = (word >> 8) & 255;
  if (left > 7 || kind > DYNAMIC || stored > 0xffff) return false;
  standAt(0, <u64>((word >> 16) & 255), left);
  if (mode != IN_CODES) return true;
  if (kind == FIXED) return fixedCodes();
  if (kind != DYNAMIC) return false;
  literalCodes = <i32>(codes & 0xffff);
  distanceCodes = <i32>(codes >> 16);
  if (literalCodes < 257 || literalCodes > 286 || distanceCodes < 1 || distanceCodes > 30) return false;
  const lengths = LENGTHS;
  memory.copy(lengths, KEPT, KEPT_BYTES);
  for (let index = 0; index < literalCodes + distanceCodes; index++) {
    if (load<u8>(lengths + index) > 15) return false;
  }
  return (
    makeTable(DISTANCE, DISTANCE_BITS, lengths + <usize>literalCodes, distanceCodes, DISTANCE_MEANING) &&
    makeTable(MAIN, MAIN_BITS, lengths, literalCodes, MAIN_MEANING)
  );
}
