import { FormatError } from '../../core/errors.ts';
import type { FileWindow } from './file-window.ts';

/** Longest tag that is read, bytes: an attribute may hold the times of a million steps. */
const MAX_TAG_BYTES = 16 * 1024 ** 2;
/** Most attributes of a tag: each component of an array may have a name. */
const MAX_ATTRIBUTES = 65_536;
/** Number of bytes in which the end of a tag is looked for at first, where not all of it is in memory. */
const BYTES_PER_STEP = 64 * 1024;

const LESS_THAN_CODE = 60;
const GREATER_THAN_CODE = 62;
const QUOTE_CODE = 34;
const QUESTION_CODE = 63;
const EXCLAMATION_CODE = 33;
const APOSTROPHE_CODE = 39;

/** A tag and where it stands. */
export interface XmlTag {
  readonly kind: 'open' | 'close' | 'empty';
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** Offset of its `<`. */
  readonly offset: number;
  /** Offset behind its `>`. */
  readonly end: number;
}

const namePattern = /[^\s=<>"'/]+/y;
const attributePattern = /\s+([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y;
const restPattern = /\s*$/y;
const namedEntities: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Finds the offset of the `>` that ends the tag whose `<` is byte 0, quotes respected, or −1. */
function tagEnd(bytes: Uint8Array): number {
  let quote = 0;
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === QUOTE_CODE || byte === APOSTROPHE_CODE) quote = byte;
    else if (byte === GREATER_THAN_CODE) return at;
  }
  return -1;
}

/** Finds the offset behind the first `marker` (ASCII) in `bytes` from `from` on, or −1. */
function endOf(bytes: Uint8Array, marker: string, from: number): number {
  const last = bytes.length - marker.length;
  for (let at = from; at <= last; at++) {
    let length = 0;
    while (length < marker.length && bytes[at + length] === marker.charCodeAt(length)) length++;
    if (length === marker.length) return at + length;
  }
  return -1;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[at] !== text.charCodeAt(at)) return false;
  return true;
}

/**
 * Reader of the tags of an XML header, one after the other: the subset that VTK files use, so no document type, no
 * entity declarations and no CDATA. Text between tags is passed over without being decoded.
 */
export class XmlScanner {
  /** Place where the next tag is looked for; set it to pass over data. */
  position = 0;
  readonly #window: FileWindow;
  readonly #path: string;
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(window: FileWindow, path: string) {
    this.#window = window;
    this.#path = path;
  }

