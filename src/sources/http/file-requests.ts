import { UnsupportedError } from '../../core/errors.ts';
import type { ByteRange } from '../../core/source.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { type FileFacts, fileFacts, precondition, refusesKind } from './headers.ts';
import { compareStates, type SeenFiles } from './seen-files.ts';

/** Sends a GET for a file. */
export type GetFile = (
  path: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
) => Promise<HttpResponse>;

/** Answer to a request for a file. */
export interface FileAnswer {
  readonly response: HttpResponse;
  /** Facts that it gives of a file; undefined where it is another answer. */
  readonly facts: FileFacts | undefined;
  /** State of the file, see {@link compareStates}. */
  readonly state: ReturnType<typeof compareStates>;
}

/** Options of a request for a file. */
export interface AskOptions {
  readonly range: ByteRange | undefined;
  /** The state of the server's file that is meant; undefined where any will do. */
  readonly served: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Number of times that a part is asked for until the server answers whose state of the file is meant. */
const SERVERS_TRIED = 4;

/** Requests for files, in another way where a server does not take the usual one. */
export class FileRequests {
  readonly #get: GetFile;
  readonly #seen: SeenFiles;
  /** True when preconditions are refused that hold. */
  #unconditional = false;

  constructor(get: GetFile, seen: SeenFiles) {
    this.#get = get;
    this.#seen = seen;
  }

  /**
   * Asks for a file or a part of it, and in another way where a server does not take the usual one: without a range,
   * without a precondition, or once more where several servers take turns.
   *
   * @param label - how messages name the file
   */
  async ask(path: string, label: string, { range, served, signal }: AskOptions): Promise<FileAnswer> {
    const condition = precondition(served);
    const part = range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` };
    const send = (headers: Readonly<Record<string, string>>): Promise<HttpResponse> =>
      this.#get(path, headers, signal);
    for (let attempt = 1; ; attempt++) {
      const usual = this.#unconditional ? {} : condition;
      let response = await send({ ...usual, ...part });
      const askAgain = async (headers: Readonly<Record<string, string>>): Promise<void> => {
        await response.discard();
        response = await send(headers);
      };
      if (range !== undefined && refusesKind(response.status)) await askAgain(usual);
      const isConditional = Object.keys(usual).length > 0;
      const isRefused = isConditional && (response.status === 412 || refusesKind(response.status));
      if (isRefused) await askAgain(part);
      if (isRefused && range !== undefined && refusesKind(response.status)) await askAgain({});
      if (response.status !== 200 && response.status !== 206)
        return { response, facts: undefined, state: 'same' };
      const facts = fileFacts(response, label);
      const state = compareStates(served, this.#seen.get(path), facts);
      if (isRefused && state === 'same') this.#unconditional = true;
      if (state !== 'alike' || range === undefined || attempt === SERVERS_TRIED)
        return { response, facts, state };
      await response.discard();
    }
  }

  /**
   * Asks for a file by GET and takes no more than its first byte.
   *
   * @param mayAskParts - whether the first byte alone may be asked for
   */
  async look(
    path: string,
    label: string,
    mayAskParts: boolean,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    for (const headers of mayAskParts ? [{ Range: 'bytes=0-0' }, {}] : [{}]) {
      const response = await this.#get(path, headers, signal);
      // At once: without a range the whole file is on its way.
      await (response.status === 200 ? response.body.cancel() : response.discard());
      const { status } = response;
      const isPart = status === 206 && fileFacts(response, label).size !== undefined;
      if (isPart || !('Range' in headers)) return response;
      if (status !== 206 && status !== 416 && !refusesKind(status)) return response;
    }
    throw new UnsupportedError('size', `${label}: the server answers neither HEAD nor GET.`);
  }
}
