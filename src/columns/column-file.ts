import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { TimeSlice } from '../core/time-slice.ts';

/** Arrays of numbers that columns are made of. */
export type ColumnArray = Float64Array | Uint32Array | Uint8Array;

/** Places of arrays are multiples of so many bytes, so that they can be used where they lie. */
const ALIGNED_BYTES = 8;

/** Bytes that are copied, or checked, between two looks at the time. */
const BYTES_PER_STEP = 1024 ** 2;

/** Format of the files; another one is not read. */
const FORMAT = `vascusim columns 1 ${endianness()}`;

/** Digits of a CRC that is not known yet. */
const NO_CRC = '00000000';

/** Head of a file of columns. */
interface Head {
  readonly format: string;
  readonly facts: readonly unknown[];
  /** Bytes of each array. */
  readonly lengths: readonly number[];
  /** CRC-32 of all the rest. */
  readonly crc: string;
}

/** Writer of columns into one file: what they know as JSON, and their arrays as they are. */
export class ColumnWriter {
  readonly #facts: unknown[] = [];
  readonly #arrays: Uint8Array[] = [];

  /** Adds what JSON can say. */
  fact(value: unknown): void {
    this.#facts.push(value);
  }

  array({ buffer, byteOffset, byteLength }: ColumnArray): void {
    this.#arrays.push(new Uint8Array(buffer, byteOffset, byteLength));
  }

  /** Puts all together, and lets other events run meanwhile. */
  async bytes(slice: TimeSlice): Promise<Uint8Array<ArrayBuffer>> {
    const lengths = this.#arrays.map(({ byteLength }) => byteLength);
    const encode = (crc: string): Uint8Array =>
      new TextEncoder().encode(JSON.stringify({ format: FORMAT, facts: this.#facts, lengths, crc }));
    const head = encode(NO_CRC);
    const start = aligned(4 + head.byteLength);
    const size = lengths.reduce((sum, length) => sum + aligned(length), start);
    // Not filled with zeros first, which takes as long as all else here.
    const { buffer, byteOffset } = Buffer.allocUnsafeSlow(size);
    const all = new Uint8Array(buffer, byteOffset, size);
    new DataView(buffer, byteOffset).setUint32(0, head.byteLength);
    all.fill(0, 4 + head.byteLength, start);
    let at = start;
    for (const array of this.#arrays) {
      all.set(array, at);
      const end = at + array.byteLength;
      at += aligned(array.byteLength);
      all.fill(0, end, at);
      await slice.pause();
    }
    all.set(head, 4);
    all.set(encode(await crcOf(all, slice)), 4);
    return all;
  }
}

/** Reader of what a {@link ColumnWriter} has written, in the same order; its arrays lie in the bytes of the file. */
export class ColumnReader {
  readonly #head: Head;
  readonly #body: Uint8Array<ArrayBuffer>;
  #fact = 0;
  #array = 0;
  #at = 0;

  private constructor(head: Head, body: Uint8Array<ArrayBuffer>) {
    this.#head = head;
    this.#body = body;
  }

  /** Opens a file; undefined where it is of another format, or not whole. */
  static async open(bytes: Uint8Array<ArrayBuffer>, slice: TimeSlice): Promise<ColumnReader | undefined> {
    const head = headOf(bytes);
    if (head?.format !== FORMAT) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const body = bytes.subarray(aligned(4 + length));
    const isWhole = body.byteLength === head.lengths.reduce((sum, each) => sum + aligned(each), 0);
    if (!isWhole || (await crcOf(bytes, slice)) !== head.crc) return undefined;
    return new ColumnReader(head, body.byteOffset % ALIGNED_BYTES === 0 ? body : body.slice());
  }

  fact(): unknown {
    return this.#head.facts[this.#fact++];
  }

  array<Type extends ColumnArray>(
    type: (new (
      buffer: ArrayBuffer,
      offset: number,
      length: number,
    ) => Type) & { readonly BYTES_PER_ELEMENT: number },
  ): Type {
    const length = this.#head.lengths[this.#array++] as number;
    const { buffer, byteOffset } = this.#body;
    const array = new type(buffer, byteOffset + this.#at, length / type.BYTES_PER_ELEMENT);
    this.#at += aligned(length);
    return array;
  }
}

function headOf(bytes: Uint8Array<ArrayBuffer>): Head | undefined {
  if (bytes.byteLength < 4) return undefined;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  try {
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as Partial<Head> | null;
    // Its CRC is looked at later, by its lengths.
    return Array.isArray(head?.lengths) ? (head as Head) : undefined;
  } catch {
    return undefined;
  }
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNED_BYTES) * ALIGNED_BYTES;
}

/** Computes the CRC-32 of a file but for the end of its head, which says it. */
async function crcOf(file: Uint8Array<ArrayBuffer>, slice: TimeSlice): Promise<string> {
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0);
  const crcBytes = NO_CRC.length + '"}'.length;
  let crc = crc32(file.subarray(0, 4 + length - crcBytes));
  for (let at = aligned(4 + length); at < file.byteLength; at += BYTES_PER_STEP) {
    crc = crc32(file.subarray(at, at + BYTES_PER_STEP), crc);
    await slice.pause();
  }
  return crc.toString(16).padStart(NO_CRC.length, '0');
}
