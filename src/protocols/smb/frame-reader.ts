import { MAX_PAYLOAD_BYTES, READ_HEAD_BYTES } from './protocol.ts';
import { malformed } from './reply-reader.ts';

/** Bytes of a frame that are received into memory of whoever reads. */
export interface Placed {
  /** Place in the frame where they begin. */
  readonly at: number;
  /** Memory for them, of their length. */
  readonly memory: Uint8Array;
}

/** Handler of the frames of a {@link FrameReader}. */
export interface FrameHandler {
  /**
   * Makes room for the payload of a longer frame, of which it gets the first bytes, 80 at first: where the payload goes,
   * how many of the frame's first bytes it must see to know, or undefined where the frame is wanted in one piece.
   */
  place(start: Buffer, frameBytes: number): Placed | number | undefined;
  /** Takes a whole frame, without what went where {@link FrameHandler.place} said. Its memory is used again after the call. */
  frame(frame: Buffer, placed: Placed | undefined): void;
  /** Notes that the server refuses the connection (RFC 1002 4.3.4); nothing more comes. */
  refused(code: number): void;
}

/** Length of the longest frame there can be, bytes, since no request asks for more than {@link MAX_PAYLOAD_BYTES}. */
const MAX_FRAME_BYTES = MAX_PAYLOAD_BYTES + 128 * 1024;
const PREFIX_BYTES = 4;
/** Types of packets of NetBIOS (RFC 1002 4.3.1), the first byte of the prefix. */
const Packet = { refusal: 0x83, keepAlive: 0x85 } as const;
/** Bytes received at a time while no long frame is under way. */
const SMALL_READ_BYTES = 64 * 1024;
/** Size of the room for frames that come in one piece, bytes; it grows with them. */
const SCRATCH_BYTES = 4096;
/** Length from which on the rest of a frame is received straight to where it belongs, bytes. */
const MIN_DIRECT_BYTES = 16 * 1024;

/**
 * Reader that cuts what a server sends into frames (MS-SMB2 2.1: 4 bytes of length before each). The kernel writes the
 * payload of a READ straight into the memory of whoever reads; nothing in between copies it.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #small = Buffer.allocUnsafe(SMALL_READ_BYTES);
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #scratch: Buffer = Buffer.alloc(0);
  #prefixBytes = 0;
  /** Length of the frame under way, or -1 between frames. */
  #frameBytes = -1;
  /** True when the one byte that says why the connection is refused comes next. */
  #isRefused = false;
  /** Bytes of it that are here. */
  #received = 0;
  /** First bytes of it that tell where the payload goes; 0 once that is known. */
  #startBytes = 0;
  #placed: Placed | undefined;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /** Finds where the next bytes are to be received. */
  nextBuffer(): Uint8Array {
    const rest = this.#frameBytes < 0 ? 0 : this.#goal - this.#received;
    return rest < MIN_DIRECT_BYTES ? this.#small : this.#target(rest);
  }

  /**
   * Takes the first `length` bytes of `buffer`, which {@link FrameReader.nextBuffer} gave or which hold bytes of
   * any other origin.
   *
   * @throws NetworkError when they are no frames
   */
  received(buffer: Uint8Array, length: number): void {
    if (buffer.buffer !== this.#small.buffer && this.#isTarget(buffer)) {
      this.#received += length;
      if (this.#received === this.#startBytes) this.#place();
      this.#finish();
      return;
    }
    let at = 0;
    while (at < length) at += this.#take(buffer.subarray(at, length));
  }

  /** Takes some of `bytes` and says how many. */
  #take(bytes: Uint8Array): number {
    if (this.#isRefused) {
      this.#handler.refused(bytes[0] ?? 0);
      return bytes.length;
    }
    if (this.#frameBytes < 0) return this.#takePrefix(bytes);
    const taken = bytes.subarray(0, this.#goal - this.#received);
    this.#target(taken.length).set(taken);
    this.#received += taken.length;
    if (this.#received === this.#startBytes) this.#place();
    this.#finish();
    return taken.length;
  }

  /** Place in the frame up to which bytes are received into the same memory. */
  get #goal(): number {
    if (this.#startBytes > 0) return this.#startBytes;
    const at = this.#placed?.at ?? Infinity;
    const end = at + (this.#placed?.memory.length ?? 0);
    const next = this.#received < at ? at : this.#received < end ? end : Infinity;
    return Math.min(next, this.#frameBytes);
  }

  /** Asks where the payload goes, now that the first bytes are here. */
  #place(): void {
    const start = this.#scratch.subarray(0, this.#received);
    const found = this.#handler.place(start, this.#frameBytes);
    const isLater = typeof found === 'number' && found > this.#received && found < this.#frameBytes;
    this.#startBytes = isLater ? found : 0;
    this.#placed = typeof found === 'object' ? found : undefined;
  }

  #takePrefix(bytes: Uint8Array): number {
    const taken = bytes.subarray(0, PREFIX_BYTES - this.#prefixBytes);
    this.#prefix.set(taken, this.#prefixBytes);
    this.#prefixBytes += taken.length;
    if (this.#prefixBytes < PREFIX_BYTES) return taken.length;
    const value = this.#prefix.readUInt32BE(0);
    this.#prefixBytes = 0;
    if (value === Packet.keepAlive * 2 ** 24) return taken.length;
    if (value === Packet.refusal * 2 ** 24 + 1) {
      this.#isRefused = true;
      return taken.length;
    }
    if (value === 0 || value > MAX_FRAME_BYTES)
      throw malformed(`a frame of ${value} bytes (is this the port of an SMB server?)`);
    this.#frameBytes = value;
    this.#received = 0;
    this.#startBytes = value > READ_HEAD_BYTES ? READ_HEAD_BYTES : 0;
    if (this.#scratch.length < value) this.#scratch = Buffer.allocUnsafeSlow(Math.max(value, SCRATCH_BYTES));
    return taken.length;
  }

  /** Finds the memory of the next `length` bytes of the frame, which lie in one. */
  #target(length: number): Uint8Array {
    const { at, memory } = this.#placed ?? { at: Infinity, memory: this.#small };
    const isPlaced = this.#received >= at && this.#received < at + memory.length;
    const { buffer, byteOffset } = isPlaced ? memory : this.#scratch;
    const before = this.#received < at ? 0 : isPlaced ? at : memory.length;
    return new Uint8Array(buffer, byteOffset + this.#received - before, length);
  }

  #isTarget(buffer: Uint8Array): boolean {
    if (this.#frameBytes < 0) return false;
    const target = this.#target(0);
    return buffer.buffer === target.buffer && buffer.byteOffset === target.byteOffset;
  }

  #finish(): void {
    if (this.#received < this.#frameBytes) return;
    const placed = this.#placed;
    const length = this.#frameBytes - (placed?.memory.length ?? 0);
    this.#frameBytes = -1;
    this.#placed = undefined;
    this.#handler.frame(this.#scratch.subarray(0, length), placed);
  }
}
