import { callKernels } from './blocks.ts';

/** Result of decoding base64. */
export interface Base64Result {
  /** Bytes written. */
  readonly written: number;
  /** Place of the first character that does not belong, or −1. */
  readonly badAt: number;
}

/** Number of characters decoded in one call of the kernel: input and output stay in the processor's cache. */
const CHARACTERS_PER_CALL = 64 * 1024;

/** Characters with which the kernel does anything. */
const MIN_CALL_CHARACTERS = 20;

const sextets = new Int8Array(256).fill(-1);
for (const [value, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  sextets[character.charCodeAt(0)] = value;
}

/**
 * Decodes base64 (RFC 4648, section 4) without white space.
 *
 * @param source - text, a multiple of 4 characters; padding in the last group only
 * @param target - at least three quarters of its length, less by the padding
 */
export function decodeBase64(source: Uint8Array, target: Uint8Array): Base64Result {
  let at = 0;
  // The kernel leaves the last characters, and those from a bad one on.
  while (source.length - at >= MIN_CALL_CHARACTERS) {
    const part = source.subarray(at, at + CHARACTERS_PER_CALL);
    const place = target.subarray((at / 4) * 3, ((at + part.length) / 4) * 3);
    const written = callKernels(part, place, ({ base64 }, from, to) => base64(from, part.length, to));
    if (!written) break;
    at += (written / 3) * 4;
  }
  const before = (at / 4) * 3;
  const { written, badAt } = decodeBase64InTypeScript(source.subarray(at), target.subarray(before));
  return { written: before + written, badAt: badAt < 0 ? -1 : at + badAt };
}

/** Does what {@link decodeBase64} does without WebAssembly. */
export function decodeBase64InTypeScript(source: Uint8Array, target: Uint8Array): Base64Result {
  let written = 0;
  for (let at = 0; at < source.length; at += 4) {
    const a = sextets[source[at] as number] as number;
    const b = sextets[source[at + 1] as number] as number;
    let c = sextets[source[at + 2] as number] as number;
    let d = sextets[source[at + 3] as number] as number;
    let bytes = 3;
    if ((a | b | c | d) < 0) {
      const last = at + 4 === source.length;
      if (last && d < 0 && source[at + 3] === 61) {
        d = 0;
        bytes = 2;
        if (c < 0 && source[at + 2] === 61) {
          c = 0;
          bytes = 1;
        }
      }
      const bad = [a, b, c, d].findIndex((value) => value < 0);
      if (bad >= 0) return { written, badAt: at + bad };
    }
    target[written++] = (a << 2) | (b >> 4);
    if (bytes > 1) target[written++] = (b << 4) | (c >> 2);
    if (bytes > 2) target[written++] = (c << 6) | d;
  }
  return { written, badAt: -1 };
}

/** Moves all characters above the space to the front and returns them. */
export function stripWhitespace(text: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as number;
    if (character > 32) text[kept++] = character;
  }
  return text.subarray(0, kept);
}
