import { NetworkError } from '../../core/errors.ts';
import { Credits } from './credits.ts';
import type { Pending, Protection, RequestGroup, RequestOptions, Security } from './exchange.ts';
import { type FrameHandler, FrameReader, type Placed } from './frame-reader.ts';
import { freeMemory } from './free-memory.ts';
import { Liveness } from './liveness.ts';
import {
  chargeOf,
  decodeHeader,
  encodeRequest,
  type Outgoing,
  type Reply,
  type ReplyHeader,
  zeroed,
} from './message.ts';
import { isSmb1 } from './old-dialect.ts';
import {
  Command,
  HEADER_BYTES,
  HeaderFlag,
  MESSAGE_ID,
  READ_HEAD_BYTES,
  TRANSFORM_ID,
  UNSOLICITED_ID,
} from './protocol.ts';
import { splitPayload } from './read-payload.ts';
import { onlySmb1, refusedConnection } from './refusal.ts';
import { malformed } from './reply-reader.ts';
import { endsSession, Status, statusName } from './status.ts';
import type { Dial, Endpoint, Transport } from './transport.ts';

/** Longest answer to opening a file whose READ behind it is received where it belongs, bytes. */
const MAX_OPENED_BYTES = 4096;

/**
 * Connection to one server that sends requests and matches the answers (MS-SMB2 3.2.4.1, 3.2.5.1): message ids,
 * credits, related requests in one frame, signatures, encryption, cancelling, and the watch over a server that falls
 * silent.
 *
 * The first thing that is wrong ends the connection: every request under way rejects, and so does each later one.
 */
export class Connection {
  readonly endpoint: Endpoint;
  /** Dialect agreed on; 0 before. */
  dialect = 0;
  readonly #credits = new Credits();
  readonly #pending = new Map<number, Pending>();
  readonly #queue: RequestGroup[] = [];
  readonly #liveness: Liveness;
  readonly #frames: FrameReader;
  #transport: Transport | undefined;
  #security: Security = { sessionId: 0n, signer: undefined, sealer: undefined };
  #nextId = 0;
  #failure: Error | undefined;
  #starvedEchoes = 0;
  #isHeld = true;

