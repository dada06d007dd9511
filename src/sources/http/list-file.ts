import { isAscii } from 'node:buffer';
import { FileColumns, type ListedFile } from '../../columns/file-columns.ts';
import { NumberColumn } from '../../columns/number-column.ts';
import { FormatError } from '../../core/errors.ts';
import { isLfsPointer, LFS_POINTER_TEXT } from '../../core/foreign-file.ts';
import { assertInside, isPlainPath } from '../../core/safe-path.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { decodeEscaped } from './escaped-text.ts';
import { FileList } from './file-list.ts';

/** Longest line, characters: a path of 4 KiB has room. */
const MAX_LINE = 64 * 1024;
/** Lines that are read between two looks at the time. */
const LINES_PER_STEP = 32;
/** Longest list, bytes. */
const MAX_BYTES = 1024 ** 3;

const NO_TEXT =
  'has bytes of the value 0: the list is in UTF-16 or UTF-32 without a byte order mark, or no text; save it as UTF-8';

/** Byte order mark of UTF-8, each byte a character. */
const UTF_8_MARK = '\u00ef\u00bb\u00bf';

/** Encodings by the byte order mark that a text begins with, as hexadecimal digits. */
const UTF_16: ReadonlyMap<string, string> = new Map([
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
]);

/** Tells the encoding of a text in UTF-16 by its first two bytes; undefined for another one. */
export function utf16Of(bytes: Buffer): string | undefined {
  return UTF_16.get(bytes.toString('hex', 0, 2));
}

/**
 * Text of a list as its bytes come. In UTF-16 they are decoded at once; else each is a character until it is known where
 * lines end, since a name need not be UTF-8.
 */
class ListText {
  #mark: Buffer = Buffer.alloc(0);
  #isBegun = false;
  #utf16: TextDecoder | undefined;
  /** True when all that came so far is ASCII. */
  #isAscii = true;

  /** True when the list is in UTF-16, as Windows writes it. */
  get isUtf16(): boolean {
    return this.#utf16 !== undefined;
  }

