import { createCipheriv, type KeyObject } from 'node:crypto';

const BLOCK_BYTES = 16;
/**
 * Length of what the cipher is given at a time, bytes: its output, which only the last block of is needed, stays small.
 */
const STEP_BYTES = 32 * 1024;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** AES-128-CMAC (RFC 4493) with one key. */
export class Cmac {
  readonly #key: KeyObject;
  readonly #fullBlockKey: Buffer;
  readonly #partBlockKey: Buffer;

  /** @param key - 16 bytes */
  constructor(key: KeyObject) {
    this.#key = key;
    const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#fullBlockKey = double(cipher.update(ZERO_BLOCK));
    this.#partBlockKey = double(this.#fullBlockKey);
  }

  /** Computes the 16 bytes that authenticate `parts`, one behind the other. */
  digest(parts: readonly Uint8Array[]): Buffer {
    let total = 0;
    for (const part of parts) total += part.length;
    const isFull = total > 0 && total % BLOCK_BYTES === 0;
    const lastLength = isFull ? BLOCK_BYTES : total % BLOCK_BYTES;
    const last = Buffer.alloc(BLOCK_BYTES);
    const cipher = createCipheriv('aes-128-cbc', this.#key, ZERO_BLOCK).setAutoPadding(false);
    let left = total - lastLength;
    let filled = 0;
    for (const part of parts) {
      const body = Math.min(left, part.length);
      for (let at = 0; at < body; at += STEP_BYTES) {
        cipher.update(part.subarray(at, Math.min(body, at + STEP_BYTES)));
      }
      left -= body;
      last.set(part.subarray(body), filled);
      filled += part.length - body;
    }
    if (!isFull) last[lastLength] = 0x80;
    const mask = isFull ? this.#fullBlockKey : this.#partBlockKey;
    for (let at = 0; at < BLOCK_BYTES; at++) last[at] = (last[at] as number) ^ (mask[at] as number);
    return cipher.update(last).subarray(-BLOCK_BYTES);
  }
}

/** Multiplies a block by x in GF(2^128) (RFC 4493, 2.3). */
function double(block: Buffer): Buffer {
  const result = Buffer.alloc(BLOCK_BYTES);
  let carry = 0;
  for (let at = BLOCK_BYTES - 1; at >= 0; at--) {
    const byte = block[at] as number;
    result[at] = (byte << 1) | carry;
    carry = byte >> 7;
  }
  if (carry === 1) result[BLOCK_BYTES - 1] = (result[BLOCK_BYTES - 1] as number) ^ 0x87;
  return result;
}
