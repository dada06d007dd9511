import { expect, test } from 'vitest';
import { chunksOf } from '../../../src/core/chunk-reader.ts';
import { isVascuError } from '../../../src/core/errors.ts';
import type { HttpResponse } from '../../../src/protocols/http/exchange-types.ts';
import { takeBody } from '../../../src/protocols/http/range-body.ts';
import { fc, test as property } from '../../property.ts';

/** An answer of these chunks. */
function answer(
  status: number,
  chunks: readonly Uint8Array<ArrayBuffer>[],
  headers: Record<string, string> = {},
): HttpResponse {
  const waiting = chunks.values();
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = waiting.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
  return {
    status,
    url: new URL('https://cdn.example/x'),
    headers: new Headers(headers),
    body,
    get chunks() {
      return chunksOf({ body });
    },
    recycle: undefined,
    redirects: [],
    text: () => new Response(body).text(),
    json: () => new Response(body).json(),
    discard: () => body.cancel(),
  };
}

async function read(response: HttpResponse, start: number, end: number, size: number): Promise<unknown> {
  try {
    return await new Response(await takeBody(response, { start, end }, size, 'x.vtu')).text();
  } catch (error) {
    return error;
  }
}

const pieces = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 20 }), { maxLength: 8 });
const encode = (texts: readonly string[]): Uint8Array<ArrayBuffer>[] =>
  texts.map((text) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>);

property(
  'takes the range out of the whole file, in whatever pieces it comes, with or without a length',
  [pieces, fc.nat(200), fc.nat(200), fc.boolean()],
  async (texts, first, second, announced) => {
    const whole = texts.join('');
    const [start, end] = [Math.min(first, second), Math.max(first, second)];
    fc.pre(end <= whole.length);
    const headers = announced ? { 'Content-Length': String(whole.length) } : undefined;
    expect(await read(answer(200, encode(texts), headers), start, end, whole.length)).toBe(
      whole.slice(start, end),
    );
  },
);

property(
  'fails where an answer without a length has other than the bytes of the file',
  [pieces, fc.integer({ min: -10, max: 10 })],
  async (texts, more) => {
    const size = texts.join('').length + more;
    fc.pre(more !== 0 && size > 0);
    const error = await read(answer(200, encode(texts)), 0, size, size);
    // Fewer may come whole the next time; more are not this file's.
    const isRight =
      more > 0 ? isVascuError(error, 'NETWORK') && error.retryable : isVascuError(error, 'INTEGRITY');
    expect(isRight).toBe(true);
  },
);

test.each<[string, number, Record<string, string>]>([
  ['another length', 200, { 'Content-Length': '4' }],
  ['a compressed body', 200, { 'Content-Encoding': 'gzip' }],
  ['another range', 206, { 'Content-Range': 'bytes 1-4/5' }],
  ['another size', 206, { 'Content-Range': 'bytes 0-4/6' }],
  ['no range', 206, {}],
  ['a length other than the range', 206, { 'Content-Range': 'bytes 0-4/5', 'Content-Length': '4' }],
])('refuses %s before a byte is given out, and says so', async (_name, status, headers) => {
  const error = await takeBody(
    answer(status, encode(['12345']), headers),
    { start: 0, end: 5 },
    5,
    'x.vtu',
  ).catch((failure: unknown) => failure);
  expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
  expect(String(error)).toContain('x.vtu');
});

test('cancelling reaches the connection', async () => {
  const response = answer(200, encode(['12', '34', '56']));
  const body = await takeBody(response, { start: 1, end: 6 }, 6, 'x.vtu');
  const reader = body.getReader();
  await reader.read();
  await reader.cancel();
  expect(response.body.locked).toBe(true);
  expect((await reader.read()).done).toBe(true);
});
