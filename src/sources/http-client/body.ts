import type { IncomingMessage } from 'node:http';
import { NetworkError } from '../../core/errors.ts';
import { codeOf, type Endpoint, toNetworkError } from './failure.ts';
import { IdleTimer } from './idle-timer.ts';
import { onAbort } from './on-abort.ts';

/** Bytes that may wait for their reader beyond what the socket holds. */
const AHEAD_BYTES = 256 * 1024;

const BY_BYTES: QueuingStrategy<Uint8Array<ArrayBuffer>> = {
  highWaterMark: AHEAD_BYTES,
  size: (chunk) => chunk.byteLength,
};

/** What a body needs besides the message that carries it. */
export interface BodyOptions extends Endpoint {
  readonly idleTimeoutMs: number;
  /** Fail the body with their reason. */
  readonly signals: readonly AbortSignal[];
}

/**
 * The bytes of `message` as they come, not copied: a chunk is a view of the buffer that the socket filled. The socket
 * is read only as far as the reader keeps up; while it does not, the idle time-out stands still. Cancelling closes
 * the connection, unless its last byte has come.
 *
 * Fails with a retryable NetworkError when the connection ends before the announced end or is silent for too long.
 */
export function streamBody(
  message: IncomingMessage,
  options: BodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { idleTimeoutMs, signals, host, what } = options;
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
          `${what}: ${host} has sent nothing for ${idleTimeoutMs} ms after ${received} bytes. Raise idleTimeoutMs if it is only slow.`,
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
        message.resume();
      },
      cancel() {
        if (settle()) message.destroy();
      },
    },
    BY_BYTES,
  );

  message.on('data', (chunk: Buffer<ArrayBuffer>) => {
    if (ended) return;
    received += chunk.byteLength;
    controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    if (ended) return;
    waiting = (controller.desiredSize ?? 0) > 0;
    if (waiting) timer.touch();
    else message.pause();
  });
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
  { host, what }: Endpoint,
  cause?: unknown,
): NetworkError {
  const length = headers['content-length'];
  const announced = length === undefined ? '' : ` of ${length}`;
  return new NetworkError(
    `${what}: the connection to ${host} ended after ${received}${announced} bytes.`,
    {},
    cause === undefined ? {} : { cause },
  );
}
