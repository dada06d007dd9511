import { FormatError } from '../../core/errors.ts';
import type { FileWindow } from './file-window.ts';

/** Longest tag, comment or declaration that is read, bytes; no writer comes near. */
const MAX_TAG = 64 * 1024;
const MAX_ATTRIBUTES = 256;

const LESS = 60;
const GREATER = 62;
const QUOTE = 34;
const APOSTROPHE = 39;

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

/** Offset of the `>` that ends the tag whose `<` is byte 0, quotes respected, or −1. */
function tagEnd(bytes: Uint8Array): number {
  let quote = 0;
  const end = Math.min(bytes.length, MAX_TAG);
  for (let at = 1; at < end; at++) {
    const byte = bytes[at] as number;
    if (quote !== 0) {
      if (byte === quote) quote = 0;
    } else if (byte === QUOTE || byte === APOSTROPHE) quote = byte;
    else if (byte === GREATER) return at;
  }
  return -1;
}

/** Offset behind `marker` (ASCII) in `bytes`, or −1. */
function endOf(bytes: Uint8Array, marker: string, from: number): number {
  const last = Math.min(bytes.length, MAX_TAG) - marker.length;
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
 * Reads the tags of an XML header one after the other: the subset that VTK files use, so no document type,
 * no entity declarations and no CDATA. Text between tags is passed over without being decoded.
 */
export class XmlScanner {
  /** Where the next tag is looked for; set it to pass over data. */
  position = 0;
  readonly #window: FileWindow;
  readonly #path: string;
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(window: FileWindow, path: string) {
    this.#window = window;
    this.#path = path;
  }

  /**
   * The next tag, or undefined at the end of the file.
   *
   * @throws FormatError when there is something else than a tag, a comment or a declaration
   */
  async next(): Promise<XmlTag | undefined> {
    for (;;) {
      const offset = await this.#window.indexOf(LESS, this.position);
      if (offset < 0) {
        this.position = this.#window.file.size;
        return undefined;
      }
      const bytes = await this.#tagBytes(offset);
      if (startsWith(bytes, '<?')) this.#declaration(bytes, offset);
      else if (startsWith(bytes, '<!--')) this.#pass(bytes, offset, '-->', 'comment');
      else if (startsWith(bytes, '<!')) {
        throw this.#error(
          startsWith(bytes, '<!DOCTYPE')
            ? 'has a document type (DOCTYPE), which VTK files never have'
            : 'has an XML construct that VTK files never have',
          offset,
        );
      } else return this.#tag(bytes, offset);
    }
  }

  /** The bytes from `offset`, with as much of them as the tag there may need. */
  async #tagBytes(offset: number): Promise<Uint8Array> {
    const bytes = await this.#window.at(offset, 1);
    if (!startsWith(bytes, '<!') && tagEnd(bytes) >= 0) return bytes;
    return this.#window.at(offset, MAX_TAG);
  }

  #pass(bytes: Uint8Array, offset: number, marker: string, what: string): number {
    const end = endOf(bytes, marker, 2);
    if (end < 0) throw this.#unended(what, offset);
    this.position = offset + end;
    return end;
  }

  #declaration(bytes: Uint8Array, offset: number): void {
    const end = this.#pass(bytes, offset, '?>', 'declaration');
    const text = String.fromCharCode(...bytes.subarray(0, Math.min(end, 1024)));
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
    const close = tagEnd(bytes);
    if (close < 0) throw this.#unended('tag', offset);
    this.position = offset + close + 1;
    let text: string;
    try {
      text = this.#decoder.decode(bytes.subarray(1, close));
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

  #unended(what: string, offset: number): FormatError {
    const cut = this.#window.file.size - offset < MAX_TAG;
    return this.#error(
      cut ? `ends inside a ${what}: the file is cut` : `has a ${what} of more than ${MAX_TAG} bytes`,
      offset,
    );
  }

  #error(problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.#path, offset });
  }
}