  /** Reads the characters of a chunk; undefined while too little is there to tell the encoding. */
  read(chunk: Uint8Array): string | undefined {
    if (this.#isBegun) return this.#characters(chunk);
    this.#mark = Buffer.concat([this.#mark, chunk]);
    if (this.#mark.byteLength < UTF_8_MARK.length) return undefined;
    return this.#begin();
  }

  /** Gives what is left at the end of the list. */
  end(): string {
    if (!this.#isBegun) return this.#begin();
    return this.#utf16?.decode() ?? '';
  }

  /** Turns these characters into a line. */
  line(characters: string): string {
    const isText = this.#isAscii || this.isUtf16 || !/[\x80-\xff]/.test(characters);
    return isText ? characters : decodeEscaped(Buffer.from(characters, 'latin1'));
  }

  #begin(): string {
    this.#isBegun = true;
    const encoding = utf16Of(this.#mark);
    if (encoding !== undefined) this.#utf16 = new TextDecoder(encoding);
    const text = this.#characters(this.#mark);
    return text.startsWith(UTF_8_MARK) ? text.slice(UTF_8_MARK.length) : text;
  }

  #characters(bytes: Uint8Array): string {
    if (this.#utf16 !== undefined) return this.#utf16.decode(bytes, { stream: true });
    this.#isAscii &&= isAscii(bytes);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }
}

/**
 * Reads a list of files: one JSON object a line (`path`, and `size`, `sha256`, `modified` if known; others are passed
 * over), or one path a line; in UTF-8, or in UTF-16 with a byte order mark. In a list of Windows, which is in UTF-16 or
 * whose lines end in CRLF, a backslash stands between folders. Empty lines, a leading `./`, names that begin with `.`, and
 * folders in which listed files lie are passed over, as is the list itself.
 *
 * @param name - of the list, for messages; ends in `.txt` when it has paths only
 * @returns the files in the order of paths
 * @throws FormatError with the number of the line that cannot be used
 */
export async function readListFile(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  name: string,
  signal?: AbortSignal,
): Promise<FileList> {
  const files = new FileColumns();
  const lines = new NumberColumn(Uint32Array);
  const slice = new TimeSlice(signal);
  const parse = name.endsWith('.txt') ? bareFile : parseEntry;
  let line = 0;
  let isWindows = false;
  const problem = (label: string, at = line): FormatError =>
    new FormatError(`line ${at} ${label}`, { path: name });
  const take = (text: string): void => {
    line++;
    isWindows ||= text.endsWith('\r');
    // "echo name >> files.txt" of Windows leaves a space behind the name, which no name there can end in.
    const trimmed = isWindows ? text.trimEnd() : text;
    if (trimmed.trim() === '') return;
    if (trimmed.includes('\0')) throw problem(NO_TEXT);
    const file = parse(trimmed, isWindows, problem);
    const { path } = file;
    if (path === name || path.startsWith('.') || path.includes('/.')) return;
    files.push(file);
    lines.push(line);
  };

  const text = new ListText();
  let rest = '';
  let bytes = 0;
  for await (const chunk of body) {
    if (bytes === 0 && isLfsPointer(chunk)) throw new FormatError(LFS_POINTER_TEXT, { path: name });
    bytes += chunk.byteLength;
    const characters = text.read(chunk);
    if (characters === undefined) continue;
    isWindows ||= text.isUtf16;
    const whole = (rest + characters).split('\n');
    rest = whole.pop() ?? '';
    for (const [index, each] of whole.entries()) {
      take(text.line(each));
      if (index % LINES_PER_STEP === 0) await slice.pause();
    }
    if (rest.length > MAX_LINE || bytes > MAX_BYTES)
      throw new FormatError(
        rest.length > MAX_LINE ? `line ${line + 1} is too long` : 'is longer than 1 GiB',
        { path: name },
      );
    await slice.pause();
  }
  take(text.line(rest + text.end()));
  const differs = (row: number): FormatError =>
    problem(`names ${JSON.stringify(files.pathAt(row))} again, and differently`, lines.at(row));
  return FileList.of(files, differs, slice);
}

function bareFile(path: string, isWindows: boolean, problem: (label: string) => FormatError): ListedFile {
  return {
    path: insidePath(path, isWindows, problem),
    size: undefined,
    version: undefined,
    modified: undefined,
    checksum: undefined,
  };
}

function parseEntry(text: string, isWindows: boolean, problem: (label: string) => FormatError): ListedFile {
  let entry: unknown;
  try {
    entry = JSON.parse(text);
  } catch {
    throw problem('is not JSON');
  }
  if (typeof entry !== 'object' || entry === null || !('path' in entry) || typeof entry.path !== 'string')
    throw problem('is no object with a "path"');
  const given = entry as { path: string; size?: unknown; sha256?: unknown; modified?: unknown };
  const path = insidePath(given.path, isWindows, problem);
  const size = given.size ?? undefined;
  if (size !== undefined && !(Number.isSafeInteger(size) && Number(size) >= 0))
    throw problem('has a "size" that is no number of bytes');
  const sha256 = given.sha256 ?? undefined;
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256)))
    throw problem('has a "sha256" that is not 64 hexadecimal digits');
  const time = given.modified ?? undefined;
  const modified = time === undefined ? undefined : new Date(typeof time === 'string' ? time : Number.NaN);
  if (modified !== undefined && Number.isNaN(modified.getTime()))
    throw problem('has a "modified" that is no date such as "2026-01-31T12:00:00Z"');
  const checksum =
    sha256 === undefined ? undefined : { algorithm: 'sha256' as const, value: sha256.toLowerCase() };
  const version =
    checksum !== undefined
      ? `sha256:${checksum.value}`
      : size !== undefined && modified !== undefined
        ? `listed:${String(size)}-${modified.getTime()}`
        : undefined;
  return { path, size: size as number | undefined, version, modified, checksum };
}

function insidePath(listed: string, isWindows: boolean, problem: (label: string) => FormatError): string {
  if (isPlainPath(listed)) return listed;
  if (/^[A-Za-z]:[\\/]/.test(listed) || listed.startsWith('\\\\'))
    throw problem(
      `names ${JSON.stringify(listed)}, a path of a Windows machine: list paths inside the folder, as "Get-ChildItem -Recurse -File -Name > files.txt" in it does`,
    );
  const given = isWindows ? listed.replaceAll('\\', '/') : listed;
  const path = given.startsWith('./') ? given.slice(2) : given;
  const [, file] = /^(.*\.[A-Za-z]\w*)\?/.exec(path) ?? [];
  if (file !== undefined)
    throw problem(
      `names ${JSON.stringify(file)} with a query ("?…"): a list has the paths of files, and queries are not sent`,
    );
  try {
    assertInside(path);
    return path;
  } catch {
    throw problem(
      `names ${JSON.stringify(given)}, which is no path inside the folder: write "folder/case.vtu", without ".." and without a leading "/"`,
    );
  }
}
