/** Counts the bytes that the length in front of a string takes, by the top two bits of its first byte. */
export function lengthBytes(first: number): 1 | 2 | 4 | 8 {
  return ([8, 4, 2, 1] as const)[first >> 6] as 1 | 2 | 4 | 8;
}

/** Reads the length of a string whose first bytes stand at `at`; all bytes of the length must be there. */
export function readLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  let length = first & 0x3f;
  for (let index = 1; index < lengthBytes(first); index++)
    length = length * 256 + (bytes[at + index] as number);
  return length;
}
