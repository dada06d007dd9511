import type { FileHandle } from 'node:fs/promises';
import { FormatError } from '../../core/errors.ts';
import type { ByteRange } from '../../core/source.ts';
import { explainSystemError } from '../../core/system-error.ts';

/** Bytes handed out at a time. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Makes a stream of the bytes of `range` that owns `handle`: it is closed when the stream ends, is cancelled, fails or
 * is aborted.
 *
 * @param path - how error messages name the file
 */
export function streamFile(
  handle: FileHandle,
  path: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let position = range.start;
  let closing: Promise<void> | undefined;
  let stop: (() => void) | undefined;
  const close = (): Promise<void> => {
    if (stop !== undefined) signal?.removeEventListener('abort', stop);
    closing ??= handle.close();
    return closing;
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async start(controller) {
        stop = () => {
          controller.error(signal?.reason);
          void close();
        };
        signal?.addEventListener('abort', stop, { once: true });
        if (position < range.end) return;
        await close();
        controller.close();
      },
      async pull(controller) {
        try {
          const length = Math.min(CHUNK_BYTES, range.end - position);
          const chunk = new Uint8Array(length);
          const { bytesRead } = await handle.read(chunk, 0, length, position);
          if (signal?.aborted === true) return;
          if (bytesRead === 0) {
            throw new FormatError('the file became shorter while it was read', { path, offset: position });
          }
          position += bytesRead;
          controller.enqueue(bytesRead === length ? chunk : chunk.slice(0, bytesRead));
          if (position < range.end) return;
          await close();
          controller.close();
        } catch (error) {
          await close();
          if (signal?.aborted === true) throw signal.reason;
          throw explainSystemError(error, { verb: 'read', file: path, option: 'sourceUrl' }) ?? error;
        }
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
