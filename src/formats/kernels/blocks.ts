import { blocksModule } from './blocks-module.ts';
import { instantiate, workMemories } from './wasm.ts';

/** The functions of `assembly/kernels/blocks.ts`. */
export interface BlockExports {
  base64(source: number, length: number, target: number): number;
  lz4(source: number, length: number, target: number, room: number): number;
  inflate(source: number, length: number, target: number, room: number): number;
  crc32(at: number, length: number): number;
  crc64(at: number, length: number, result: number): void;
  lzmaReset(properties: number): number;
  lzmaResetState(): void;
  lzmaChunk(source: number, length: number, start: number, to: number, size: number): number;
}

/** Number of bytes behind input and output that the kernels may touch. */
const MARGIN_BYTES = 64;
const PAGE_BYTES = 65_536;
/** Bytes at the start of each memory that are theirs. */
const SCRATCH_BYTES: number = PAGE_BYTES;
/** Pages of memory to begin with. */
const FIRST_PAGES = 20;
/** Most bytes that input and output of one call may take together; larger calls go without the kernels. */
const MAX_CALL_BYTES = 512 * 1024 ** 2;

/** Kernels by the memories in which they work; null where WebAssembly is missing. */
const kernels = new WeakMap<WebAssembly.Memory, BlockExports | null>();
/** Memory for what comes about in none of the memories to work in. */
let own: WebAssembly.Memory | undefined;

function kernelsIn(memory: WebAssembly.Memory): BlockExports | null {
  let exports = kernels.get(memory);
  if (exports === undefined) {
    exports = instantiate<BlockExports>(blocksModule, memory) ?? null;
    kernels.set(memory, exports);
  }
  return exports;
}

/** Takes memory with room for so many bytes; undefined where there is none. */
function ownMemory(bytes: number): WebAssembly.Memory | undefined {
  try {
    own ??= new WebAssembly.Memory({ initial: FIRST_PAGES });
    const missing = bytes - own.buffer.byteLength;
    if (missing > 0) own.grow(Math.ceil(missing / PAGE_BYTES));
    return own;
  } catch {
    return undefined;
  }
}

/**
 * Calls the kernels of this thread with the input in their memory, and puts the output in its place: without a copy
 * where that is a memory to work in.
 *
 * @param run - is given the places of both and returns the bytes written
 * @returns what it returned; undefined where WebAssembly or memory is missing
 */
export function callKernels(
  input: Uint8Array,
  output: Uint8Array,
  run: (exports: BlockExports, source: number, target: number, memory: ArrayBuffer) => number,
): number | undefined {
  const host = workMemories.get(output.buffer);
  const isInPlace =
    host !== undefined &&
    input.length <= host.spareBytes &&
    output.byteOffset + output.length + MARGIN_BYTES <= host.spare;
  const source = isInPlace ? host.spare : SCRATCH_BYTES;
  const target = isInPlace ? output.byteOffset : source + input.length + MARGIN_BYTES;
  const end = target + output.length + MARGIN_BYTES;
  if (end > MAX_CALL_BYTES) return undefined;
  const memory = isInPlace ? host.memory : ownMemory(end);
  const exports = memory && kernelsIn(memory);
  if (!exports) return undefined;
  const { buffer } = memory;
  new Uint8Array(buffer, source).set(input);
  const written = run(exports, source, target, buffer);
  if (written > 0 && !isInPlace) output.set(new Uint8Array(buffer, target, Math.min(written, output.length)));
  return written;
}
