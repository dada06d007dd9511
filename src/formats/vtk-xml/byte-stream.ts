import { FormatError } from '../../core/errors.ts';
import type { RandomAccess } from '../../core/mesh.ts';
import { StretchReader } from './stretch-reader.ts';

/** Place where the encoded data of one array lie, and how errors name it. */
export interface ArrayRegion {
  readonly file: RandomAccess;
  readonly path: string;
  readonly array: string;
  readonly start: number;
  /** Offset at or behind which nothing of the array lies. */
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** Binary data of one array, read from front to back. */
export interface ByteStream {
  /** Offset in the file of what is read next. */
  readonly position: number;
  /** Most bytes that can still follow. */
  readonly remaining: number;
  /** Bytes in memory that {@link ByteStream.take} need not wait for, as far as is told. */
  readonly ready: number;
  /** Reads the next `length` bytes, valid until the next call. */
  take(length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the next bytes. */
  readInto(target: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Notes that what follows was encoded by itself: base64 begins a new group there. */
  restart(): void;
  /** Waits for what is still being read. */
  close(): Promise<void>;
}

/** Makes the error of data that end too early. */
export function cutError(region: ArrayRegion, position: number): FormatError {
  const { path, array } = region;
  return new FormatError('has data that end before their declared length', { path, array, offset: position });
}

/** A growing buffer that is reused from call to call. */
export class Scratch {
  #bytes = new Uint8Array(0);

  take(length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(length);
    return this.#bytes.subarray(0, length);
  }
}

/** Bytes that stand in the file as they are. */
export class RawStream implements ByteStream {
  readonly #region: ArrayRegion;
  readonly #scratch = new Scratch();
  readonly #source: StretchReader;
  readonly #ahead: boolean;

  /** @param ahead - whether much will be taken in small parts, so that reading ahead pays */
  constructor(region: ArrayRegion, ahead: boolean) {
    const { file, start, end, signal } = region;
    this.#region = region;
    this.#source = new StretchReader(file, start, end, signal);
    this.#ahead = ahead;
  }

  get position(): number {
    return this.#source.position;
  }

  get remaining(): number {
    return this.#region.end - this.position;
  }

  get ready(): number {
    return this.#source.bytes.length;
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    if (length > this.remaining) throw cutError(this.#region, this.position);
    const source = this.#source;
    if (source.bytes.length >= length || (this.#ahead && (await source.fill(length)))) {
      const bytes = source.bytes.subarray(0, length);
      source.bytes = source.bytes.subarray(length);
      return bytes;
    }
    const bytes = this.#scratch.take(length);
    await source.readInto(bytes);
    return bytes;
  }

  async readInto(target: Uint8Array<ArrayBuffer>): Promise<void> {
    if (target.length > this.remaining) throw cutError(this.#region, this.position);
    await this.#source.readInto(target);
  }

  restart(): void {}

  close(): Promise<void> {
    return this.#source.close();
  }
}