  /**
   * Reads the next tag, or undefined at the end of the file.
   *
   * @throws FormatError when there is something else than a tag, a comment or a declaration
   */
  async next(): Promise<XmlTag | undefined> {
    for (;;) {
      const offset = await this.#window.indexOf(LESS_THAN_CODE, this.position);
      if (offset < 0) {
        this.position = this.#window.file.size;
        return undefined;
      }
      const bytes = await this.#window.at(offset, 16);
      const second = bytes[1];
      if (second !== QUESTION_CODE && second !== EXCLAMATION_CODE) {
        const end = tagEnd(bytes);
        return this.#tag(end >= 0 ? bytes.subarray(0, end) : await this.#longTag(offset), offset);
      }
      if (second === QUESTION_CODE) await this.#declaration(offset);
      else if (startsWith(bytes, '<!--')) await this.#pass(offset, '-->', 'comment');
      else {
        throw this.#error(
          startsWith(bytes, '<!DOCTYPE')
            ? 'has a document type (DOCTYPE), which VTK files never have'
            : 'has an XML construct that VTK files never have',
          offset,
        );
      }
    }
  }

  /** Reads the tag at `offset`, without its `>`, of which not all is in memory. */
  async #longTag(offset: number): Promise<Uint8Array> {
    for (let length = BYTES_PER_STEP; ; length *= 2) {
      const bytes = await this.#window.at(offset, Math.min(length, MAX_TAG_BYTES));
      const end = tagEnd(bytes);
      if (end >= 0 && end < MAX_TAG_BYTES) return bytes.subarray(0, end);
      if (end < 0 && offset + bytes.length >= this.#window.file.size)
        throw this.#error('ends inside a tag: the file is cut', offset);
      if (end >= 0 || bytes.length >= MAX_TAG_BYTES)
        throw this.#error(`has a tag of more than ${MAX_TAG_BYTES} bytes`, offset);
    }
  }

  /** Passes over what begins at `offset` and ends with `marker`, however long it is; returns the offset behind it. */
  async #pass(offset: number, marker: string, what: string): Promise<number> {
    for (let from = offset + 2; ; ) {
      // As much as is in memory: more would be fetched of a file on another machine.
      const bytes = await this.#window.at(from, marker.length);
      const end = endOf(bytes, marker, 0);
      if (end >= 0) return (this.position = from + end);
      if (from + bytes.length >= this.#window.file.size)
        throw this.#error(`ends inside a ${what}: the file is cut`, offset);
      from += bytes.length - marker.length + 1;
    }
  }

  async #declaration(offset: number): Promise<void> {
    const end = await this.#pass(offset, '?>', 'declaration');
    const bytes = await this.#window.at(offset, Math.min(end - offset, 1024));
    const text = String.fromCharCode(...bytes.subarray(0, Math.min(end - offset, 1024)));
    const encoding = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)["']/.exec(text)?.[1];
    if (encoding === undefined || /^utf-?8$/i.test(encoding)) return;
    if (!/^(us-ascii|iso-8859-1|latin1|windows-1252)$/i.test(encoding)) {
      throw this.#error(
        `is in the character encoding "${encoding}"; only UTF-8 and ISO-8859-1 are read`,
        offset,
      );
    }
    this.#decoder = new TextDecoder('windows-1252');
  }

  #tag(bytes: Uint8Array, offset: number): XmlTag {
    this.position = offset + bytes.length + 1;
    let text: string;
    try {
      text = this.#decoder.decode(bytes.subarray(1));
    } catch (cause) {
      throw new FormatError('has a tag that is not UTF-8', { path: this.#path, offset }, { cause });
    }
    const kind = text.startsWith('/') ? 'close' : text.endsWith('/') ? 'empty' : 'open';
    const body = kind === 'close' ? text.slice(1) : kind === 'empty' ? text.slice(0, -1) : text;
    namePattern.lastIndex = 0;
    const name = namePattern.exec(body)?.[0];
    if (name === undefined) throw this.#error('has a "<" that begins no tag', offset);
    return {
      kind,
      name,
      attributes: this.#attributes(body, name.length, offset),
      offset,
      end: this.position,
    };
  }

  #attributes(text: string, start: number, offset: number): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    let at = start;
    for (;;) {
      attributePattern.lastIndex = at;
      const match = attributePattern.exec(text);
      if (match === null) break;
      const [whole, name = '', double, single] = match;
      if (attributes.has(name)) throw this.#error(`has the attribute "${name}" twice in one tag`, offset);
      if (attributes.size === MAX_ATTRIBUTES) {
        throw this.#error(`has more than ${MAX_ATTRIBUTES} attributes in one tag`, offset);
      }
      attributes.set(name, this.#unescape(double ?? single ?? '', offset));
      at += whole.length;
    }
    restPattern.lastIndex = at;
    if (!restPattern.test(text)) throw this.#error('has a tag whose attributes are malformed', offset);
    return attributes;
  }

  /** Resolves references. VTK writes `&` as it is, so one that begins no reference stands for itself. */
  #unescape(value: string, offset: number): string {
    return value.replaceAll(/[\t\r\n]/g, ' ').replaceAll(/&(#?\w{1,32});/g, (entity, name: string) => {
      const code = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(name);
      const point =
        code === null ? -1 : code[1] === undefined ? Number(code[2]) : Number.parseInt(code[1], 16);
      const text = point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : namedEntities.get(name);
      if (text === undefined)
        throw this.#error(`has the entity "${entity}", which XML does not define`, offset);
      return text;
    });
  }

  #error(problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.#path, offset });
  }
}
