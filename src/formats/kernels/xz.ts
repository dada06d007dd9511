import { UnsupportedError } from '../../core/errors.ts';
import { type BlockExports, callKernels } from './blocks.ts';

const HEADER = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const FOOTER_BYTES = 12;
const LZMA2_FILTER = 0x21;
/** Bytes of the check behind each block, by the stream's check type. */
const CHECK_BYTES: readonly number[] = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** Error that the steps below throw; {@link decodeXz} turns it into −1. */
class Malformed extends Error {}

function require(condition: boolean): void {
  if (!condition) throw new Malformed();
}

/**
 * Decodes one .xz stream (The .xz File Format, version 1.1.0): blocks of LZMA2 without other filters. CRC32 and
 * CRC64 checks are verified; of a SHA-256 check only the place is.
 *
 * @returns the bytes written, at most the length of `target`, or −1 where the stream is malformed, damaged or longer
 * @throws UnsupportedError where there is no WebAssembly, or no memory for it
 */
export function decodeXz(source: Uint8Array, target: Uint8Array): number {
  let written: number | undefined;
  try {
    written = callKernels(source, target, (exports, from, to, memory) =>
      new XzStream({ exports, source: from, target: to, memory }, source.length, target.length).decode(),
    );
  } catch (error) {
    if (error instanceof Malformed) return -1;
    throw error;
  }
  if (written !== undefined) return written;
  throw new UnsupportedError(
    'lzma',
    `A block of ${source.length} bytes is packed with LZMA, which takes WebAssembly and its memory to unpack; they are not to be had here. A page's policy must allow 'wasm-unsafe-eval'; or save the file with zlib.`,
  );
}

/** Kernels with a stream in their memory. */
interface Call {
  readonly exports: BlockExports;
  readonly source: number;
  readonly target: number;
  readonly memory: ArrayBuffer;
}

class XzStream {
  readonly #kernels: Call;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #room: number;
  #at = 0;
  #written = 0;

  constructor(kernels: Call, length: number, room: number) {
    this.#kernels = kernels;
    this.#bytes = new Uint8Array(kernels.memory, kernels.source, length);
    this.#room = room;
  }

