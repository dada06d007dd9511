import type { Body } from '../core/exact-body.ts';
import { withRetry } from '../core/retry.ts';

/**
 * Makes a body that goes on, where the one that it is made of breaks, from the place to which it has come.
 *
 * @param open - opens what lies behind a place, to the end
 * @param start - place at which it begins
 */
export function resumedBody(
  open: (start: number) => Promise<Body>,
  signal: AbortSignal,
  start: number = 0,
): Body {
  let at = start;
  let isOver = false;
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;
  const begin = async (): Promise<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>> => {
    const body = await open(at);
    if (isOver) await body.cancel();
    return body.getReader();
  };
  const next = async (): Promise<Uint8Array<ArrayBuffer> | undefined> => {
    reader ??= await begin();
    try {
      return (await reader.read()).value;
    } catch (error) {
      reader = undefined;
      throw error;
    }
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const chunk = await withRetry(next, { signal });
        if (isOver) return;
        if (chunk === undefined) return controller.close();
        at += chunk.length;
        controller.enqueue(chunk);
      },
      async cancel(reason) {
        isOver = true;
        await reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
