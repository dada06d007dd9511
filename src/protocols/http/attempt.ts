import type { OriginAgent } from './origin-agent.ts';
import type { Proxy } from './proxy.ts';
import type { ResponseParts } from './response.ts';
import type { SocketBuffers } from './socket-buffers.ts';

/** One request to one URL, without redirects. */
export interface Exchange {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  /** Headers, their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  readonly label: string;
  readonly awaitsRateLimit: boolean;
  /** True for a GET of a stored file. */
  readonly isFile: boolean;
  /** Signals that end it, before or while the body comes. */
  readonly signals: readonly AbortSignal[];
  readonly idleTimeoutMs: number;
  readonly agent: OriginAgent;
  readonly buffers: SocketBuffers;
  readonly proxy: Proxy | undefined;
}

/** A try of an exchange: over node:http, or over a connection whose answers are plain. */
export interface Attempt {
  answer(): Promise<ResponseParts>;
  /** Tells whether the failure is that of a kept connection which the server had closed meanwhile. */
  wasStale(error: unknown): boolean;
  /** Tells whether the answer may be read in another way, which is done from then on. */
  mayReadOtherwise(error: unknown): boolean;
  explain(error: unknown): unknown;
}
