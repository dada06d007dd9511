/** Head of an answer in the form that nearly all answers have, and its body's length. */
export interface PlainHead {
  readonly status: number;
  /** Names and values of headers in turn. */
  readonly rawHeaders: readonly string[];
  /** Bytes of the body. */
  readonly length: number;
  /** Time for which the connection may be kept, milliseconds; 0 where the server closes it, Infinity where it does not say. */
  readonly keepMs: number;
}

const BEGINNING = 'HTTP/1.1 ';
const BARE_LF = /(?<!\r)\n/;
const STATUS_LINE = /^HTTP\/1\.1 ([2-5]\d\d) [\t\x20-\x7e\x80-\xff]*$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*([\t\x20-\x7e\x80-\xff]*)$/;

/** Statuses whose answers have no body, whatever their length says (RFC 9112, 6.3). */
const BODILESS = [204, 304];

/** Time that is left to a server that says for how long it keeps a connection, milliseconds. */
const KEEP_MARGIN_MS = 1000;

/**
 * Tells whether what has come may be the beginning of a plain head: else its end, for which all lines have to end in CRLF,
 * may never come.
 *
 * @param text - one character a byte
 */
export function mayBePlainHead(text: string): boolean {
  return BEGINNING.startsWith(text.slice(0, BEGINNING.length)) && !BARE_LF.test(text);
}

/**
 * Reads the head of an answer to GET, without the empty line at its end (RFC 9112): status, one `Content-Length`, nothing
 * of another coding, no folded lines.
 *
 * @param text - one character a byte
 * @returns undefined for all else: the parser of Node.js is to look at it
 */
export function parsePlainHead(text: string): PlainHead | undefined {
  const lines = text.split('\r\n');
  const status = Number(STATUS_LINE.exec(lines[0] as string)?.[1]);
  if (Number.isNaN(status)) return undefined;
  const rawHeaders: string[] = [];
  let length: number | undefined;
  let keepMs = Infinity;
  for (let at = 1; at < lines.length; at++) {
    const [, name = '', value = ''] = HEADER_LINE.exec(lines[at] as string) ?? [];
    if (name === '') return undefined;
    rawHeaders.push(name, value.trimEnd());
    switch (name.toLowerCase()) {
      case 'content-length':
        if (length !== undefined || !/^\d{1,15}$/.test(value)) return undefined;
        length = Number(value);
        break;
      case 'connection':
        if (value.toLowerCase() !== 'keep-alive') keepMs = 0;
        break;
      case 'keep-alive': {
        const seconds = /(?:^|[ ,])timeout=(\d+)/i.exec(value)?.[1];
        if (seconds !== undefined)
          keepMs = Math.min(keepMs, Math.max(0, Number(seconds) * 1000 - KEEP_MARGIN_MS));
        break;
      }
      case 'transfer-encoding':
      case 'upgrade':
        return undefined;
    }
  }
  if (BODILESS.includes(status)) length = 0;
  return length === undefined ? undefined : { status, rawHeaders, length, keepMs };
}
