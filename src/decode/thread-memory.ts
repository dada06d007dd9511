import { BufferPool } from '../core/buffer-pool.ts';

/** Smaller buffers come from the heap of the process, and cost less than handing them back. */
const MIN_KEPT_BYTES = 64 * 1024;

/** Memory of this thread that samples no longer need, for those to come; what they are read into, too. */
export const memory: BufferPool = new BufferPool(32 * 1024 ** 2);

/** Takes memory of samples that nobody uses any more. */
export function reuse(buffers: readonly ArrayBuffer[]): void {
  for (const buffer of buffers) if (buffer.byteLength >= MIN_KEPT_BYTES) memory.give(buffer);
}
