import { blocksModule } from './blocks-module.ts';
import { instantiate, makeMemory, type WorkMemory, workMemories } from './wasm.ts';

/** The functions of `assembly/kernels/blocks.ts`. */
interface BlockExports {
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
/** Pages of memory to begin with. */
const FIRST_PAGES = 20;
/** Most bytes that input and output of one call may take together; larger calls go without the kernels. */
const MAX_CALL_BYTES = 512 * 1024 ** 2;

/** The kernels for whole blocks, with the input and the output of one call laid out in their memory. */
export class BlockKernels {
  static #shared: BlockKernels | null | undefined;
  /** Those that work in memories of others, by their bytes. */
  static readonly #guests = new WeakMap<ArrayBufferLike, BlockKernels | null>();

  readonly exports: BlockExports;
  readonly #memory: WebAssembly.Memory;
  /** Room in a memory of somebody else; undefined in one of its own. */
  readonly #host: WorkMemory | undefined;
  readonly #scratchEnd: number;
  #isPrepared = false;
  /** Address of the input. */
  source = 0;
  /** Address of the output. */
  target = 0;

  private constructor(exports: BlockExports, memory: WebAssembly.Memory, host?: WorkMemory) {
    this.exports = exports;
    this.#memory = memory;
    this.#host = host;
    this.#scratchEnd = Math.ceil(exports.scratchEnd() / 16) * 16;
  }

  /**
   * Takes kernels of this thread for one call and puts its input before them; undefined where WebAssembly or memory is
   * missing. The output comes about in its place where that is a memory to work in, else {@link BlockKernels.finish}
   * copies it there.
   */
  static begin(input: Uint8Array, output: Uint8Array): BlockKernels | undefined {
    const host = workMemories.get(output.buffer);
    const outputEnd = output.byteOffset + output.length;
    const fits =
      host !== undefined && input.length <= host.spareBytes && outputEnd + MARGIN_BYTES <= host.spare;
    const guest = fits ? BlockKernels.#guestOf(host) : undefined;
    const kernels = guest ?? BlockKernels.#withRoom(input.length, output.length);
    if (kernels === undefined) return undefined;
    if (guest !== undefined) guest.target = output.byteOffset;
    kernels.bytes(kernels.source, input.length).set(input);
    return kernels;
  }

  /** Puts the first `written` bytes of the output in their place. */
  finish(output: Uint8Array, written: number): void {
    if (this.#host === undefined && written > 0) output.set(this.bytes(this.target, written));
  }

  static #guestOf(host: WorkMemory): BlockKernels | undefined {
    const { memory, spare } = host;
    let guest = BlockKernels.#guests.get(memory.buffer);
    if (guest === undefined) {
      const exports = instantiate<BlockExports>(blocksModule, memory);
      guest = exports === undefined ? null : new BlockKernels(exports, memory, host);
      if (guest !== null) guest.source = spare;
      BlockKernels.#guests.set(memory.buffer, guest);
    }
    return guest ?? undefined;
  }

  static #withRoom(inputBytes: number, outputBytes: number): BlockKernels | undefined {
    if (BlockKernels.#shared === undefined) BlockKernels.#shared = BlockKernels.#alone() ?? null;
    const shared = BlockKernels.#shared ?? undefined;
    return shared !== undefined && shared.#makeRoom(inputBytes, outputBytes) ? shared : undefined;
  }

  static #alone(): BlockKernels | undefined {
    const memory = makeMemory(FIRST_PAGES);
    const exports = memory && instantiate<BlockExports>(blocksModule, memory);
    return exports && memory && new BlockKernels(exports, memory);
  }

  #makeRoom(inputBytes: number, outputBytes: number): boolean {
    if (inputBytes + outputBytes > MAX_CALL_BYTES) return false;
    this.source = this.#scratchEnd;
    this.target = this.source + Math.ceil((inputBytes + MARGIN_BYTES) / 16) * 16;
    const missing = this.target + outputBytes + MARGIN_BYTES - this.#memory.buffer.byteLength;
    if (missing <= 0) return true;
    try {
      this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
      return true;
    } catch {
      return false;
    }
  }

  /** Makes the tables that zlib and .xz take, once. */
  prepare(): void {
    if (!this.#isPrepared) this.exports.prepare();
    this.#isPrepared = true;
  }

  /** Views `length` bytes of the memory from `at`, valid until the next call. */
  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer, at, length);
  }
}
