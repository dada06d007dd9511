import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { NetworkError } from '../../core/errors.ts';
import { codeOf, type RequestTarget, toNetworkError } from './failure.ts';
import { IdleTimer } from './idle-timer.ts';
import { onAbort } from './on-abort.ts';

/** Number of bytes that may wait for their reader beyond what the socket holds. */
const MAX_AHEAD_BYTES = 1024 ** 2;

/**
 * Lengths from which on the bytes of a body are taken from the socket itself, bytes: where a new connection is nothing
 * beside them. With TLS it takes longer, and less is won.
 */
const LARGE_BODY_BYTES = { plain: 8 * 1024 ** 2, tls: 64 * 1024 ** 2 } as const;

const BY_BYTES: QueuingStrategy<Uint8Array<ArrayBuffer>> = {
  highWaterMark: MAX_AHEAD_BYTES,
  size: (chunk) => chunk.byteLength,
};

/** Things that a body needs besides the message that carries it. */
export interface BodyOptions extends RequestTarget {
  readonly idleTimeoutMs: number;
  /** Signals that fail the body with their reason. */
  readonly signals: readonly AbortSignal[];
}

/** Reads the length of the body of an answer to GET, where it is announced and large: see {@link streamBody}. */
export function largeLength({ statusCode, headers, socket }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length']);
  const isFile = statusCode === 200 || statusCode === 206;
  const least = socket instanceof TLSSocket ? LARGE_BODY_BYTES.tls : LARGE_BODY_BYTES.plain;
  return isFile && length >= least && headers['transfer-encoding'] === undefined ? length : undefined;
}

/**
 * Streams the bytes of `message` as they come. The socket is read only as far as the reader keeps up; while it does
 * not, the idle time-out stands still. Cancelling closes the connection, unless its last byte has come.
 *
 * The parser of Node.js copies each piece of a body into new memory. So the bytes of a large body are taken from the
 * socket without it, and the connection, of whose state the parser then knows nothing, is closed after the last one.
 *
 * @param largeLength - bytes of the body, where it is one of those
 *
 * Fails with a retryable NetworkError when the connection ends before the announced end or is silent for too long.
 */
export function streamBody(
  message: IncomingMessage,
  options: BodyOptions,
  largeLength?: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { idleTimeoutMs, signals, host, label } = options;
  const flow = largeLength === undefined ? message : message.socket;
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let received = 0;
  let ended = false;
  let waiting = false;
  let unlisten = (): void => undefined;

  const settle = (): boolean => {
    if (ended) return false;
    ended = true;
    timer.stop();
    unlisten();
    return true;
  };
  const fail = (error: unknown): void => {
    if (!settle()) return;
    message.destroy();
    controller.error(error);
  };
  const silent = (): void => {
    if (waiting)
      fail(
        new NetworkError(
          `${label}: ${host} has sent nothing for ${idleTimeoutMs} ms after ${received} bytes. Raise idleTimeoutMs if it is only slow.`,
        ),
      );
  };
  const timer = new IdleTimer(idleTimeoutMs, silent);

  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(given) {
        controller = given;
      },
      pull() {
        waiting = true;
        timer.touch();
        flow.resume();
      },
      cancel() {
        if (settle()) message.destroy();
      },
    },
    BY_BYTES,
  );

  const take = (chunk: Buffer<ArrayBuffer>): void => {
    if (ended) return;
    received += chunk.byteLength;
    controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (ended) return;
    waiting = (controller.desiredSize ?? 0) > 0;
    if (waiting) timer.touch();
    else flow.pause();
  };
  message.on('data', take);
  if (largeLength !== undefined) {
    // What the parser has of the body already comes by the message.
    message.socket.removeAllListeners('data').on('data', (chunk: Buffer<ArrayBuffer>) => {
      while (message.readableLength > 0) message.read();
      take(chunk.subarray(0, largeLength - received));
      if (received < largeLength || !settle()) return;
      controller.close();
      message.destroy();
    });
  }
  message.on('end', () => {
    if (!message.complete) fail(cut(message, received, options));
    else if (settle()) controller.close();
  });
  message.on('error', (error) => {
    const early = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
    fail(early ? cut(message, received, options, error) : toNetworkError(error, options));
  });
  message.on('close', () => {
    if (!ended) fail(cut(message, received, options));
  });
  unlisten = onAbort(signals, fail);
  return stream;
}

function cut(
  { headers }: IncomingMessage,
  received: number,
  { host, label }: RequestTarget,
  cause?: unknown,
): NetworkError {
  const length = headers['content-length'];
  const announced = length === undefined ? '' : ` of ${length}`;
  return new NetworkError(
    `${label}: the connection to ${host} ended after ${received}${announced} bytes.`,
    {},
    cause === undefined ? {} : { cause },
  );
}