  decode(): number {
    const check = this.#header();
    const records: { readonly unpadded: number; readonly size: number }[] = [];
    while (this.#byte(this.#at) !== 0) records.push(this.#block(check));
    this.#index(records);
    return this.#written;
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    require(byte !== undefined);
    return byte as number;
  }

  #word(at: number): number {
    return (
      (this.#byte(at) |
        (this.#byte(at + 1) << 8) |
        (this.#byte(at + 2) << 16) |
        (this.#byte(at + 3) << 24)) >>>
      0
    );
  }

  /** Reads a number of up to 53 bits, seven a byte. */
  #number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte(this.#at++);
      value += (byte & 127) * scale;
      require(Number.isSafeInteger(value));
      if (byte < 128) return value;
    }
  }

  #checkCrc(start: number, end: number): void {
    require(this.#kernels.exports.crc32(this.#kernels.source + start, end - start) >>> 0 === this.#word(end));
  }

  /** Reads the stream header and returns the check type. */
  #header(): number {
    require(this.#bytes.length >= 12 + FOOTER_BYTES && HEADER.every((byte, at) => this.#bytes[at] === byte));
    require(this.#byte(6) === 0 && this.#byte(7) < 16);
    this.#checkCrc(6, 8);
    this.#at = 12;
    return this.#byte(7);
  }

  #block(check: number): { readonly unpadded: number; readonly size: number } {
    const start = this.#at;
    const headerEnd = start + 4 * this.#byte(start);
    require(headerEnd + 4 <= this.#bytes.length);
    this.#checkCrc(start, headerEnd);
    const flags = this.#byte(start + 1);
    require((flags & 0x3f) === 0);
    this.#at = start + 2;
    const packed = (flags & 0x40) === 0 ? undefined : this.#number();
    const size = (flags & 0x80) === 0 ? undefined : this.#number();
    require(this.#number() === LZMA2_FILTER && this.#number() === 1 && this.#byte(this.#at++) <= 40);
    require(this.#at <= headerEnd);
    for (; this.#at < headerEnd; this.#at++) require(this.#byte(this.#at) === 0);

    const dataStart = headerEnd + 4;
    const outputStart = this.#written;
    this.#at = dataStart;
    this.#chunks();
    const blockSize = this.#written - outputStart;
    require(packed === undefined || packed === this.#at - dataStart);
    require(size === undefined || size === blockSize);
    const unpadded = this.#at - start + (CHECK_BYTES[check] as number);
    while ((this.#at - dataStart) % 4 !== 0) require(this.#byte(this.#at++) === 0);
    this.#check(check, this.#kernels.target + outputStart, blockSize);
    this.#at += CHECK_BYTES[check] as number;
    return { unpadded, size: blockSize };
  }

  /** Decodes LZMA2 chunks up to their end marker. */
  #chunks(): void {
    const { exports, source, target, memory } = this.#kernels;
    let dictionary = -1;
    let hasState = false;
    for (;;) {
      const control = this.#byte(this.#at++);
      if (control === 0) return;
      if (control === 1 || control >= 0xe0) dictionary = this.#written;
      require(dictionary >= 0);
      if (control < 0x80) {
        require(control <= 2);
        const size = 1 + ((this.#byte(this.#at) << 8) | this.#byte(this.#at + 1));
        this.#at += 2;
        require(size <= this.#bytes.length - this.#at && size <= this.#room - this.#written);
        const output = new Uint8Array(memory, target + this.#written, size);
        output.set(this.#bytes.subarray(this.#at, this.#at + size));
        this.#at += size;
        this.#written += size;
        continue;
      }
      const size = 1 + (((control & 0x1f) << 16) | (this.#byte(this.#at) << 8) | this.#byte(this.#at + 1));
      const packed = 1 + ((this.#byte(this.#at + 2) << 8) | this.#byte(this.#at + 3));
      this.#at += 4;
      if (control >= 0xc0) {
        require(exports.lzmaReset(this.#byte(this.#at++)) !== 0);
        hasState = true;
      } else if (control >= 0xa0) {
        require(hasState);
        exports.lzmaResetState();
      }
      require(hasState && packed <= this.#bytes.length - this.#at && size <= this.#room - this.#written);
      const to = target + this.#written;
      require(exports.lzmaChunk(source + this.#at, packed, target + dictionary, to, size) !== 0);
      this.#at += packed;
      this.#written += size;
    }
  }

  #check(check: number, at: number, length: number): void {
    const { exports, memory } = this.#kernels;
    if (check === 1) require(exports.crc32(at, length) >>> 0 === this.#word(this.#at));
    if (check !== 4) return;
    exports.crc64(at, length, 0);
    const result = new Uint8Array(memory, 0, 8);
    for (let index = 0; index < 8; index++) require(result[index] === this.#byte(this.#at + index));
  }

  /** Compares the index and the footer with the blocks that were read. */
  #index(records: readonly { readonly unpadded: number; readonly size: number }[]): void {
    const start = this.#at++;
    require(this.#number() === records.length);
    for (const { unpadded, size } of records) require(this.#number() === unpadded && this.#number() === size);
    while ((this.#at - start) % 4 !== 0) require(this.#byte(this.#at++) === 0);
    this.#checkCrc(start, this.#at);
    const footer = this.#at + 4;
    require(footer + FOOTER_BYTES === this.#bytes.length);
    require(this.#kernels.exports.crc32(this.#kernels.source + footer + 4, 6) >>> 0 === this.#word(footer));
    require((this.#word(footer + 4) + 1) * 4 === footer - start);
    require(this.#byte(footer + 8) === 0 && this.#byte(footer + 9) === this.#byte(7));
    require(this.#byte(footer + 10) === 0x59 && this.#byte(footer + 11) === 0x5a);
  }
}
