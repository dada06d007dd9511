import type { Readable, Writable } from 'node:stream';
import { writeJson } from '../data.ts';
import { FrameError, layOutFrame, type Message, RequestFrameReader } from './frame.ts';
import type { SharedMemory } from './shared-memory.ts';

/** Longest silence within a frame, milliseconds. */
const FRAME_TIMEOUT_MS = 10_000;

/** Receiver of what comes over a {@link ClientConnection}. */
export interface Receiver {
  /** @throws FrameError for a message that breaks the rules: the connection ends */
  receive(message: Message): void;
  /** Learns that the connection has ended; `reason` says why where the other side has broken the rules. */
  ended(reason: string | undefined): void;
}

/** Line to a client: frames in, frames out, each complete and in the order in which it was sent. */
export class ClientConnection {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #reader: RequestFrameReader;
  readonly #receiver: Receiver;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;
  /** Memory of the client for payloads; undefined where they are sent. */
  memory: SharedMemory | undefined;

  constructor(input: Readable, output: Writable, reader: RequestFrameReader, receiver: Receiver) {
    this.#input = input;
    this.#output = output;
    this.#reader = reader;
    this.#receiver = receiver;
    const end = (): void => this.end();
    input.on('data', (chunk: Uint8Array) => this.#take(chunk));
    for (const event of ['end', 'error', 'close']) input.on(event, end);
    for (const event of ['error', 'close']) output.on(event, end);
  }

  /** Sends a frame; settles when the system has taken all of it, or the connection has ended. */
  async send(message: object, payload?: readonly Uint8Array[]): Promise<void> {
    const place = payload === undefined ? undefined : await this.memory?.write(payload);
    if (this.#hasEnded) return;
    const parts =
      place === undefined
        ? layOutFrame(writeJson(message), payload)
        : layOutFrame(writeJson({ ...message, shared: [place.at, place.length] }));
    await new Promise<void>((resolve) => {
      this.#output.cork();
      for (const [index, part] of parts.entries())
        this.#output.write(part, index === parts.length - 1 ? () => resolve() : undefined);
      this.#output.uncork();
    });
  }

  /** Ends it; what is sent afterwards goes nowhere. */
  end(reason?: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#input.pause();
    this.#receiver.ended(reason);
  }

  /** Closes both ways. */
  destroy(): void {
    this.end();
    this.#input.destroy();
    this.#output.destroy();
  }

  #take(chunk: Uint8Array): void {
    if (this.#hasEnded) return;
    clearTimeout(this.#timer);
    try {
      this.#reader.add(chunk);
      for (let message = this.#reader.next(); message !== undefined; message = this.#reader.next())
        this.#receiver.receive(message);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.end(error.message);
      return;
    }
    if (!this.#reader.isInside) return;
    const silent = (): void => this.end(`nothing for ${FRAME_TIMEOUT_MS / 1000} s within a frame`);
    this.#timer = setTimeout(silent, FRAME_TIMEOUT_MS);
    this.#timer.unref();
  }
}
