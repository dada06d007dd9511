import { NetworkError, UnsupportedError } from '../../core/errors.ts';
import type { ByteRange } from '../../core/source.ts';
import type { HeaderReader } from '../../protocols/http/answer-headers.ts';
import type { HttpResponse } from '../../protocols/http/exchange-types.ts';
import { parseAnswer, strangeAnswer } from './answer.ts';
import { ApiFailure, NoAnswer } from './codes.ts';
import type { NasConnection } from './connection.ts';
import type { NasEntry } from './entries.ts';
import type { FileInfo } from './file-info.ts';
import { listParameter, nasPath, textParameter } from './parameters.ts';

/** Treatment of `Range` on the way to the NAS; none of its guides says. */
export type RangeSupport = 'unknown' | 'honoured' | 'ignored';

/** The bytes of a file as they come. */
export interface Transfer {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Way back for the memory of its chunks, `SourceFile.recycle`. */
  readonly recycle: HttpResponse['recycle'];
  /** Number of bytes of `body` that precede those that were asked for. */
  readonly skip: number;
  /** True when `body` has nothing but what was asked for. */
  readonly isPart: boolean;
}

/** The longest error page that is read, bytes. */
const MAX_PAGE_BYTES = 1024 ** 2;
/** The most that is read and thrown away for the sake of a part of a file, bytes. */
const MAX_SKIPPED_BYTES = 64 * 1024 ** 2;

/** Downloads by SYNO.FileStation.Download. */
export class Downloads {
  readonly #nas: NasConnection;
  readonly #info: FileInfo;
  #ranges: RangeSupport = 'unknown';

  constructor(nas: NasConnection, info: FileInfo) {
    this.#nas = nas;
    this.#info = info;
  }

  get ranges(): RangeSupport {
    return this.#ranges;
  }

  /**
   * Asks for the bytes `range` of a file. Where ranges are not honoured the file is read from its beginning and
   * what precedes the range is to be skipped: to the end of the file always, since whoever resumes would have to
   * read that again anyway; for a part within it only when little is skipped.
   *
   * @throws UnsupportedError when a part far within the file cannot be asked for alone
   */
  async start(entry: NasEntry, range: ByteRange, signal: AbortSignal): Promise<Transfer> {
    const isWhole = range.start === 0 && range.end === entry.size;
    if (!isWhole && this.#ranges !== 'ignored') {
      const part = await this.#request(entry, range, signal);
      if (part !== 'not-honoured' && (part.isPart || canSkip(entry, range))) return part;
      if (part !== 'not-honoured') await part.body.cancel();
      this.#ranges = 'ignored';
    }
    if (!canSkip(entry, range)) {
      throw new UnsupportedError(
        'range',
        `The NAS, or a proxy before it, gives no parts of files: bytes ${range.start} to ${range.end} of ${JSON.stringify(entry.path)} cannot be read alone. Read the whole file.`,
      );
    }
    const whole = await this.#request(entry, undefined, signal);
    if (whole === 'not-honoured')
      throw new NetworkError(`${describe(entry)}: no range was asked for, and one was sent.`);
    return { ...whole, skip: range.start, isPart: isWhole };
  }

  #request(
    entry: NasEntry,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<Transfer | 'not-honoured'> {
    return this.#nas.transfer(
      {
        api: 'download',
        method: 'download',
        parameters: (api) => ({
          path: listParameter(api, [nasPath(entry.path)]),
          mode: textParameter(api, 'download'),
        }),
        headers: range === undefined ? {} : { Range: `bytes=${range.start}-${range.end - 1}` },
        label: describe(entry),
        signal,
      },
      (response) => this.#read(response, entry, range, signal),
    );
  }

  /**
   * Tells a file from an error by what DSM's headers say: only an attachment is one. Errors come with status 200 as
   * well, as JSON or as a page, and a file may itself be JSON or a page that looks like an error.
   */
  async #read(
    response: HttpResponse,
    entry: NasEntry,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<Transfer | 'not-honoured' | ApiFailure | NoAnswer> {
    const { status, headers, body, recycle } = response;
    if (status === 206 || status === 416) {
      const sent = headers.get('content-range') ?? '';
      if (status === 206 && range !== undefined && sent === contentRange(range, entry.size)) {
        this.#ranges = 'honoured';
        return { body, recycle, skip: 0, isPart: true };
      }
      await response.discard();
      if (/\/\d+$/.test(sent) && !sent.endsWith(`/${entry.size}`))
        throw changed(entry, sent.slice(sent.lastIndexOf('/') + 1));
      return 'not-honoured';
    }
    if (status === 200 && isAttachment(headers, entry.size)) {
      const encoding = headers.get('content-encoding') ?? 'identity';
      if (encoding !== 'identity') {
        await response.discard();
        throw new NetworkError(
          `${describe(entry)} comes compressed (${encoding}), which was not asked for: have the proxy before ${this.#nas.address.id} leave it as it is.`,
          { retryable: false },
        );
      }
      const length = headers.get('content-length');
      if (length !== null && Number(length) !== entry.size) {
        await response.discard();
        throw changed(entry, length);
      }
      if (range !== undefined) this.#ranges = 'ignored';
      return { body, recycle, skip: range?.start ?? 0, isPart: range === undefined };
    }
    const text = await response.text(MAX_PAGE_BYTES);
    const answer = parseAnswer(text);
    if (answer instanceof ApiFailure) return answer;
    return new NoAnswer(status, async () => {
      // A missing file, or a path that is none of DSM's: the file's entry tells.
      if (status === 404) await this.#info.findFile(entry.path, signal);
      throw strangeAnswer(response, text, describe(entry), this.#nas.address.id, 0);
    });
  }
}

/** Tells whether the range can be had by reading what precedes it. */
function canSkip(entry: NasEntry, { start, end }: ByteRange): boolean {
  return end === entry.size || start <= MAX_SKIPPED_BYTES;
}

function describe(entry: NasEntry): string {
  return `the file ${JSON.stringify(entry.path)}`;
}

function changed(entry: NasEntry, found: string): NetworkError {
  return new NetworkError(
    `${describe(entry)} has ${entry.size} bytes, and ${found} are sent: it is being changed, or something on the way changes it.`,
  );
}

/**
 * Tells whether an answer is a file: DSM sends files as attachments of type octet-stream; a proxy may name another
 * type, but not for another length.
 */
function isAttachment(headers: HeaderReader, size: number): boolean {
  const type = headers.get('content-type') ?? '';
  if (!/^attachment\b/i.test(headers.get('content-disposition') ?? '')) return false;
  return /^application\/octet-stream\b/i.test(type) || headers.get('content-length') === String(size);
}

function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end - 1}/${size}`;
}
