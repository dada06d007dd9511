import { crc32 } from 'node:zlib';
import { FormatError, NetworkError } from '../core/errors.ts';
import type { ByteRange } from '../core/source.ts';
import { type Inflater, STEP_BYTES } from '../formats/kernels/inflater.ts';
import type { OpenedBytes } from './byte-space.ts';
import { wrongChecksum, wrongSize } from './damage.ts';
import { GZIP_TRAILER_BYTES, readGzipHeader, readGzipTrailer } from './gzip.ts';
import { POINT_SLACK_BYTES, POINT_SPACING_BYTES, type RestartPoints } from './restart-points.ts';
import type { RestartPoint } from './restart-state.ts';

/** Deflated data, and what is known of what they unpack to. */
export interface Deflated {
  /** Path in the source, for messages. */
  readonly path: string;
  /** Bare data of a ZIP member, or gzip members one behind the other. */
  readonly framing: 'raw' | 'gzip';
  readonly packedSize: number;
  /** Bytes and CRC-32 of the output; undefined where nothing tells before a pass. */
  readonly size: number | undefined;
  readonly crc: number | undefined;
  /** Bytes of output at the most. */
  readonly maxBytes: number;
  readonly points: RestartPoints;
  openPacked(range: ByteRange, signal: AbortSignal): Promise<OpenedBytes>;
}

/** Packed bytes that are asked for at least, and behind a known place. */
const MIN_REQUEST_BYTES = 256 * 1024;
const LOOKAHEAD_BYTES = 2048;
/** Factor between what is asked for and what the mean of the member tells. */
const ESTIMATE_MARGIN = 1.1;

/** Output of deflated data from a place on, checked, with a restart point every 4 MiB. */
export class InflateStream {
  readonly #data: Deflated;
  readonly #inflater: Inflater;
  readonly #signal: AbortSignal;
  #phase: 'header' | 'data' | 'trailer' | 'end';
  #position = 0;
  #crc = 0;
  #memberOutput = 0;
  #memberCrc = 0;
  /** Gzip members that have ended. */
  #members = 0;
  #nextPoint = 1;
  /** Packed bytes that the inflater was fed, and that were asked for. */
  #fed = 0;
  #asked = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  #recycle: OpenedBytes['recycle'];
  #chunk: Uint8Array<ArrayBuffer> | undefined;
  #chunkAt = 0;

  /** @param from - place to go on from; undefined for the beginning */
  constructor(data: Deflated, inflater: Inflater, from: RestartPoint | undefined, signal: AbortSignal) {
    this.#data = data;
    this.#inflater = inflater;
    this.#signal = signal;
    this.#phase = data.framing === 'gzip' && from === undefined ? 'header' : 'data';
    inflater.clearInput();
    if (from === undefined) {
      inflater.reset();
      return;
    }
    if (!inflater.restore(from.state)) throw this.#bad('a restart point of it is damaged', from.input);
    this.#position = from.output;
    this.#crc = from.crc;
    this.#memberOutput = from.memberOutput;
    this.#memberCrc = from.memberCrc;
    this.#fed = this.#asked = from.input;
    this.#nextPoint = Math.round(from.output / POINT_SPACING_BYTES) + 1;
  }

  /** Bytes of output that were given, or lie before what was. */
  get position(): number {
    return this.#position;
  }

