import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { type ChunkReader, offerChunks } from '../../core/chunk-reader.ts';
import { NetworkError } from '../../core/errors.ts';
import type { ExchangeWatch } from './exchange-watch.ts';
import { codeOf, type RequestTarget, toNetworkError } from './failure.ts';

/** Number of bytes that may wait for their reader beyond what the socket holds. */
const MAX_AHEAD_BYTES = 1024 ** 2;

/**
 * Lengths from which on the bytes of a body are taken from the socket itself, bytes: where a new connection is nothing
 * beside them. With TLS it takes longer, and less is won.
 */
const LARGE_BODY_BYTES = { plain: 8 * 1024 ** 2, tls: 64 * 1024 ** 2 } as const;

type Chunk = Uint8Array<ArrayBuffer>;

/** A read that waits for bytes. */
interface Waiting {
  resolve(chunk: Chunk | undefined): void;
  reject(error: unknown): void;
}

/** Things that a body needs besides the message that carries it. */
export interface BodyOptions extends RequestTarget {
  readonly idleTimeoutMs: number;
  /** Watch whose signals fail the body with their reason. */
  readonly watch: ExchangeWatch;
}

/** Reads the length of the body of an answer to GET, where it is announced and large: see {@link MessageBody}. */
export function largeLength({ statusCode, headers, socket }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length']);
  const isFile = statusCode === 200 || statusCode === 206;
  const least = socket instanceof TLSSocket ? LARGE_BODY_BYTES.tls : LARGE_BODY_BYTES.plain;
  return isFile && length >= least && headers['transfer-encoding'] === undefined ? length : undefined;
}

/**
 * Bytes of a message as they come. The socket is read only as far as the reader keeps up; while it does not, the idle
 * time-out stands still. Cancelling closes the connection, unless its last byte has come.
 *
 * The parser of Node.js copies each piece of a body into new memory. So the bytes of a large body are taken from the
 * socket without it, and the connection, of whose state the parser then knows nothing, is closed after the last one.
 *
 * Fails with a retryable NetworkError when the connection ends before the announced end or is silent for too long.
 */
export class MessageBody implements ChunkReader {
  readonly #message: IncomingMessage;
  readonly #options: BodyOptions;
  readonly #flow: Readable;
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

  /** @param largeLength - bytes of the body, where it is taken from the socket */
  constructor(message: IncomingMessage, options: BodyOptions, largeLength?: number) {
    this.#message = message;
    this.#options = options;
    this.#flow = largeLength === undefined ? message : message.socket;
    message.on('data', (chunk: Buffer<ArrayBuffer>) => this.#take(chunk));
    if (largeLength !== undefined) this.#takeFromSocket(largeLength);
    message.on('end', () => {
      if (!message.complete) this.#fail(this.#cut());
      else this.#end();
    });
    message.on('error', (error) => {
      const isEarly = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
      this.#fail(isEarly ? this.#cut(error) : toNetworkError(error, options));
    });
    message.on('close', () => {
      if (!this.#isEnded) this.#fail(this.#cut());
    });
    options.watch.handOver({
      aborted: (reason) => this.#fail(reason),
      silent: () => {
        if (this.#isFlowing) this.#fail(this.#silence());
      },
    });
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
    if (this.#settle()) this.#message.destroy();
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

  #take(chunk: Buffer<ArrayBuffer>): void {
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

  #takeFromSocket(length: number): void {
    const message = this.#message;
    // What the parser has of the body already comes by the message.
    message.socket.removeAllListeners('data').on('data', (chunk: Buffer<ArrayBuffer>) => {
      while (message.readableLength > 0) message.read();
      this.#take(chunk.subarray(0, length - this.#received));
      if (this.#received >= length && this.#end()) message.destroy();
    });
    message.socket.resume();
  }

  #settle(): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#options.watch.end();
    return true;
  }

  #end(): boolean {
    if (!this.#settle()) return false;
    this.#waiting?.resolve(undefined);
    return true;
  }

  #fail(error: unknown): void {
    if (!this.#settle()) return;
    this.#queue.length = 0;
    this.#failure = { error };
    this.#message.destroy();
    this.#waiting?.reject(error);
    this.#controller?.error(error);
  }

  #silence(): NetworkError {
    const { label, host, idleTimeoutMs } = this.#options;
    return new NetworkError(
      `${label}: ${host} has sent nothing for ${idleTimeoutMs} ms after ${this.#received} bytes. Raise idleTimeoutMs if it is only slow.`,
    );
  }

  #cut(cause?: unknown): NetworkError {
    const { label, host } = this.#options;
    const length = this.#message.headers['content-length'];
    const announced = length === undefined ? '' : ` of ${length}`;
    return new NetworkError(
      `${label}: the connection to ${host} ended after ${this.#received}${announced} bytes.`,
      {},
      cause === undefined ? {} : { cause },
    );
  }
}
