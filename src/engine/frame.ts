/*
 * Frame: 16 bytes, little endian (u32 bytes of the message, u32 zero, u64 bytes of the payload); the message, JSON in
 * UTF-8; the payload, a safetensors file.
 */

/** Bytes before the message. */
const PREFIX_BYTES = 16;
/** Largest message that is read or written. */
const MAX_MESSAGE_BYTES: number = 64 * 1024 ** 2;
/** Largest message of a client that has not said yet who it is. */
export const MAX_GREETING_BYTES = 4096;

/** Message of a frame. */
export type Message = Readonly<Record<string, unknown>>;

/** Bytes that are no frame: the connection ends. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/** Lays out a frame: what to write, one part after the other, without copying the payload. */
export function layOutFrame(message: string, payload: readonly Uint8Array[] = []): Uint8Array[] {
  const text = new TextEncoder().encode(message);
  if (text.length > MAX_MESSAGE_BYTES)
    throw new FrameError(`a message of ${text.length} bytes; ${MAX_MESSAGE_BYTES} are the most`);
  const prefix = new DataView(new ArrayBuffer(PREFIX_BYTES));
  prefix.setUint32(0, text.length, true);
  prefix.setBigUint64(8, BigInt(payload.reduce((sum, { length }) => sum + length, 0)), true);
  return [new Uint8Array(prefix.buffer), text, ...payload];
}

/** Reader of frames without payloads, in whatever pieces their bytes come. */
export class RequestFrameReader {
  #chunks: Uint8Array[] = [];
  #length = 0;
  #limit: number;

  /** @param limit - bytes of the largest message */
  constructor(limit: number = MAX_MESSAGE_BYTES) {
    this.#limit = limit;
  }

  /** True when a frame has begun and not ended. */
  get isInside(): boolean {
    return this.#length > 0;
  }

  /** Lets messages be as large as they may. */
  trust(): void {
    this.#limit = MAX_MESSAGE_BYTES;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /**
   * Takes the next message; undefined as long as it is not complete.
   *
   * @throws FrameError for bytes that are no frame
   */
  next(): Message | undefined {
    const length = this.#checkPrefix();
    if (length === undefined || this.#length < PREFIX_BYTES + length) return undefined;
    const all = this.#join();
    const end = PREFIX_BYTES + length;
    this.#chunks = end < all.length ? [all.subarray(end)] : [];
    this.#length = all.length - end;
    return parse(all.subarray(PREFIX_BYTES, end));
  }

  /** Looks at as much of a prefix as is there, and gives the bytes of the message once all of it is. */
  #checkPrefix(): number | undefined {
    if (this.#length < 4) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < Math.min(this.#length, PREFIX_BYTES)) this.#join();
    const { buffer, byteOffset, byteLength } = this.#chunks[0] as Uint8Array;
    const view = new DataView(buffer, byteOffset, byteLength);
    const length = view.getUint32(0, true);
    if (length > this.#limit)
      throw new FrameError(`a message of ${length} bytes; ${this.#limit} are the most`);
    if (byteLength >= 8 && view.getUint32(4, true) !== 0)
      throw new FrameError('bytes 4 to 7 of a frame must be 0');
    if (byteLength < PREFIX_BYTES) return undefined;
    if (view.getBigUint64(8, true) !== 0n) throw new FrameError('requests have no payload');
    return length;
  }

  #join(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [all];
    return all;
  }
}

function parse(bytes: Uint8Array): Message {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new FrameError('a message that is no JSON');
  }
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message as Message;
  throw new FrameError('a message that is no object');
}
