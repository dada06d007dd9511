import { NetworkError } from '../../core/errors.ts';

/** Makes the error for what a server sent that does not follow its protocol. Another connection may do better. */
export function malformed(problem: string): NetworkError {
  return new NetworkError(
    `The SMB server sent what the protocol does not allow: ${problem}. The connection was given up.`,
  );
}

/** Reader of little-endian numbers and pieces of what a server sent; each offset and length is checked first. */
export class ReplyReader {
  readonly bytes: Buffer;
  readonly #label: string;

  /** @param label - how messages name these bytes */
  constructor(bytes: Buffer, label: string) {
    this.bytes = bytes;
    this.#label = label;
  }

  get length(): number {
    return this.bytes.length;
  }

  u8(at: number): number {
    return this.bytes[this.#check(at, 1)] as number;
  }

  u16(at: number): number {
    return this.bytes.readUInt16LE(this.#check(at, 2));
  }

  u32(at: number): number {
    return this.bytes.readUInt32LE(this.#check(at, 4));
  }

  u64(at: number): bigint {
    return this.bytes.readBigUInt64LE(this.#check(at, 8));
  }

  /** Reads an unsigned 64-bit number that must be a safe integer, such as a file size. */
  size(at: number): number {
    const value = this.u64(at);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`${this.#label} with a size of ${value}`);
    return Number(value);
  }

  /** Takes a view of `length` bytes. */
  slice(at: number, length: number): Buffer {
    return this.bytes.subarray(this.#check(at, length), at + length);
  }

  /** Reads UTF-16LE text of `length` bytes. */
  text(at: number, length: number): string {
    if (length % 2 !== 0) throw malformed(`${this.#label} with half a character`);
    return this.slice(at, length).toString('utf16le');
  }

  /** Makes a reader of the part from `at` to the end. */
  from(at: number): ReplyReader {
    return new ReplyReader(this.slice(at, this.length - at), this.#label);
  }

  #check(at: number, length: number): number {
    if (!Number.isSafeInteger(at) || at < 0 || length < 0 || at + length > this.length) {
      throw malformed(`${this.#label} of ${this.length} bytes that points to ${length} bytes at ${at}`);
    }
    return at;
  }
}
