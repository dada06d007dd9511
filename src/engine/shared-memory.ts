import { writevSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Smallest payload that is put there, bytes: a smaller one costs less in its frame. */
const MIN_PAYLOAD_BYTES = 2 ** 16;
/** Most bytes that lie there at a time, which both processes count as theirs. */
const MAX_SHARED_BYTES = 2 ** 28;
/** Largest payload that is written at once, a few milliseconds: handing it to another thread costs half as much again. */
const MAX_BYTES_AT_ONCE = 2 ** 24;
/** Number of bytes of which each payload begins at a multiple. */
const ALIGNMENT_BYTES = 2 ** 12;

/** Place of a payload in the shared memory. */
export interface SharedPlace {
  readonly at: number;
  readonly length: number;
}

/**
 * Memory of the client, a file without a name, into which payloads are written instead of being sent: the client finds
 * them mapped, where a pipe would copy each byte twice. It is gone with the two processes, however they end.
 */
export class SharedMemory {
  readonly #file: FileHandle;
  /** Payloads that the client has not taken yet, in the order of their places. */
  #places: readonly SharedPlace[] = [];
  #isUsable = true;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /**
   * Opens the memory that a client offers: a path of this machine, and the text that the file holds, which shows that both
   * mean one file. Undefined where it cannot be opened or is another one.
   */
  static async open(path: string, text: string): Promise<SharedMemory | undefined> {
    const file = await open(path, 'r+').catch(() => undefined);
    if (file === undefined) return undefined;
    const found = Buffer.alloc(Buffer.byteLength(text));
    const isSame =
      text !== '' &&
      (await file.stat()).isFile() &&
      (await file.read(found, 0, found.length, 0)).bytesRead === found.length &&
      found.equals(Buffer.from(text));
    if (isSame) return new SharedMemory(file);
    await file.close();
    return undefined;
  }

  /** Writes a payload; undefined where it has to be sent: it is small, or there is no room. */
  async write(payload: readonly Uint8Array[]): Promise<SharedPlace | undefined> {
    const length = payload.reduce((sum, part) => sum + part.length, 0);
    if (!this.#isUsable || length < MIN_PAYLOAD_BYTES) return undefined;
    const place = this.#take(length);
    if (place === undefined) return undefined;
    try {
      await this.#writeAll(payload, place);
      return place;
    } catch {
      // Of memory there is as much as the machine has.
      this.#isUsable = false;
      this.give(place.at);
      return undefined;
    }
  }

  /** Notes that the client has taken what lies at a place. */
  give(at: number): void {
    this.#places = this.#places.filter((place) => place.at !== at);
  }

  close(): Promise<void> {
    this.#isUsable = false;
    return this.#file.close();
  }

  /** Takes the first room that is large enough. */
  #take(length: number): SharedPlace | undefined {
    let at = 0;
    let index = 0;
    for (const { at: next, length: taken } of this.#places) {
      if (at + length <= next) break;
      at = Math.ceil((next + taken) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
      index++;
    }
    if (at + length > MAX_SHARED_BYTES) return undefined;
    const place = { at, length };
    this.#places = this.#places.toSpliced(index, 0, place);
    return place;
  }

  async #writeAll(payload: readonly Uint8Array[], { at, length }: SharedPlace): Promise<void> {
    let rest = payload as Uint8Array<ArrayBuffer>[];
    for (let done = 0; rest.length > 0; ) {
      const written =
        length <= MAX_BYTES_AT_ONCE
          ? writevSync(this.#file.fd, rest, at + done)
          : (await this.#file.writev(rest, at + done)).bytesWritten;
      done += written;
      rest = without(rest, written);
    }
  }
}

/** Leaves out the first bytes of parts. */
function without(parts: readonly Uint8Array<ArrayBuffer>[], bytes: number): Uint8Array<ArrayBuffer>[] {
  let left = bytes;
  return parts.flatMap((part) => {
    const skipped = Math.min(left, part.length);
    left -= skipped;
    return skipped === part.length ? [] : [part.subarray(skipped)];
  });
}
