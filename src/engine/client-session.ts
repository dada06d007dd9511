import type { Readable, Writable } from 'node:stream';
import { UnsupportedError } from '../data.ts';
import { ClientConnection } from './client-connection.ts';
import { EngineCall } from './engine-call.ts';
import { describeError } from './error-message.ts';
import { FrameError, MAX_GREETING_BYTES, type Message, RequestFrameReader } from './frame.ts';
import type { Closable, Handles } from './handles.ts';
import type { Client, Operations } from './operation.ts';
import { numberOf } from './request.ts';
import { SharedMemory } from './shared-memory.ts';

/** Version of the protocol; the other side must speak the same one. */
export const PROTOCOL_VERSION = 1;

/** Longest time that a process that attaches may take to say who it is, milliseconds. */
const GREETING_TIMEOUT_MS = 10_000;

/** Host of sessions: the operations, objects and greeting that they have in common. */
export interface SessionHost {
  /** Message by which the engine says who it is. */
  readonly greeting: Message;
  readonly operations: Operations;
  readonly handles: Handles;
  share(token: string): Promise<string>;
  ended(session: ClientSession, reason: string | undefined): void;
}

/** Rule by which a client is let in. */
export interface ClientAdmission {
  /** True when the engine sends its greeting before the client's has come. */
  readonly greetsFirst: boolean;
  /** Tells whether a client with this greeting may come in. */
  admits(greeting: Message): boolean;
}

/** Client of the engine: its requests under way, and the objects that are closed when it is gone. */
export class ClientSession implements Client {
  readonly #host: SessionHost;
  readonly #admission: ClientAdmission;
  readonly #reader = new RequestFrameReader(MAX_GREETING_BYTES);
  readonly #connection: ClientConnection;
  readonly #calls = new Map<number, EngineCall>();
  readonly #owned = new Set<number>();
  readonly #questions = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #lastQuestion = 0;
  #isGreeted = false;
  #hasEnded = false;

  constructor(input: Readable, output: Writable, host: SessionHost, admission: ClientAdmission) {
    this.#host = host;
    this.#admission = admission;
    this.#connection = new ClientConnection(input, output, this.#reader, {
      receive: (message) => this.#receive(message),
      ended: (reason) => this.#ended(reason),
    });
    if (admission.greetsFirst) void this.#connection.send(host.greeting);
    else this.#expectGreeting();
  }

  keep(object: Closable): number {
    const handle = this.#host.handles.add(object);
    this.#owned.add(handle);
    // Made while the client went away.
    if (this.#hasEnded) void this.#host.handles.close(handle).catch(() => undefined);
    return handle;
  }

  async lendMemory(path: string, text: string): Promise<boolean> {
    const memory = await SharedMemory.open(path, text);
    await this.#connection.memory?.close();
    this.#connection.memory = memory;
    if (this.#hasEnded) await memory?.close();
    return memory !== undefined;
  }

  forget(handle: number): void {
    this.#owned.delete(handle);
  }

  ask(callback: number, args: readonly unknown[]): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new Error('The client is gone.'));
    const question = ++this.#lastQuestion;
    return new Promise((resolve, reject) => {
      this.#questions.set(question, { resolve, reject });
      void this.#connection.send({ ask: question, callback, args });
    });
  }

  /** Ends the requests under way and closes what the client has left. */
  async close(): Promise<void> {
    this.#connection.destroy();
    for (const call of this.#calls.values()) call.cancel();
    for (const { reject } of this.#questions.values()) reject(new Error('The client is gone.'));
    const owned = [...this.#owned].map((handle) => this.#host.handles.close(handle));
    await Promise.allSettled([...owned, this.#connection.memory?.close()]);
  }

  #receive(message: Message): void {
    if (!this.#isGreeted) return this.#greet(message);
    const { op, id, of } = message;
    switch (op) {
      case 'cancel':
        return this.#calls.get(of as number)?.cancel();
      case 'credit':
        return this.#credit(message);
      case 'answer':
        return this.#answer(message);
      case 'taken':
        return this.#connection.memory?.give(message['at'] as number);
      default:
        if (typeof op !== 'string' || !Number.isSafeInteger(id) || this.#calls.has(id as number))
          throw new FrameError('a message without "op", or without an "id" of its own');
        void this.#run(op, id as number, message);
    }
  }

  /** Ends a connection over which nobody says who it is. */
  #expectGreeting(): void {
    const silent = (): void => {
      if (!this.#isGreeted) this.#connection.end('it has not said who it is');
    };
    setTimeout(silent, GREETING_TIMEOUT_MS).unref();
  }

  #greet(message: Message): void {
    const { greeting } = this.#host;
    if (!this.#admission.admits(message)) throw new FrameError('no greeting that is known here');
    this.#isGreeted = true;
    this.#reader.trust();
    if (!this.#admission.greetsFirst) void this.#connection.send(greeting);
    if (message['protocol'] === PROTOCOL_VERSION) return;
    const own = `${String(greeting['place'])} of vascusim ${String(greeting['version'])} speaks protocol ${PROTOCOL_VERSION}`;
    const other = `${String(message['place'])} of vascusim ${String(message['version'])} protocol ${String(message['protocol'])}`;
    throw new FrameError(`${own}, ${other}: use both of one version`);
  }

  async #run(op: string, id: number, request: Message): Promise<void> {
    const { operations, handles } = this.#host;
    const call = new EngineCall(id, (...frame) => this.#connection.send(...frame));
    this.#calls.set(id, call);
    try {
      call.grant(request['credits'] === undefined ? 0 : numberOf(request, 'credits'));
      const operation = Object.hasOwn(operations, op) ? operations[op] : undefined;
      if (operation === undefined)
        throw new UnsupportedError(`the operation ${op}`, `The engine has no operation "${op}".`);
      const share = (token: string): Promise<string> => this.#host.share(token);
      const answer = await operation(request, { call, client: this, handles, share });
      await this.#connection.send({ id, ok: answer?.value ?? null }, answer?.payload);
    } catch (error) {
      await this.#connection.send({ id, error: describeError(error) });
    } finally {
      this.#calls.delete(id);
    }
  }

  #credit(message: Message): void {
    const { of, credits } = message;
    if (!Number.isSafeInteger(credits) || (credits as number) < 0)
      throw new FrameError('"credits" that are no whole number from 0 on');
    this.#calls.get(of as number)?.grant(credits as number);
  }

  #answer(message: Message): void {
    const question = this.#questions.get(message['of'] as number);
    this.#questions.delete(message['of'] as number);
    if (message['error'] === undefined) question?.resolve(message['ok']);
    else question?.reject(new Error(String(message['error'])));
  }

  #ended(reason: string | undefined): void {
    this.#hasEnded = true;
    for (const call of this.#calls.values()) call.cancel();
    this.#host.ended(this, reason);
  }
}
