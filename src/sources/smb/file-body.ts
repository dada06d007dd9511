import { isVascuError, NetworkError } from '../../core/errors.ts';
import { backoff, wait } from '../../core/retry.ts';
import type { ByteRange } from '../../core/source.ts';
import { changedFile } from '../../core/source-errors.ts';
import type { SmbClient } from '../../protocols/smb/client.ts';
import {
  closeFile,
  type FirstRead,
  type OpenFile,
  openFile,
  readInto,
  type ShareFile,
} from '../../protocols/smb/file.ts';
import { MAX_PAYLOAD_BYTES } from '../../protocols/smb/protocol.ts';
import { versionOf } from './version.ts';

/** Bytes asked for ahead of whoever reads, over all files that are read at a time. */
const AHEAD_BYTES = 16 * MAX_PAYLOAD_BYTES;
/** Requests under way for one file at the most. */
const MAX_AHEAD = 64;
/** Number of times that a file is opened anew without a byte having come in between. */
const MAX_REOPENS = 4;

/** First read that opens without reading. */
const OPEN_ONLY: FirstRead = {
  offset: 0,
  length: 0,
  closes: false,
  allocate: (length) => new Uint8Array(length),
};
/** Reason why requests are given up that nobody waits for; one for all, since making an error costs. */
const ENDED = new Error('The file was no longer read.');

/** A piece of the file that was asked for. */
interface Slot {
  readonly offset: number;
  readonly chunk: Uint8Array<ArrayBuffer>;
  /** Promise that settles when the piece is here; an error is a value, since nobody may be waiting. */
  readonly done: Promise<{ readonly error: unknown } | undefined>;
}

/** File that {@link FileBody} reads. */
export interface BodySource {
  readonly client: SmbClient;
  readonly place: ShareFile;
  readonly range: ByteRange;
  readonly version: string;
  readonly file: OpenFile;
  readonly signal: AbortSignal | undefined;
  /** Listener that is called once when the body has ended, whatever the way. */
  readonly ended: () => void;
}

/**
 * The bytes of a range of a file, read ahead in pieces of up to 1 MiB. When the connection breaks, the file is
 * opened on a new one and read on from the same byte, as long as it is still of the same version.
 */
export class FileBody {
  readonly #source: BodySource;
  /** Controller of what is under way, made when that begins: most small files have come with their opening. */
  #stop: AbortController | undefined;
  readonly #slots: Slot[] = [];
  #file: OpenFile;
  #first: Uint8Array<ArrayBuffer> | undefined;
  #next: number;
  #position: number;
  #isEnded = false;
  #abort: (() => void) | undefined;

