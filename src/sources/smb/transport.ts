import { connect } from 'node:net';
import { NetworkError } from '../../core/errors.ts';

/** What a {@link Transport} tells of its connection. */
export interface TransportHandler {
  /** Where the next bytes are to be written. */
  nextBuffer(): Uint8Array;
  /** `length` bytes have come into `buffer`. Must not throw. */
  received(buffer: Uint8Array, length: number): void;
  /** Nothing more will come. */
  closed(error: Error): void;
}

/** A connection that carries bytes. */
export interface Transport {
  write(parts: readonly Uint8Array[]): void;
  /** Whether the connection keeps the process alive. */
  hold(isNeeded: boolean): void;
  /** Sends what was written and ends. */
  end(): void;
  /** Ends at once. */
  destroy(): void;
}

/** Where to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Opens a {@link Transport}; tests give their own. */
export type Dial = (endpoint: Endpoint, handler: TransportHandler, signal: AbortSignal) => Promise<Transport>;

/** Connects by TCP. @throws NetworkError when that fails */
export const dialTcp: Dial = (endpoint, handler, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      ...endpoint,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      onread: {
        buffer: () => handler.nextBuffer(),
        callback: (length, buffer) => {
          handler.received(buffer, length);
          return true;
        },
      },
    });
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    let failure: Error | undefined;
    socket.on('error', (error) => {
      failure = explain(error, endpoint);
    });
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      const error = failure ?? lost(endpoint);
      reject(error);
      handler.closed(error);
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      resolve({
        write: (parts) => {
          // What is asked for in one go leaves in one system call.
          if (socket.writableCorked === 0) {
            socket.cork();
            process.nextTick(() => socket.uncork());
          }
          for (const part of parts) socket.write(part);
        },
        hold: (isNeeded) => void (isNeeded ? socket.ref() : socket.unref()),
        end: () => socket.destroySoon(),
        destroy: () => socket.destroy(),
      });
    });
  });

function lost({ host, port }: Endpoint): NetworkError {
  return new NetworkError(`The SMB server at ${host}, port ${port}, closed the connection.`);
}

const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing accepts SMB there: check that the file service is on, and the port.',
  ENOTFOUND: 'There is no host of this name: check its spelling.',
  EAI_AGAIN: 'The name could not be looked up: check the network.',
  EHOSTUNREACH: 'There is no way to this host: check the address and the network.',
  ENETUNREACH: 'There is no way to this network: check the address and the network.',
  ETIMEDOUT: 'It does not answer: check the address, and that no firewall drops SMB.',
};

function explain(cause: Error, { host, port }: Endpoint): NetworkError {
  const code = 'code' in cause ? String(cause.code) : '';
  return new NetworkError(
    `The connection to the SMB server at ${host}, port ${port}, failed: ${code || cause.message}. ${ADVICE[code] ?? 'Try again.'}`,
    { retryable: code !== 'ENOTFOUND' },
    { cause },
  );
}
