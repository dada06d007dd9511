import { promisify } from 'node:util';
import { brotliDecompress, inflate, unzip } from 'node:zlib';
import type { ChunkReader } from '../../core/chunk-reader.ts';
import { NetworkError } from '../../core/errors.ts';
import type { AnswerBody } from './answer-body.ts';
import { AnswerHeaders } from './answer-headers.ts';
import type { HttpRedirect, HttpResponse } from './exchange-types.ts';

const MAX_TEXT_BYTES = 64 * 1024 ** 2;

/** Most bytes that are read to keep a connection whose answer is not wanted. */
const MAX_DISCARDED_BYTES = 64 * 1024;
/** Longest wait for them, milliseconds. */
const MAX_DISCARD_MS = 500;

type Decompress = (data: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Uint8Array>;

const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(unzip),
  'x-gzip': promisify(unzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** Parts that a {@link ClientResponse} is made of. */
export interface ResponseParts extends Pick<HttpResponse, 'status' | 'url' | 'recycle'> {
  readonly body: AnswerBody;
  /** Names and values of headers in turn. */
  readonly rawHeaders: readonly string[];
  readonly label: string;
}

/** An answer of the client. */
export class ClientResponse implements HttpResponse {
  readonly status: number;
  readonly url: URL;
  readonly recycle: HttpResponse['recycle'];
  readonly redirects: readonly HttpRedirect[];
  readonly #label: string;
  readonly #rawHeaders: readonly string[];
  readonly #body: AnswerBody;
  #headers: AnswerHeaders | undefined;

  constructor(parts: ResponseParts, redirects: readonly HttpRedirect[]) {
    this.status = parts.status;
    this.url = parts.url;
    this.#rawHeaders = parts.rawHeaders;
    this.#body = parts.body;
    this.recycle = parts.recycle;
    this.#label = parts.label;
    this.redirects = redirects;
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#body.stream;
  }

  get chunks(): ChunkReader {
    return this.#body;
  }

  get headers(): AnswerHeaders {
    this.#headers ??= new AnswerHeaders(this.#rawHeaders);
    return this.#headers;
  }

  async text(
    maxBytes: number = MAX_TEXT_BYTES,
    decode: (bytes: Uint8Array) => string = (bytes) => new TextDecoder().decode(bytes),
  ): Promise<string> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk = await this.#body.read();
      if (chunk === undefined) break;
      length += chunk.byteLength;
      chunks.push(chunk);
      if (length <= maxBytes) continue;
      this.#body.cancel();
      throw this.#bad(`is longer than ${maxBytes} bytes`);
    }
    const encoding = this.headers.get('content-encoding')?.toLowerCase() ?? 'identity';
    return decode(await this.#decompress(Buffer.concat(chunks), encoding, maxBytes));
  }

  async json(maxBytes?: number, decode?: (bytes: Uint8Array) => string): Promise<unknown> {
    const text = await this.text(maxBytes, decode);
    try {
      return JSON.parse(text);
    } catch {
      // The text stays out of the message: it may hold what must not be shown.
      const found =
        text.trim() === '' ? 'empty' : /^\s*<(!doctype|html)/i.test(text) ? 'an HTML page' : 'something else';
      throw this.#bad(`should be JSON and is ${found}. Check the address`);
    }
  }

  async discard(): Promise<void> {
    const body = this.#body;
    if (body.isTaken) return;
    const left = Number(this.headers.get('content-length') ?? MAX_DISCARDED_BYTES);
    const give = (): void => body.cancel();
    // What answers HEAD has the length of a body and none: it has ended already, and cancelling does nothing.
    if (left > MAX_DISCARDED_BYTES) return give();
    const timer = setTimeout(give, MAX_DISCARD_MS);
    try {
      for (let length = 0; ; ) {
        const value = await body.read();
        if (value === undefined) return;
        length += value.byteLength;
        if (length > MAX_DISCARDED_BYTES) return give();
      }
    } catch {
      // A connection that breaks now carries nothing that is wanted.
    } finally {
      clearTimeout(timer);
    }
  }

  async #decompress(bytes: Uint8Array, encoding: string, maxBytes: number): Promise<Uint8Array> {
    if (encoding === 'identity' || encoding === '') return bytes;
    const decompress = decompressors[encoding];
    if (decompress === undefined) throw this.#bad('is compressed in an unknown way');
    try {
      return await decompress(bytes, { maxOutputLength: maxBytes });
    } catch (cause) {
      throw this.#bad(`is no sound ${encoding} data, or longer than ${maxBytes} bytes`, cause);
    }
  }

  #bad(problem: string, cause?: unknown): NetworkError {
    return new NetworkError(
      `${this.#label}: the answer of ${this.url.host} ${problem}.`,
      { status: this.status, retryable: false },
      { cause },
    );
  }
}
