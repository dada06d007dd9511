import type { Answer, EngineCall } from './engine-call.ts';
import type { Message } from './frame.ts';
import type { Closable, Handles } from './handles.ts';

/** Client on whose behalf an operation runs. */
export interface Client {
  /** Gives an object a number; it is closed when the client is gone. */
  keep(object: Closable): number;
  /** Forgets an object that was closed. */
  forget(handle: number): void;
  /** Takes memory of the client, by its path and what it holds, for payloads; false where it is not to be had. */
  lendMemory(path: string, text: string): Promise<boolean>;
  /** Calls a function of the client by its number, and gives what it returns. */
  ask(callback: number, args: readonly unknown[]): Promise<unknown>;
}

/** Surroundings of an operation: its call, its client and the engine's objects. */
export interface Context {
  readonly call: EngineCall;
  readonly client: Client;
  readonly handles: Handles;
  /** Lets other processes attach that know the token; gives the address of the socket. */
  share(token: string): Promise<string>;
}

/** Function that answers the requests of one name. */
type Operation = (request: Message, context: Context) => Promise<Answer | undefined> | Answer | undefined;

/** Operations by the names under which clients request them. */
export type Operations = Readonly<Record<string, Operation>>;
