/** Size below which memory may be a part of something larger, and is no burden, bytes. */
const SMALL_MEMORY_BYTES = 16 * 1024;

/**
 * Gives the memory of `bytes`, which nobody uses any more, back at once. The collector sees only small objects, not
 * what lies behind each of them, and would let more than 100 MB wait.
 */
export function freeMemory({ buffer, length }: Buffer): void {
  if (length < SMALL_MEMORY_BYTES || buffer.byteLength !== length) return;
  // Node.js 22 has it, the types of ES2023 do not.
  (buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer }).transfer(0);
}
