import { mustSwap } from '../arrays/numeric-types.ts';

/** Tells whether a byte is white space, as C has it. */
export function isSpace(byte: number): boolean {
  return byte <= 32 && (byte === 32 || (byte >= 9 && byte <= 13));
}

/** Fact that the first of four bytes is not the lowest one of the number that they make. */
const REVERSED = mustSwap('LittleEndian');

/** Highest bits of four bytes. */
const HIGH_BITS = 0x80808080 | 0;

/** Counts words in text that comes part by part, four bytes at a time. */
export class WordCounter {
  /** Words not met to their ends yet. */
  left: number;
  #isInside = false;

  constructor(count: number) {
    this.left = count;
  }

  /** True when a word was begun whose end was not met. */
  get isInside(): boolean {
    return this.#isInside;
  }

  /** Takes the next part, up to the end of the last word; returns how many of its bytes. */
  take(text: Uint8Array): number {
    const whole = this.#takeFours(text);
    return this.left === 0 ? whole : whole + this.#takeBytes(text.subarray(whole));
  }

  #takeBytes(text: Uint8Array): number {
    const end = text.length;
    let at = 0;
    let inside = this.#isInside;
    let { left } = this;
    for (; at < end; at++) {
      if (!isSpace(text[at] as number)) inside = true;
      else if (inside) {
        inside = false;
        if (--left === 0) break;
      }
    }
    this.left = left;
    this.#isInside = inside;
    return at;
  }

  /** Takes whole groups of four bytes, at most up to that in which the last word ends; returns how many bytes. */
  #takeFours(text: Uint8Array): number {
    const head = -text.byteOffset & 3;
    if (REVERSED || text.length < head + 4) return 0;
    const start = this.#takeBytes(text.subarray(0, head));
    if (this.left === 0) return start;
    const groups = new Int32Array(text.buffer, text.byteOffset + head, (text.length - head) >> 2);
    let group = 0;
    // The bit that tells of the last byte of the group before.
    let before = this.#isInside ? 0x80 : 0;
    let { left } = this;
    for (; group < groups.length; group++) {
      const bytes = groups[group] as number;
      // The highest bit of each byte: whether that is above a space.
      const words = (((bytes & 0x7f7f7f7f) + 0x5f5f5f5f) | bytes) & 0x80808080;
      if (words !== HIGH_BITS) {
        const others = bytes ^ 0x20202020;
        const low = bytes & 0x7f7f7f7f;
        const spaces = ~(((others & 0x7f7f7f7f) + 0x7f7f7f7f) | others | 0x7f7f7f7f);
        // From 9 to 13: those from 9 on without those from 14 on.
        const blanks = spaces | ((low + 0x77777777) & ~(low + 0x72727272) & ~bytes & HIGH_BITS);
        const ends = blanks & ((words << 8) | before);
        const count = Math.imul((ends >>> 7) & 0x01010101, 0x01010101) >>> 24;
        // Some bytes below a space are no white space, and the last word ends in the middle of a group.
        if ((blanks | words) !== HIGH_BITS || count >= left) {
          this.left = left;
          this.#isInside = before !== 0;
          const at = head + 4 * group;
          const used = this.#takeBytes(text.subarray(at, at + 4));
          if (this.left === 0) return at + used;
          left = this.left;
          before = this.#isInside ? 0x80 : 0;
          continue;
        }
        left -= count;
      }
      before = words >>> 24;
    }
    this.left = left;
    this.#isInside = before !== 0;
    return head + 4 * group;
  }
}
