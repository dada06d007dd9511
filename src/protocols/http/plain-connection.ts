import type { Socket } from 'node:net';
import type { AnswerBody, BodyFlow } from './answer-body.ts';
import { codeOf, type RequestTarget, toNetworkError } from './failure.ts';
import { mayBePlainHead, type PlainHead, parsePlainHead } from './plain-head.ts';
import { ReplayedAnswer } from './replayed-answer.ts';
import type { SocketBuffers } from './socket-buffers.ts';

/** Longest head that is read, bytes. */
const MAX_HEAD_BYTES = 64 * 1024;

/** Asker of a {@link PlainConnection}. */
export interface PlainAsker extends RequestTarget {
  /** Makes the body of an answer whose head has come. */
  answered(head: PlainHead, flow: BodyFlow): AnswerBody;
  /** Takes an answer that is not plain: node:http is to read it. */
  answeredOddly(answer: ReplayedAnswer): void;
  /** Notes that there is no answer. */
  failed(error: unknown): void;
  /** Notes, once, that the connection is free for another request, or gone. */
  ended(): void;
}

/** Place that keeps connections without a request. */
export interface PlainKeeper {
  keep(connection: PlainConnection): void;
  forget(connection: PlainConnection): void;
}

/**
 * A connection over which one GET after the other goes, whose answers are of the plain form that nearly all have: it takes
 * a third of the time that node:http needs for a small one, and the bytes of a body come in memory that is used again.
 */
export class PlainConnection implements BodyFlow {
  readonly socket: Socket;
  /** True when an answer has come over it before. */
  isReused = false;
  readonly #buffers: SocketBuffers;
  readonly #keeper: PlainKeeper;
  #asker: PlainAsker | undefined;
  #body: AnswerBody | undefined;
  #left = 0;
  #replayed: ReplayedAnswer | undefined;
  /** Beginning of a head of which more is to come. */
  #early: Buffer<ArrayBuffer> | undefined;
  #keepMs: number;
  #error: Error | undefined;
  #isGone = false;

  /** @param keepMs - how long it is kept without a request, milliseconds */
  constructor(socket: Socket, buffers: SocketBuffers, keeper: PlainKeeper, keepMs: number) {
    this.socket = socket;
    this.#buffers = buffers;
    this.#keeper = keeper;
    this.#keepMs = keepMs;
    buffers.reuse(socket);
    socket
      .on('data', (chunk: Buffer<ArrayBuffer>) => this.#arrived(chunk))
      .on('end', () => {
        this.#leave();
        this.#replayed?.push(null);
      })
      .on('error', (error) => {
        this.#error ??= error;
      })
      .on('close', () => this.#closed())
      .on('timeout', () => {
        if (this.#asker === undefined) socket.destroy();
      })
      .setTimeout(keepMs);
  }

  /** False once no other request can go over it. */
  get isUsable(): boolean {
    return !this.#isGone && !this.socket.destroyed && this.socket.writable;
  }

  /** Sends a request, all of it in `text`, one byte a character. */
  ask(text: string, asker: PlainAsker): void {
    this.#asker = asker;
    this.socket.ref();
    this.socket.write(text, 'latin1');
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.#leave();
    this.socket.destroy();
  }

  #arrived(chunk: Buffer<ArrayBuffer>): void {
    if (this.#body !== undefined) return this.#take(chunk);
    if (this.#replayed !== undefined) return this.#replayed.arrived(chunk);
    const asker = this.#asker;
    // Nobody has asked for it.
    if (asker === undefined) return this.destroy();
    const head = this.#early === undefined ? chunk : Buffer.concat([this.#early, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.byteLength <= MAX_HEAD_BYTES && mayBePlainHead(head.toString('latin1'))) {
      this.#early = Buffer.from(head);
      this.#buffers.recycle(chunk);
      return;
    }
    const parsed = end < 0 ? undefined : parsePlainHead(head.toString('latin1', 0, end));
    this.#early = undefined;
    if (parsed === undefined) {
      this.#leave();
      this.#replayed = new ReplayedAnswer(this.socket, head);
      return asker.answeredOddly(this.#replayed);
    }
    this.#buffers.recycle(head === chunk ? chunk.subarray(0, end + 4) : chunk);
    this.#left = parsed.length;
    this.#keepMs = Math.min(this.#keepMs, parsed.keepMs);
    this.#body = asker.answered(parsed, this);
    this.#take(head.subarray(end + 4));
  }

  #take(chunk: Buffer<ArrayBuffer>): void {
    const body = this.#body as AnswerBody;
    const wanted = chunk.byteLength > this.#left ? chunk.subarray(0, this.#left) : chunk;
    // What follows the end belongs to no answer.
    if (chunk.byteLength > this.#left) this.#keepMs = 0;
    this.#left -= wanted.byteLength;
    if (wanted.byteLength > 0) body.take(wanted);
    if (this.#left === 0 && body.end()) this.#finish();
  }

  /** Ends an exchange whose last byte has come. */
  #finish(): void {
    const asker = this.#asker;
    this.#asker = undefined;
    this.#body = undefined;
    this.isReused = true;
    if (this.#keepMs > 0 && this.isUsable) {
      this.socket.setTimeout(this.#keepMs).unref();
      // Its reader may be behind.
      this.socket.resume();
      this.#keeper.keep(this);
    } else this.destroy();
    asker?.ended();
  }

  #leave(): void {
    this.#isGone = true;
    this.#keeper.forget(this);
  }

  #closed(): void {
    this.#leave();
    const asker = this.#asker;
    if (asker === undefined) return;
    this.#asker = undefined;
    const error = this.#error;
    const isCut = error === undefined || ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
    if (this.#replayed !== undefined) this.#replayed.destroy(error);
    else if (this.#body === undefined) {
      asker.failed(error ?? Object.assign(new Error('closed without an answer'), { code: 'ECONNRESET' }));
    } else if (isCut) this.#body.failCut(error);
    else this.#body.fail(toNetworkError(error, asker));
    asker.ended();
  }
}
