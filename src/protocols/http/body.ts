import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { AnswerBody, type BodyOptions } from './answer-body.ts';
import { codeOf, toNetworkError } from './failure.ts';

/**
 * Lengths from which on the bytes of a body are taken from the socket itself, bytes: where a new connection is nothing
 * beside them. With TLS it takes longer, and less is won.
 */
const LARGE_BODY_BYTES = { plain: 8 * 1024 ** 2, tls: 64 * 1024 ** 2 } as const;

/** Reads the length of the body of an answer to GET, where it is announced and large: see {@link messageBody}. */
export function largeLength({ statusCode, headers, socket }: IncomingMessage): number | undefined {
  const length = Number(headers['content-length']);
  const isFile = statusCode === 200 || statusCode === 206;
  const least = socket instanceof TLSSocket ? LARGE_BODY_BYTES.tls : LARGE_BODY_BYTES.plain;
  return isFile && length >= least && headers['transfer-encoding'] === undefined ? length : undefined;
}

/**
 * Makes the body of a message.
 *
 * The parser of Node.js copies each piece of a body into new memory. So the bytes of a large body are taken from the
 * socket without it, and the connection, of whose state the parser then knows nothing, is closed after the last one.
 *
 * @param largeLength - bytes of the body, where it is one of those
 *
 * Fails with a retryable NetworkError when the connection ends before the announced end or is silent for too long.
 */
export function messageBody(
  message: IncomingMessage,
  options: BodyOptions,
  largeLength?: number,
): AnswerBody {
  const flow = largeLength === undefined ? message : message.socket;
  const body = new AnswerBody(
    {
      pause: () => void flow.pause(),
      resume: () => void flow.resume(),
      destroy: () => void message.destroy(),
    },
    options,
    message.headers['content-length'],
  );
  message.on('data', (chunk: Buffer<ArrayBuffer>) => body.take(chunk));
  if (largeLength !== undefined) {
    // What the parser has of the body already comes by the message.
    message.socket.removeAllListeners('data').on('data', (chunk: Buffer<ArrayBuffer>) => {
      while (message.readableLength > 0) message.read();
      body.take(chunk.subarray(0, largeLength - body.received));
      if (body.received >= largeLength && body.end()) message.destroy();
    });
    message.socket.resume();
  }
  message.on('end', () => {
    if (message.complete) body.end();
    else body.failCut();
  });
  message.on('error', (error) => {
    const isEarly = codeOf(error) === 'ECONNRESET' || codeOf(error) === 'EPIPE';
    if (isEarly) body.failCut(error);
    else body.fail(toNetworkError(error, options));
  });
  message.on('close', () => body.failCut());
  return body;
}
