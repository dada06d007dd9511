import { blocksModule } from './blocks-module.ts';
import { instantiate } from './wasm.ts';

/** The functions of `assembly/kernels/blocks.ts`. */
interface BlockExports {
  readonly memory: WebAssembly.Memory;
  scratchEnd(): number;
  prepare(): void;
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
/** Most bytes that input and output of one call may take together; larger calls go without the kernels. */
const MAX_CALL_BYTES = 512 * 1024 ** 2;

/** The kernels for whole blocks, with input and output laid out in their memory. */
export class BlockKernels {
  static #shared: BlockKernels | null | undefined;

  readonly exports: BlockExports;
  readonly #scratchEnd: number;
  /** Address of the output. */
  target = 0;

  private constructor(exports: BlockExports) {
    exports.prepare();
    this.exports = exports;
    this.#scratchEnd = Math.ceil(exports.scratchEnd() / 16) * 16;
  }

  /** Takes the kernels this thread shares, with room for a call; undefined where WebAssembly or memory is missing. */
  static withRoom(inputBytes: number, outputBytes: number): BlockKernels | undefined {
    if (BlockKernels.#shared === undefined) {
      const exports = instantiate<BlockExports>(blocksModule);
      BlockKernels.#shared = exports === undefined ? null : new BlockKernels(exports);
    }
    const shared = BlockKernels.#shared ?? undefined;
    return shared !== undefined && shared.#makeRoom(inputBytes, outputBytes) ? shared : undefined;
  }

  #makeRoom(inputBytes: number, outputBytes: number): boolean {
    if (inputBytes + outputBytes > MAX_CALL_BYTES) return false;
    this.target = this.source + Math.ceil((inputBytes + MARGIN_BYTES) / 16) * 16;
    const missing = this.target + outputBytes + MARGIN_BYTES - this.exports.memory.buffer.byteLength;
    if (missing <= 0) return true;
    try {
      this.exports.memory.grow(Math.ceil(missing / PAGE_BYTES));
      return true;
    } catch {
      return false;
    }
  }

  /** Address of the input. */
  get source(): number {
    return this.#scratchEnd;
  }

  /** Views `length` bytes of the memory from `at`, valid until the next call that needs more room. */
  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.exports.memory.buffer, at, length);
  }

  /** Puts the input in its place. */
  load(input: Uint8Array): void {
    this.bytes(this.source, input.length).set(input);
  }
}
