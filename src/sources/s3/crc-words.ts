/** Byte order of this machine: true where the lowest byte of a word comes first in memory. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Bytes as words of 32 bits, with those before and behind that fill none. */
interface Words {
  readonly head: Uint8Array;
  readonly words: Int32Array;
  readonly tail: Uint8Array;
}

/**
 * Splits bytes into words, which are read four times as fast.
 *
 * @param multiple - of which the number of words is one
 */
export function splitWords(bytes: Uint8Array, multiple: number): Words {
  const before = IS_LITTLE_ENDIAN ? Math.min(bytes.byteLength, -bytes.byteOffset & 3) : bytes.byteLength;
  const steps = Math.floor((bytes.byteLength - before) / (4 * multiple));
  const head = bytes.subarray(0, before);
  const tail = bytes.subarray(before + steps * 4 * multiple);
  const at = steps === 0 ? 0 : bytes.byteOffset + before;
  return { head, words: new Int32Array(bytes.buffer, at, steps * multiple), tail };
}

/** Writes a number in lower-case hexadecimal, as an unsigned one of 32 bits. */
export function toHex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
