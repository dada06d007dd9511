import { IntegrityError, NetworkError } from '../../core/errors.ts';

/**
 * The first `length` bytes of `body`. A body that ends before fails with a retryable NetworkError, so that it never
 * passes for the whole.
 *
 * @param more - what becomes of bytes after them: they are left unread, or are an IntegrityError
 * @param what - what the body is, as messages name it
 */
export function takeExactly(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  length: number,
  more: 'drop' | 'fail',
  what: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  let left = length;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (left === 0 && more === 'drop') {
          controller.close();
          return reader.cancel();
        }
        const { done, value } = await reader.read();
        if (done && left > 0)
          throw new NetworkError(`${what}: the answer ended after ${length - left} of ${length} bytes.`);
        if (done) return controller.close();
        if (value.byteLength > left && more === 'fail') {
          await reader.cancel();
          throw new IntegrityError(
            `${what}: more bytes come than the ${length} it is listed with.`,
            `${length} bytes`,
            'more',
          );
        }
        const wanted = value.byteLength > left ? value.subarray(0, left) : value;
        left -= wanted.byteLength;
        controller.enqueue(wanted);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
