import type { Message } from './frame.ts';

/** Answer to a request. */
export interface Answer {
  /** @defaultValue null */
  readonly value?: unknown;
  /** Safetensors file in parts. @defaultValue none */
  readonly payload?: readonly Uint8Array[] | undefined;
}

/** Function that sends a frame to the client; settles when the system has taken it. */
export type Send = (message: Message, payload?: readonly Uint8Array[]) => Promise<void>;

/** Request under way. Its stream goes on as far as the client has given credit. */
export class EngineCall {
  readonly id: number;
  readonly #send: Send;
  readonly #control = new AbortController();
  /** Parts of a stream that the client takes before it gives more credit. */
  #credits = 0;
  #wake: (() => void) | undefined;

  constructor(id: number, send: Send) {
    this.id = id;
    this.#send = send;
  }

  /** Signal that aborts when the client cancels the request, or is gone. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  cancel(): void {
    this.#control.abort(new Error('The client has cancelled the request.'));
    this.#wake?.();
  }

  grant(credits: number): void {
    this.#credits += credits;
    this.#wake?.();
  }

  /** Waits for a credit and takes it. Rejects when the request is cancelled. */
  async takeCredit(): Promise<void> {
    while (this.#credits === 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.signal.throwIfAborted();
    this.#credits--;
  }

  /** Sends a part of a stream. */
  sendPart(message: Message, payload?: readonly Uint8Array[]): Promise<void> {
    return this.#send({ id: this.id, more: true, ...message }, payload);
  }
}
