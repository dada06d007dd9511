import { connect, type Socket } from 'node:net';
import { isVascuError, NetworkError } from '../../core/errors.ts';
import { connected, DialError, dial } from '../tcp/dial.ts';

/** Handler of what a {@link Transport} tells of its connection. */
export interface TransportHandler {
  /** Finds where the next bytes are to be written. */
  nextBuffer(): Uint8Array;
  /** Takes the `length` bytes that have come into `buffer`. It must not throw. */
  received(buffer: Uint8Array, length: number): void;
  /** Notes that nothing more will come. */
  closed(error: Error): void;
}

/** A connection that carries bytes. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** Keeps the process alive by the connection, or does so no more. */
  hold(isNeeded: boolean): void;
  /** Sends what was written and ends. */
  end(): void;
  /** Ends at once. */
  destroy(): void;
}

/** Server to connect to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Function that opens a {@link Transport}; tests give their own. */
export type Dial = (endpoint: Endpoint, handler: TransportHandler, signal: AbortSignal) => Promise<Transport>;

/** Time within which all addresses of a server are tried, milliseconds; the signal says when it is given up. */
const MAX_DIAL_MS = 10_000;

/** Connects by TCP. @throws NetworkError when that fails */
export const dialTcp: Dial = async (endpoint, handler, signal) => {
  signal.throwIfAborted();
  const open = (to: Endpoint): Socket =>
    connect({
      ...to,
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
  const dialing = dial(endpoint, MAX_DIAL_MS, open);
  const socket = await connected(dialing, signal).catch((error: Error) => {
    throw signal.aborted ? withAddresses(error, dialing.describe()) : explain(error, endpoint);
  });
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = explain(error, endpoint);
  });
  socket.on('close', () => handler.closed(failure ?? lost(endpoint)));
  return {
    write: (bytes) => {
      // What is asked for in one go leaves in one system call.
      if (socket.writableCorked === 0) {
        socket.cork();
        process.nextTick(() => socket.uncork());
      }
      socket.write(bytes);
    },
    hold: (isNeeded) => void (isNeeded ? socket.ref() : socket.unref()),
    end: () => socket.destroySoon(),
    destroy: () => socket.destroy(),
  };
};

/** Makes a timeout with what the addresses of the server said, where it has several. */
function withAddresses(reason: Error, addresses: string): Error {
  if (addresses === '' || !isVascuError(reason, 'NETWORK')) return reason;
  return new NetworkError(`${reason.message} Addresses tried${addresses}.`, reason, { cause: reason });
}

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
  const addresses = cause instanceof DialError ? cause.addresses : '';
  return new NetworkError(
    `The connection to the SMB server at ${host}${addresses}, port ${port}, failed: ${code || cause.message}. ${ADVICE[code] ?? 'Try again.'}`,
    { retryable: code !== 'ENOTFOUND' },
    { cause },
  );
}
