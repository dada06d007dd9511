import { IntegrityError, NetworkError } from './errors.ts';

/** Bytes of a file as they come. */
export type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Check of the bytes of a body as they go by. */
export interface BodyCheck {
  update(chunk: Uint8Array): void;
  /** Ends the check after the last byte; rejects when they were not the right ones. */
  finish(): Promise<void>;
  /** Ends the check when the last byte is not waited for any more. */
  breakOff(): void;
}

/** Options of {@link exactBody}. */
export interface ExactBodyOptions {
  /** Number of bytes that are wanted. */
  readonly length: number;
  /** Name of the file in messages, at the beginning of a sentence. */
  readonly label: string;
  /** Bytes at the body's beginning that are not wanted. @defaultValue 0 */
  readonly skip?: number | undefined;
  /** True to leave what follows the wanted bytes unread; else there must be nothing. @defaultValue false */
  readonly leaveRest?: boolean | undefined;
  readonly check?: BodyCheck | undefined;
  /** Listener that is called once when the body has ended, failed or was cancelled. */
  readonly onEnd?: (() => void) | undefined;
}

/**
 * Makes a body of exactly `length` bytes: those of `body` that follow the first `skip`, as they come, not copied. Fewer
 * are a retryable NetworkError (without a Content-Length a connection that is cut looks like the end), more an
 * IntegrityError.
 */
export function exactBody(body: Body, options: ExactBodyOptions): Body {
  const { length, label, skip = 0, leaveRest = false, check, onEnd } = options;
  const reader = body.getReader();
  let position = -skip;
  let isEnded = false;
  const end = (): void => {
    if (!isEnded) onEnd?.();
    isEnded = true;
  };

  /** Reads one chunk of the wanted bytes; undefined at the end. */
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    for (;;) {
      if (leaveRest && position === length) return undefined;
      const { done, value } = await reader.read();
      if (done) {
        if (position === length) return undefined;
        throw new NetworkError(`${label} ended after ${Math.max(0, position)} of ${length} bytes.`);
      }
      const before = position;
      position += value.byteLength;
      if (position > length) {
        if (!leaveRest) throw tooLong(label, length, position);
        position = length;
      }
      const wanted = value.subarray(Math.max(0, -before), Math.min(value.byteLength, length - before));
      if (wanted.byteLength > 0) return wanted;
    }
  };

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        try {
          const chunk = await next();
          if (chunk !== undefined) {
            check?.update(chunk);
            controller.enqueue(chunk);
            return;
          }
          if (leaveRest) await reader.cancel();
          await check?.finish();
          end();
          controller.close();
        } catch (error) {
          check?.breakOff();
          end();
          await reader.cancel().catch(() => undefined);
          throw error;
        }
      },
      async cancel(reason) {
        check?.breakOff();
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Makes a body without bytes. */
export function emptyBody(): Body {
  return new ReadableStream({ start: (controller) => controller.close() });
}

function tooLong(label: string, length: number, received: number): IntegrityError {
  return new IntegrityError(
    `${label} goes on after the ${length} bytes that it has. It is being changed, or something else is sent in its place.`,
    `${length} bytes`,
    `at least ${received} bytes`,
  );
}