  /**
   * Gives the next bytes of output, valid until the next call; undefined behind the last, when all is right.
   *
   * @param wanted - bytes of output up to which data are asked for
   * @throws FormatError where the data are damaged
   * @throws IntegrityError where size or checksum are not what was announced
   */
  async next(wanted: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#phase === 'end') return undefined;
      if (this.#phase === 'header') await this.#readHeader(wanted);
      else if (this.#phase === 'trailer') await this.#readTrailer(wanted);
      else {
        const output = await this.#step(wanted);
        if (output.length > 0) return output;
      }
    }
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.cancel().catch(() => undefined);
  }

  async #step(wanted: number): Promise<Uint8Array<ArrayBuffer>> {
    const boundary = this.#nextPoint * POINT_SPACING_BYTES;
    const status = this.#inflater.step(Math.min(STEP_BYTES, boundary - this.#position));
    const { output } = this.#inflater;
    if (status === 'damaged')
      throw this.#bad('its deflated data are damaged', this.#fed - this.#inflater.pending);
    await this.#account(output);
    if (status === 'room' && boundary - this.#position < POINT_SLACK_BYTES) await this.#passPoint();
    else if (status === 'ended') await this.#endData();
    else if (status === 'input' && output.length === 0 && !(await this.#feed(wanted))) {
      throw this.#bad('its deflated data are cut', this.#fed);
    }
    return output;
  }

  async #account(output: Uint8Array): Promise<void> {
    const { path, size, maxBytes } = this.#data;
    this.#position += output.length;
    this.#memberOutput += output.length;
    if (size !== undefined && this.#position > size) {
      await this.#data.points.distrust(this.#position);
      throw wrongSize(path, size, `more than ${size}`);
    }
    if (this.#position > maxBytes) {
      throw this.#bad(
        `it unpacks to more than ${maxBytes} bytes, which maxExpansion does not allow. Raise maxExpansion if the archive is trusted`,
        this.#fed,
      );
    }
    this.#crc = crc32(output, this.#crc);
    if (this.#data.framing === 'gzip') this.#memberCrc = crc32(output, this.#memberCrc);
  }

  /** Takes a restart point, or compares with the one that is known. */
  async #passPoint(): Promise<void> {
    const { points, path } = this.#data;
    const number = this.#nextPoint++;
    const known = points.crcAt(number);
    if (known !== undefined && known.output === this.#position && known.crc !== this.#crc) {
      await points.distrust(this.#data.size ?? this.#position);
      throw wrongChecksum(path, known.crc, this.#crc);
    }
    if (known !== undefined) return;
    points.add(number, {
      input: this.#fed - this.#inflater.pending,
      output: this.#position,
      crc: this.#crc,
      memberOutput: this.#memberOutput,
      memberCrc: this.#memberCrc,
      state: this.#inflater.save(),
    });
  }

  async #endData(): Promise<void> {
    const { framing, path, size, crc, points } = this.#data;
    if (framing === 'gzip') {
      this.#phase = 'trailer';
      return;
    }
    this.#phase = 'end';
    const isShort = size !== undefined && this.#position < size;
    if (!isShort && (crc === undefined || crc === this.#crc)) return;
    await points.distrust(this.#position);
    throw isShort ? wrongSize(path, size, String(this.#position)) : wrongChecksum(path, crc ?? 0, this.#crc);
  }

  async #readHeader(wanted: number): Promise<void> {
    const head = readGzipHeader(this.#inflater.peekInput());
    if (this.#members > 0 && this.#inflater.pending === 0 && !(await this.#feed(wanted))) this.#end();
    else if (head === 'more') {
      if (!(await this.#feed(wanted))) {
        const problem =
          this.#fed === 0 || this.#members === 0 ? 'it is no gzip file' : 'it is cut within a header';
        if (!this.#isPadding()) throw this.#bad(problem, this.#fed);
      }
    } else if (head === 'none') {
      if (this.#isPadding()) return;
      throw this.#bad(
        this.#members === 0 ? 'it is no gzip file' : 'bytes of something else follow the gzip data',
        this.#fed - this.#inflater.pending,
      );
    } else {
      this.#inflater.takeInput(head.length);
      this.#inflater.reset();
      this.#memberCrc = 0;
      this.#memberOutput = 0;
      this.#phase = 'data';
    }
  }

  #end(): void {
    const { path, size } = this.#data;
    if (size !== undefined && this.#position < size) throw wrongSize(path, size, String(this.#position));
    this.#phase = 'end';
  }

  /** Passes over zeros behind the last member, as tapes and block devices have them. */
  #isPadding(): boolean {
    const rest = this.#inflater.peekInput();
    if (this.#members === 0 || rest.length === 0 || rest.some((byte) => byte !== 0)) return false;
    this.#inflater.takeInput(rest.length);
    return true;
  }

  async #readTrailer(wanted: number): Promise<void> {
    while (this.#inflater.pending < GZIP_TRAILER_BYTES) {
      if (!(await this.#feed(wanted))) throw this.#bad('it is cut within its checksum', this.#fed);
    }
    const { path, points } = this.#data;
    const { crc, size } = readGzipTrailer(this.#inflater.takeInput(GZIP_TRAILER_BYTES));
    if (crc !== this.#memberCrc || size !== this.#memberOutput % 2 ** 32) {
      await points.distrust(this.#position);
      throw wrongChecksum(path, crc, this.#memberCrc);
    }
    this.#members++;
    this.#phase = 'header';
  }

  /** Feeds what comes next; false where nothing does. */
  async #feed(wanted: number): Promise<boolean> {
    this.#chunk ??= await this.#receive(wanted);
    if (this.#chunk === undefined) return false;
    const taken = this.#inflater.feed(this.#chunk.subarray(this.#chunkAt));
    this.#chunkAt += taken;
    this.#fed += taken;
    if (this.#chunkAt === this.#chunk.length) {
      this.#recycle?.(this.#chunk);
      this.#chunk = undefined;
      this.#chunkAt = 0;
    }
    if (this.#fed === this.#data.packedSize) this.#inflater.finish();
    return taken > 0;
  }

  /** Receives the next packed bytes as they come; undefined behind the last. */
  async #receive(wanted: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      if (this.#reader === undefined) {
        if (this.#asked === this.#data.packedSize) return undefined;
        const start = this.#asked;
        const end = await this.#requestEnd(wanted);
        const opened = await this.#data.openPacked({ start, end }, this.#signal);
        this.#asked = end;
        this.#reader = opened.body.getReader();
        this.#recycle = opened.recycle;
      }
      const { done, value } = await this.#reader.read();
      if (!done) return value;
      this.#reader = undefined;
      if (this.#fed < this.#asked) {
        throw new NetworkError(`${this.#data.path} ended after ${this.#fed} of ${this.#asked} packed bytes.`);
      }
    }
  }

  /** Tells up to where packed bytes are asked for: no further than the wanted output needs, as far as that is known. */
  async #requestEnd(wanted: number): Promise<number> {
    const { packedSize, size, points } = this.#data;
    if (size === undefined || wanted >= size) return packedSize;
    const known = await points.after(wanted, this.#signal);
    const ahead = (wanted - this.#position) * (packedSize / size) * ESTIMATE_MARGIN;
    const end =
      known === undefined
        ? this.#asked + Math.max(MIN_REQUEST_BYTES, Math.ceil(ahead))
        : Math.max(known.input, this.#asked) + LOOKAHEAD_BYTES;
    return Math.min(packedSize, end);
  }

  #bad(problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.#data.path, offset });
  }
}
