import { NetworkError } from '../../core/errors.ts';

/** Looks at the bytes of a body as they go by. */
export interface BodyCheck {
  update(chunk: Uint8Array): void;
  /** After the last byte: rejects when they were not the right ones. */
  finish(): Promise<void>;
  /** When the last byte is not waited for any more. */
  breakOff(): void;
}

/** Which bytes of a body are wanted, and what is known of them. */
export interface ExactBodyOptions {
  /** Bytes at its beginning that are not. */
  readonly skip: number;
  /** How many bytes are. */
  readonly length: number;
  /** Whether the body must end after them. */
  readonly toEnd: boolean;
  /** How messages name the file. */
  readonly what: string;
  readonly check?: BodyCheck | undefined;
  /** Called once when the body has ended, failed or was cancelled. */
  readonly onEnd: () => void;
}

/**
 * The `length` bytes of `source` that follow the first `skip`, as they come, not copied. Never ends normally with
 * fewer: without a Content-Length a connection that is cut looks like the end.
 *
 * Fails with a retryable NetworkError when bytes are missing or too many, and as the check does.
 */
export function exactBody(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  options: ExactBodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { skip, length, toEnd, what, check, onEnd } = options;
  const reader = source.getReader();
  let position = -skip;

  const finish = async (controller: ReadableStreamDefaultController): Promise<void> => {
    if (!toEnd) await reader.cancel();
    await check?.finish();
    onEnd();
    controller.close();
  };
  /** One chunk of the wanted bytes; undefined at the end. */
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    for (;;) {
      if (!toEnd && position === length) return undefined;
      const { done, value } = await reader.read();
      if (done) {
        if (position === length) return undefined;
        throw new NetworkError(`${what} ended after ${Math.max(0, position)} of ${length} bytes.`);
      }
      const before = position;
      position += value.byteLength;
      if (position <= 0) continue;
      if (toEnd && position > length) {
        throw new NetworkError(`${what} goes on after the ${length} bytes that it has: it is being changed.`);
      }
      const wanted = value.subarray(Math.max(0, -before), Math.min(value.byteLength, length - before));
      position = Math.min(position, length);
      if (wanted.byteLength > 0) return wanted;
    }
  };

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const chunk = await next();
          if (chunk === undefined) return await finish(controller);
          check?.update(chunk);
          controller.enqueue(chunk);
        } catch (error) {
          check?.breakOff();
          onEnd();
          await reader.cancel().catch(() => undefined);
          throw error;
        }
      },
      async cancel(reason) {
        check?.breakOff();
        onEnd();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** A body without bytes. */
export function emptyBody(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
