import type { AgentOptions, ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import { HttpAgent } from './built-in-http.ts';
import type { OriginLimit } from './origin-limit.ts';
import { Slots } from './slots.ts';

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

  override getName(): string {
    return '';
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, socket: Socket) => void,
  ): undefined {
    this.#connect((options as AgentRequestArgs).wish).then(
      (socket) => callback?.(null, socket),
      (error: Error) => callback?.(error, undefined as unknown as Socket),
    );
  }
}