  constructor(source: BodySource) {
    const { file, range, client } = source;
    this.#source = source;
    this.#file = file;
    this.#position = range.start;
    const first = file.first.subarray(0, range.end - range.start);
    this.#first = first.length > 0 ? (first as Uint8Array<ArrayBuffer>) : undefined;
    this.#next = range.start + first.length;
    client.openBodies++;
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { signal, range } = this.#source;
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#abort = () => {
            controller.error(signal?.reason);
            this.#end(signal?.reason);
          };
          signal?.addEventListener('abort', this.#abort);
          if (range.start < range.end) return;
          this.#end();
          controller.close();
        },
        pull: (controller) => {
          const { file } = this.#source;
          const whole = this.#first;
          if (whole === undefined || !file.isClosed || this.#next < range.end) return this.#pull(controller);
          // All of it came with its opening.
          this.#first = undefined;
          controller.enqueue(whole);
          this.#end();
          controller.close();
          return undefined;
        },
        cancel: (reason) => this.#end(reason),
      },
      { highWaterMark: 0 },
    );
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    const { range } = this.#source;
    try {
      const chunk = await this.#read();
      if (this.#isEnded) return;
      this.#position += chunk.length;
      controller.enqueue(chunk);
      if (this.#position < range.end) return;
      await this.#finish();
      if (this.#isEnded) return;
      this.#end();
      controller.close();
    } catch (error) {
      if (this.#isEnded) return;
      this.#end(error);
      throw error;
    }
  }

  get #signal(): AbortSignal {
    this.#stop ??= new AbortController();
    return this.#stop.signal;
  }

  async #read(): Promise<Uint8Array<ArrayBuffer>> {
    for (let reopens = 0; ; reopens++) {
      this.#fill();
      if (this.#first !== undefined) {
        const first = this.#first;
        this.#first = undefined;
        return first;
      }
      const slot = this.#slots.shift() as Slot;
      const failure = await slot.done;
      if (this.#isEnded) return slot.chunk;
      if (failure === undefined) return slot.chunk;
      // Memory of requests that failed is not used again: the server may still be writing into it.
      this.#slots.length = 0;
      this.#next = slot.offset;
      await this.#reopen(failure.error, reopens);
      if (this.#isEnded) return slot.chunk;
    }
  }

  /** Keeps requests under way. */
  #fill(): void {
    const { client, range } = this.#source;
    const { connection, login } = this.#file.session;
    const pieceBytes = Math.min(login.maxReadBytes, connection.credits.payloadLimit());
    const share = Math.max(2, Math.floor(AHEAD_BYTES / pieceBytes / client.openBodies));
    const ahead = Math.min(MAX_AHEAD, share);
    while (this.#next < range.end && this.#slots.length < ahead) {
      const length = Math.min(pieceBytes, range.end - this.#next);
      const chunk = client.take(length);
      const offset = this.#next;
      const done = this.#readPiece(this.#file, offset, chunk).then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      this.#slots.push({ offset, chunk, done });
      this.#next += length;
    }
  }

  /** Fills a chunk; the server may send less than was asked for. */
  async #readPiece(file: OpenFile, offset: number, chunk: Uint8Array): Promise<void> {
    const { place } = this.#source;
    for (let filled = 0; filled < chunk.length; ) {
      const length = await readInto(file, place, offset + filled, chunk.subarray(filled), this.#signal);
      if (length === 0) throw new NetworkError(`${place.url} ended early, at byte ${offset + filled}.`);
      filled += length;
    }
  }

  async #reopen(failure: unknown, reopens: number): Promise<void> {
    const { client, place, version } = this.#source;
    const signal = this.#signal;
    if (!isVascuError(failure, 'NETWORK') || !failure.retryable || reopens >= MAX_REOPENS) throw failure;
    const old = this.#file;
    release(old);
    for (let attempt = reopens; ; attempt++) {
      try {
        if (attempt > 0) await wait(backoff(attempt, { baseDelayMs: client.retryDelayMs }), signal);
        const session = await client.session(signal);
        this.#file = await openFile(session, place, OPEN_ONLY, signal);
        if (this.#isEnded) release(this.#file);
        break;
      } catch (error) {
        if (!isVascuError(error, 'NETWORK') || !error.retryable || attempt >= MAX_REOPENS) throw error;
      }
    }
    const found = versionOf(this.#file.info);
    if (found !== version) throw changedFile(place.url, version, found);
  }

  /** Closes the file and looks whether it is still the one that was opened. */
  async #finish(): Promise<void> {
    if (this.#file.isClosed) return;
    const file = this.#file;
    this.#file = { ...file, isClosed: true };
    try {
      await closeFile(file, this.#source.place, this.#signal);
    } catch (error) {
      if (isVascuError(error, 'NOT_FOUND')) throw error; // All bytes are here: a lost connection does no harm.
    }
  }

  #end(reason?: unknown): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { client, signal, ended } = this.#source;
    if (this.#abort !== undefined) signal?.removeEventListener('abort', this.#abort);
    this.#stop?.abort(reason ?? ENDED);
    client.openBodies--;
    release(this.#file);
    ended();
  }
}

function release({ session, tree, info, isClosed }: OpenFile): void {
  if (!isClosed && session.connection.failure === undefined) session.release(tree, info.fileId);
}
