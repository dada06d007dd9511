import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/**
 * Connection for node:http over which an answer comes whose request has gone out already: what has come of it first, then
 * the rest. What is written to it goes nowhere.
 */
export class ReplayedAnswer extends Duplex {
  readonly #socket: Socket;

  /** @param early - what has come */
  constructor(socket: Socket, early: Uint8Array) {
    super();
    this.#socket = socket;
    this.push(early);
  }

  /** Takes what comes. */
  arrived(chunk: Uint8Array): void {
    if (!this.push(chunk)) this.#socket.pause();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  /** Ends the connection, whose state nobody knows, when the answer has been read. */
  override _final(done: () => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
