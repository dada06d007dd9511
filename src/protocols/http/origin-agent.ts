import type { AgentOptions, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent } from './built-in-http.ts';
import type { OriginLimit } from './origin-limit.ts';
import { PlainConnection, type PlainKeeper } from './plain-connection.ts';
import { Slots } from './slots.ts';
import type { SocketBuffers } from './socket-buffers.ts';

/** Wishes of a request about a new connection. */
export interface ConnectionWish {
  readonly signals: readonly AbortSignal[];
  readonly label: string;
}

/** Options of a request that goes to an {@link OriginAgent}. */
export interface AgentRequestArgs extends ClientRequestArgs {
  readonly wish: ConnectionWish;
}

/** Time for which a connection without a request is kept, milliseconds. */
const KEEP_ALIVE_MS = 30_000;

/** Number of plain answers after which files are asked for over connections for such: these have to be opened. */
const PLAIN_ANSWERS = 8;

/**
 * The connections to one origin: kept alive, the one used last used first, as many as there are requests at a time
 * and never more than the origin's limit.
 */
export class OriginAgent extends HttpAgent {
  /** Slots of the origin, one for each request that runs. */
  readonly slots: Slots;
  /** True when answers are read that do not keep to the grammar of header lines, as this origin sends them. */
  readsLeniently = false;
  /** Scheme of the origin, `http:` or `https:`; the connections it gets have their TLS already. */
  readonly protocol: string;
  /** Number of files of which the origin has sent plain answers; NaN once it has sent another one. */
  #plainAnswers = 0;
  readonly #idle: PlainConnection[] = [];
  readonly #keeper: PlainKeeper = {
    keep: (connection) => void this.#idle.push(connection),
    forget: (connection) => {
      const at = this.#idle.indexOf(connection);
      if (at >= 0) this.#idle.splice(at, 1);
    },
  };
  readonly #connect: (wish: ConnectionWish) => Promise<Socket>;

  constructor(protocol: string, limit: OriginLimit, connect: (wish: ConnectionWish) => Promise<Socket>) {
    super({
      keepAlive: true,
      scheduling: 'lifo',
      maxFreeSockets: limit.most,
      timeout: KEEP_ALIVE_MS,
    } satisfies AgentOptions);
    this.protocol = protocol;
    this.slots = new Slots(limit);
    this.#connect = connect;
  }

  /** True when the origin has sent so many plain answers that connections of their own are worth it. */
  get isPlain(): boolean {
    return this.#plainAnswers >= PLAIN_ANSWERS;
  }

  /** Notes whether the answer to a request for a file was plain. */
  notePlain(isSo: boolean): void {
    this.#plainAnswers = isSo ? this.#plainAnswers + 1 : Number.NaN;
  }

  /** Takes a kept connection for a plain exchange. */
  takePlain(): PlainConnection | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.isUsable) return kept;
    }
    return undefined;
  }

  /** Opens a connection for a plain exchange, in place of one that node:http has kept. */
  async openPlain(wish: ConnectionWish, buffers: SocketBuffers): Promise<PlainConnection> {
    this.freeSockets['']?.at(-1)?.destroy();
    return new PlainConnection(await this.#connect(wish), buffers, this.#keeper, KEEP_ALIVE_MS);
  }

  override destroy(): void {
    super.destroy();
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  override getName(): string {
    return '';
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Socket) => void,
  ): undefined {
    // Never more connections than requests at a time.
    this.#idle.pop()?.destroy();
    this.#connect((options as AgentRequestArgs).wish).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as unknown as Socket),
    );
  }
}
