import type { Outgoing, Reply } from './message.ts';
import type { Sealer } from './sealer.ts';
import type { Signer } from './signer.ts';

/** Protection that keeps others from reading or changing a message. */
export type Protection = 'none' | 'sign' | 'encrypt';

/** Options of `Connection.request`. */
export interface RequestOptions {
  readonly protection?: Protection | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Listener that gets the bytes of the request and of its answer, for the integrity hash of a login. */
  readonly transcript?: ((message: Buffer) => void) | undefined;
  /** Listener that gets the answers that come after the request was aborted. */
  readonly late?: ((replies: readonly Reply[]) => void) | undefined;
}

/** User that the messages of a connection belong to, known after the login. */
export interface Security {
  readonly sessionId: bigint;
  readonly signer: Signer | undefined;
  readonly sealer: Sealer | undefined;
}

/** Requests that are sent together, and their answers. */
export interface RequestGroup {
  readonly requests: readonly Outgoing[];
  readonly options: RequestOptions;
  readonly cost: number;
  readonly replies: Reply[];
  readonly settle: (error: unknown) => void;
  open: number;
  isAborted: boolean;
}

/** A request under way. */
export interface Pending {
  readonly exchange: RequestGroup;
  readonly index: number;
  readonly charge: number;
  readonly messageId: number;
  asyncId: bigint;
  /** Time when the server last said that it works on it, or a later request was answered before it. */
  pendingSince: number | undefined;
  overtakenSince: number | undefined;
}
