import { type ChunkReader, offerChunks } from '../../core/chunk-reader.ts';
import { NetworkError } from '../../core/errors.ts';
import type { ExchangeWatch } from './exchange-watch.ts';
import type { RequestTarget } from './failure.ts';

/** Number of bytes that may wait for their reader beyond what the socket holds. */
const MAX_AHEAD_BYTES = 1024 ** 2;

type Chunk = Uint8Array<ArrayBuffer>;

/** A read that waits for bytes. */
interface Waiting {
  resolve(chunk: Chunk | undefined): void;
  reject(error: unknown): void;
}

/** Things that a body needs besides where it comes from. */
export interface BodyOptions extends RequestTarget {
  readonly idleTimeoutMs: number;
  /** Watch whose signals fail the body with their reason. */
  readonly watch: ExchangeWatch;
}

/** Flow of the bytes of a body into its queue. */
export interface BodyFlow {
  pause(): void;
  resume(): void;
  /** Ends it before its last byte. */
  destroy(): void;
}

/**
 * Bytes of an answer as they come, until somebody reads them. The socket is read only as far as the reader keeps up; while
 * it does not, the idle time-out stands still. Cancelling closes the connection, unless its last byte has come.
 */
export class AnswerBody implements ChunkReader {
  readonly #options: BodyOptions;
  readonly #flow: BodyFlow;
  /** Length as it was announced, if it was. */
  readonly #announced: string | undefined;
  readonly #queue: Chunk[] = [];
  #queued = 0;
  #received = 0;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  /** True while more may come than the reader has taken: then silence is the server's. */
  #isFlowing = true;
  #isRead = false;
  #waiting: Waiting | undefined;
  #stream: ReadableStream<Chunk> | undefined;
  #controller: ReadableStreamDefaultController<Chunk> | undefined;

  constructor(flow: BodyFlow, options: BodyOptions, announced: string | undefined) {
    this.#flow = flow;
    this.#options = options;
    this.#announced = announced;
    options.watch.handOver({
      aborted: (reason) => this.fail(reason),
      silent: () => {
        if (this.#isFlowing) this.fail(this.#silence());
      },
    });
  }

  /** Bytes that have come. */
  get received(): number {
    return this.#received;
  }

  /** True after the last byte, a failure or a cancellation. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Bytes as a stream, for whoever needs one. */
  get stream(): ReadableStream<Chunk> {
    this.#stream ??= offerChunks(this.#makeStream(), this);
    return this.#stream;
  }

  /** True when somebody reads the bytes. */
  get isTaken(): boolean {
    return this.#isRead || this.#stream?.locked === true;
  }

  read(): Chunk | undefined | Promise<Chunk | undefined> {
    this.#isRead = true;
    const chunk = this.#queue.shift();
    if (chunk === undefined) {
      if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
      if (this.#isEnded) return undefined;
      return new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    }
    this.#queued -= chunk.byteLength;
    if (!this.#isEnded && !this.#isFlowing && this.#queued < MAX_AHEAD_BYTES) {
      this.#isFlowing = true;
      this.#options.watch.touch();
      this.#flow.resume();
    }
    return chunk;
  }

  cancel(): void {
    this.#isRead = true;
    this.#queue.length = 0;
    if (this.#settle()) this.#flow.destroy();
    this.#waiting?.resolve(undefined);
  }

  /** Puts back what was read, all of it. */
  unread(chunks: readonly Chunk[]): void {
    this.#queue.unshift(...chunks);
    this.#isRead = false;
  }

  #makeStream(): ReadableStream<Chunk> {
    return new ReadableStream<Chunk>(
      {
        start: (controller) => {
          this.#controller = controller;
          if (this.#failure !== undefined) controller.error(this.#failure.error);
        },
        pull: async (controller) => {
          const chunk = await this.read();
          if (chunk !== undefined) controller.enqueue(chunk);
          else controller.close();
        },
        cancel: () => this.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  /** Takes bytes that have come. */
  take(chunk: Buffer<ArrayBuffer>): void {
    if (this.#isEnded) return;
    const { byteLength } = chunk;
    this.#received += byteLength;
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, byteLength);
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      waiting.resolve(bytes);
    } else {
      this.#queue.push(bytes);
      this.#queued += byteLength;
    }
    this.#isFlowing = this.#queued < MAX_AHEAD_BYTES;
    if (this.#isFlowing) this.#options.watch.touch();
    else this.#flow.pause();
  }

  /** Notes that the last byte has come; @returns false where it was over before. */
  end(): boolean {
    if (!this.#settle()) return false;
    this.#waiting?.resolve(undefined);
    return true;
  }

  /** Ends it with an error, and what brings it. */
  fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#queue.length = 0;
    this.#failure = { error };
    this.#flow.destroy();
    this.#waiting?.reject(error);
    this.#controller?.error(error);
  }

  /** Fails since the connection has ended before the last byte. */
  failCut(cause?: unknown): void {
    if (this.#isEnded) return;
    const { label, host } = this.#options;
    const announced = this.#announced === undefined ? '' : ` of ${this.#announced}`;
    this.fail(
      new NetworkError(
        `${label}: the connection to ${host} ended after ${this.#received}${announced} bytes.`,
        {},
        cause === undefined ? {} : { cause },
      ),
    );
  }

  #settle(): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#options.watch.end();
    return true;
  }

  #silence(): NetworkError {
    const { label, host, idleTimeoutMs } = this.#options;
    return new NetworkError(
      `${label}: ${host} has sent nothing for ${idleTimeoutMs} ms after ${this.#received} bytes. Raise idleTimeoutMs if it is only slow.`,
    );
  }
}
