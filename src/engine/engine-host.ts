import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { ConfigError } from '../data.ts';
import { ClientSession, PROTOCOL_VERSION, type SessionHost } from './client-session.ts';
import { datasetOperations } from './dataset-operations.ts';
import type { Message } from './frame.ts';
import { Handles } from './handles.ts';
import { loaderOperations } from './loader-operations.ts';
import type { Operations } from './operation.ts';
import { processOperations } from './process-operations.ts';
import { SharedSocket } from './shared-socket.ts';
import { streamerOperations } from './streamer-operations.ts';

/** Facts by which clients know this program. */
export interface EngineIdentity {
  readonly version: string;
  /** Path of the script that runs. */
  readonly place: string;
}

/** Shortest token, characters. */
const MIN_TOKEN_CHARACTERS = 32;

/** Engine of one client, and of other processes that the client lets attach: datasets, loaders, streamers, caches. */
export class EngineHost implements SessionHost {
  readonly greeting: Message;
  readonly operations: Operations = {
    ...processOperations,
    ...datasetOperations,
    ...loaderOperations,
    ...streamerOperations,
  };
  readonly handles: Handles = new Handles();
  readonly #attached = new Set<ClientSession>();
  #shared: Promise<SharedSocket> | undefined;
  #main: ClientSession | undefined;
  #resolve: ((reason: string | undefined) => void) | undefined;

  constructor({ version, place }: EngineIdentity) {
    this.greeting = {
      protocol: PROTOCOL_VERSION,
      version,
      place,
      pid: process.pid,
      node: process.versions.node,
    };
  }

  /** Serves a client until it is gone; gives the reason where it has broken the rules. */
  serve(input: Readable, output: Writable): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#main = new ClientSession(input, output, this, { greetsFirst: true, admits: () => true });
    });
  }

  async share(token: string): Promise<string> {
    if (token.length < MIN_TOKEN_CHARACTERS)
      throw new ConfigError('token', `A token must have ${MIN_TOKEN_CHARACTERS} characters or more.`);
    this.#shared ??= SharedSocket.open(token, (socket) => this.#attach(socket));
    return (await this.#shared).address;
  }

  ended(session: ClientSession, reason: string | undefined): void {
    if (session === this.#main) return this.#resolve?.(reason);
    this.#attached.delete(session);
    if (reason !== undefined)
      process.stderr.write(`The engine has dropped a process that had attached: ${reason}.\n`);
    void session.close();
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    (await this.#shared?.catch(() => undefined))?.close();
    await Promise.allSettled([...this.#attached, this.#main].map((session) => session?.close()));
    await this.handles.closeAll();
  }

  async #attach(socket: Socket): Promise<void> {
    const shared = await this.#shared;
    const admits = ({ token }: Message): boolean => shared?.knows(token) === true;
    this.#attached.add(new ClientSession(socket, socket, this, { greetsFirst: false, admits }));
  }
}