  private constructor(endpoint: Endpoint, idleTimeoutMs: number) {
    this.endpoint = endpoint;
    const handler: FrameHandler = {
      place: (start, frameBytes) => this.#place(start, frameBytes),
      frame: (frame, placed) => this.#receiveFrame(frame, placed),
      refused: (code) => this.fail(refusedConnection(code, endpoint)),
    };
    this.#frames = new FrameReader(handler);
    this.#liveness = new Liveness(idleTimeoutMs, {
      pending: () => this.#pending.values(),
      isBusy: () => this.#pending.size + this.#queue.length > 0,
      echo: () => this.#echo(),
      fail: (problem) => this.fail(new NetworkError(`The SMB server at ${endpoint.host} ${problem}`)),
    });
  }

  /** @throws NetworkError when the server cannot be reached */
  static async open(
    endpoint: Endpoint,
    dial: Dial,
    idleTimeoutMs: number,
    signal: AbortSignal,
  ): Promise<Connection> {
    const connection = new Connection(endpoint, idleTimeoutMs);
    connection.#transport = await dial(
      endpoint,
      {
        nextBuffer: () => connection.#frames.nextBuffer(),
        received: (buffer, length) => connection.#feed(buffer, length),
        closed: (error) => connection.fail(error),
      },
      signal,
    );
    if (connection.#failure !== undefined) throw connection.#failure;
    connection.#liveness.start();
    connection.#hold();
    return connection;
  }

  /** Error that ended the connection; undefined while it works. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  get security(): Security {
    return this.#security;
  }

  get credits(): Credits {
    return this.#credits;
  }

  /** Says to whom further messages belong. */
  secure(security: Security): void {
    this.#security = security;
  }

  /**
   * Sends `requests`, several of them as related ones in one frame, and resolves with the answers in their order.
   * An answer with an error status is an answer.
   *
   * @throws NetworkError when the connection ends first
   */
  async request(requests: readonly Outgoing[], options: RequestOptions = {}): Promise<readonly Reply[]> {
    options.signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const cost = requests.reduce((sum, request) => sum + this.#chargeOf(request), 0);
    return new Promise((resolve, reject) => {
      const settle = (error: unknown): void => {
        options.signal?.removeEventListener('abort', abort);
        if (error === undefined) resolve(exchange.replies);
        else reject(error);
      };
      const exchange: RequestGroup = {
        requests,
        options,
        cost,
        replies: [],
        settle,
        open: requests.length,
        isAborted: false,
      };
      const abort = (): void => this.#abort(exchange);
      options.signal?.addEventListener('abort', abort, { once: true });
      this.#queue.push(exchange);
      if (this.#queue.length === 1 && this.#pending.size === 0) this.#liveness.heard();
      this.#pump();
      this.#hold();
    });
  }

  /** Ends the connection; what is under way rejects with `error`. */
  fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#liveness.stop();
    this.#transport?.destroy();
    const exchanges = new Set([...this.#pending.values()].map(({ exchange }) => exchange));
    for (const exchange of [...exchanges, ...this.#queue]) exchange.settle(error);
    this.#pending.clear();
    this.#queue.length = 0;
  }

  /** Says goodbye where that can be done without waiting, and ends. */
  end(error: Error): void {
    if (this.#failure === undefined && this.#security.sessionId !== 0n && this.#credits.available > 0) {
      const { sealer, signer } = this.#security;
      const body = Buffer.from([4, 0, 0, 0]);
      const protection = sealer !== undefined ? 'encrypt' : signer !== undefined ? 'sign' : 'none';
      this.request([{ command: Command.logoff, body }], { protection }).catch(() => {});
      this.#transport?.hold(false);
      this.#transport?.end();
      this.#transport = undefined;
    }
    this.fail(error);
  }

  // Sending

  #chargeOf(request: Outgoing): number {
    return this.dialect > 0x0202 ? chargeOf(request) : 1;
  }

  #pump(): void {
    for (;;) {
      const first = this.#queue[0];
      if (first === undefined || this.#failure !== undefined) return;
      if (first.cost > this.#credits.available) break;
      this.#queue.shift();
      this.#send(first);
    }
    this.#relieve();
  }

  /** Asks for more credits where nothing is under way that could bring some, and those there are do not suffice. */
  #relieve(): void {
    if (this.#pending.size > 0) return;
    if (this.#credits.available > 0 && this.#starvedEchoes++ < 4) this.#echo();
    else
      this.fail(
        new NetworkError(
          `The SMB server at ${this.endpoint.host} grants only ${this.#credits.total} credits, too few to read from it.`,
          { retryable: false },
        ),
      );
  }

  #send(exchange: RequestGroup): void {
    const { requests, options } = exchange;
    const protection = options.protection ?? 'none';
    const messages = requests.map((request, index) => {
      const charge = this.#chargeOf(request);
      const isLast = index === requests.length - 1;
      const length = HEADER_BYTES + request.body.length;
      const messageId = this.#nextId;
      this.#nextId += charge;
      const creditRequest = this.#credits.toRequest(charge);
      this.#credits.take(charge);
      this.#pending.set(messageId, {
        exchange,
        index,
        charge,
        messageId,
        asyncId: 0n,
        pendingSince: undefined,
        overtakenSince: undefined,
      });
      const message = encodeRequest(
        {
          command: request.command,
          charge: this.dialect > 0x0202 ? charge : 0,
          creditRequest,
          flags: (index > 0 ? HeaderFlag.related : 0) | (protection === 'sign' ? HeaderFlag.signed : 0),
          nextCommand: isLast ? 0 : Math.ceil(length / 8) * 8,
          messageId,
          treeId: request.treeId ?? 0,
          sessionId: this.#security.sessionId,
        },
        request.body,
      );
      options.transcript?.(message);
      return message;
    });
    this.#write(messages, protection);
  }

  #write(messages: readonly Buffer[], protection: Protection): void {
    const { signer, sealer } = this.#security;
    let parts = messages;
    if (protection === 'sign') for (const message of messages) signer?.sign(message);
    if (protection === 'encrypt' && sealer !== undefined) parts = sealer.seal(Buffer.concat(messages));
    const prefix = zeroed(4);
    prefix.writeUInt32BE(parts.reduce((sum, { length }) => sum + length, 0));
    this.#transport?.write(Buffer.concat([prefix, ...parts]));
  }

  #echo(): void {
    const { sealer, signer } = this.#security;
    const protection = sealer !== undefined ? 'encrypt' : signer !== undefined ? 'sign' : 'none';
    const exchange: RequestGroup = {
      requests: [{ command: Command.echo, body: Buffer.from([4, 0, 0, 0]) }],
      options: { protection },
      cost: 1,
      replies: [],
      settle: () => {},
      open: 1,
      isAborted: false,
    };
    if (this.#credits.available > 0 && this.#failure === undefined) this.#send(exchange);
  }

  // Aborting

  #abort(exchange: RequestGroup): void {
    exchange.isAborted = true;
    exchange.settle(exchange.options.signal?.reason);
    const queued = this.#queue.indexOf(exchange);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      this.#pump();
      return;
    }
    for (const pending of this.#pending.values()) if (pending.exchange === exchange) this.#cancel(pending);
  }

  /** Asks the server to give up a request (MS-SMB2 3.2.4.24); it takes no credit and has no answer of its own. */
  #cancel({ messageId, asyncId, exchange }: Pending): void {
    const protection = exchange.options.protection ?? 'none';
    const message = encodeRequest(
      {
        command: Command.cancel,
        charge: 0,
        creditRequest: 0,
        flags: (asyncId === 0n ? 0 : HeaderFlag.async) | (protection === 'sign' ? HeaderFlag.signed : 0),
        nextCommand: 0,
        messageId,
        treeId: 0,
        sessionId: this.#security.sessionId,
      },
      Buffer.from([4, 0, 0, 0]),
    );
    if (asyncId !== 0n) message.writeBigUInt64LE(asyncId, 32);
    this.#write([message], protection);
  }

  // Receiving

  #feed(buffer: Uint8Array, length: number): void {
    if (this.#failure !== undefined) return;
    this.#liveness.heard();
    try {
      this.#frames.received(buffer, length);
    } catch (error) {
      this.fail(error instanceof Error ? error : malformed('something that cannot be read'));
    }
  }

  /** Finds where the payload of a plain READ goes, which is answered alone or right behind the opening of its file. */
  #place(start: Buffer, frameBytes: number): Placed | number | undefined {
    const next = start.readUInt32LE(20);
    if (next === 0) {
      const memory = this.#placeRest(start, frameBytes);
      return memory && { at: READ_HEAD_BYTES, memory };
    }
    if (start.readUInt32LE(0) !== MESSAGE_ID || start.readUInt16LE(12) !== Command.create) return undefined;
    if (next % 8 !== 0 || next < HEADER_BYTES || next + READ_HEAD_BYTES > MAX_OPENED_BYTES) return undefined;
    if (start.length < next + READ_HEAD_BYTES) return next + READ_HEAD_BYTES;
    const head = start.subarray(next, next + READ_HEAD_BYTES);
    const [request, length] = this.#askedBy(head);
    const isFitting = length > 0 && length <= (request?.payloadBytes ?? 0);
    if (!isFitting || next + READ_HEAD_BYTES + length > frameBytes) return undefined;
    const memory = request?.allocate?.(length);
    return memory && { at: next + READ_HEAD_BYTES, memory };
  }

  /** Finds the memory for the payload of an answer to a READ alone, which has a sink. */
  #placeRest(head: Buffer, frameBytes: number): Uint8Array | undefined {
    const [request, length, isAlone] = this.#askedBy(head);
    if (request?.sink === undefined || !isAlone || head.readUInt32LE(20) !== 0) return undefined;
    if (length !== frameBytes - READ_HEAD_BYTES || length > request.sink.length) return undefined;
    return request.sink.subarray(0, length);
  }

  /** Finds the READ that was answered, the bytes it brought, and whether it was sent alone. */
  #askedBy(head: Buffer): readonly [Outgoing | undefined, number, boolean] {
    const none = [undefined, 0, false] as const;
    if (head.readUInt32LE(0) !== MESSAGE_ID || head.readUInt16LE(12) !== Command.read) return none;
    if (head.readUInt32LE(8) !== Status.success || head[66] !== READ_HEAD_BYTES) return none;
    const pending = this.#pending.get(Number(head.readBigUInt64LE(24)));
    const requests = pending?.exchange.requests ?? [];
    return [requests[pending?.index ?? 0], head.readUInt32LE(68), requests.length === 1];
  }

  #receiveFrame(frame: Buffer, placed: Placed | undefined): void {
    if (this.dialect === 0 && isSmb1(frame)) throw onlySmb1(this.endpoint);
    if (frame.length < 4 || frame.readUInt32LE(0) !== TRANSFORM_ID) {
      this.#receiveMessages(frame, false, placed);
      return;
    }
    const { sealer } = this.#security;
    if (sealer === undefined) throw malformed('an encrypted message before the login');
    const { message, payload } = sealer.open(frame, READ_HEAD_BYTES, (head, length) =>
      this.#placeRest(head, length),
    );
    if (payload !== undefined) this.#receive(message, true, payload);
    else {
      this.#receiveMessages(message, true, undefined);
      freeMemory(message);
    }
  }

  /** Takes the related messages of a frame apart. @param placed - bytes that are not in `frame` */
  #receiveMessages(frame: Buffer, isSealed: boolean, placed: Placed | undefined): void {
    for (let at = 0; ; ) {
      const message = frame.subarray(at);
      const { nextCommand } = decodeHeader(message);
      const isHolding =
        placed !== undefined && at < placed.at && (nextCommand === 0 || at + nextCommand > placed.at);
      const absent = isHolding ? placed.memory.length : 0;
      const length = nextCommand === 0 ? message.length : nextCommand - absent;
      const isFramed = nextCommand === 0 || (nextCommand % 8 === 0 && length >= HEADER_BYTES);
      if (!isFramed || length > message.length) throw malformed('related answers that overlap');
      if (isHolding) {
        const headBytes = placed.at - at;
        if (length < headBytes) throw malformed('related answers that overlap');
        const tail = message.subarray(headBytes, length);
        this.#receive(message.subarray(0, headBytes), isSealed, placed.memory, tail);
      } else this.#receive(message.subarray(0, length), isSealed);
      if (nextCommand === 0) return;
      at += length;
    }
  }

  /** @param tail - bytes of the message behind its payload */
  #receive(message: Buffer, isSealed: boolean, payload?: Uint8Array, tail?: Uint8Array): void {
    const header = decodeHeader(message);
    if (header.messageId === UNSOLICITED_ID) return;
    const pending = this.#pending.get(Number(header.messageId));
    const request = pending?.exchange.requests[pending.index];
    if (pending === undefined || request === undefined)
      throw malformed('an answer to nothing that was asked');
    if (header.command !== request.command) throw malformed('the answer to another request');
    const protection = pending.exchange.options.protection ?? 'none';
    if (protection === 'encrypt' && !isSealed) throw this.#unprotected(header, 'unencrypted');
    if (header.status === Status.pending && header.asyncId !== 0n) {
      this.#credits.settle(0, header.credits);
      pending.asyncId = header.asyncId;
      pending.pendingSince = performance.now();
      this.#pump();
      return;
    }
    if (protection === 'sign' && !isSealed) this.#verify(header, message, payload, tail);
    if (endsSession(header.status) && request.command !== Command.sessionSetup) {
      throw new NetworkError(
        `The SMB server at ${this.endpoint.host} ended the session (${statusName(header.status)}). A new login is needed.`,
      );
    }
    const reply = { ...header, ...splitPayload(header, message, payload, request) };
    // From here on nothing throws: what is taken out of the map would never settle.
    this.#pending.delete(pending.messageId);
    this.#credits.settle(pending.charge, header.credits);
    this.#starvedEchoes = request.command === Command.echo ? this.#starvedEchoes : 0;
    this.#noteOvertaken(pending.messageId);
    pending.exchange.options.transcript?.(message);
    this.#settle(pending, reply);
    this.#pump();
    this.#hold();
  }

  #verify(header: ReplyHeader, message: Buffer, ...rest: readonly (Uint8Array | undefined)[]): void {
    if ((header.flags & HeaderFlag.signed) === 0) throw this.#unprotected(header, 'unsigned');
    if (this.#security.signer?.verify(message, ...rest) !== true) {
      throw malformed('an answer whose signature does not fit: it was changed on its way');
    }
  }

  /**
   * Makes the error for an answer without protection: a server that has lost the session cannot sign what it says of
   * it.
   */
  #unprotected({ status }: ReplyHeader, how: string): NetworkError {
    return malformed(`an ${how} answer (${statusName(status)}) where protection was agreed on`);
  }

  #settle({ exchange, index }: Pending, reply: Reply): void {
    exchange.replies[index] = reply;
    exchange.open--;
    if (exchange.open > 0) return;
    if (exchange.isAborted) exchange.options.late?.(exchange.replies);
    else exchange.settle(undefined);
  }

  /** Marks what was asked before and is not answered yet. */
  #noteOvertaken(messageId: number): void {
    const first = this.#pending.values().next().value;
    if (first !== undefined && first.messageId < messageId) first.overtakenSince ??= performance.now();
  }

  /** Keeps the process alive exactly while something is under way. */
  #hold(): void {
    const isNeeded = this.#pending.size + this.#queue.length > 0;
    if (isNeeded === this.#isHeld) return;
    this.#isHeld = isNeeded;
    this.#transport?.hold(isNeeded);
  }
}
