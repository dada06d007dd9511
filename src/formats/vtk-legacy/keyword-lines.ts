import type { ArrayDetails, LeftOutArray, RandomAccess } from '../../core/mesh.ts';
import type { LegacyArray } from './header-model.ts';
import { decodePercent } from './names.ts';
import { lengthBytes, readLength } from './string-lengths.ts';
import { findValueType, INT32, VALUE_TYPE_WORDS, type ValueType } from './value-types.ts';
import { CARRIAGE_RETURN, LINE_FEED, type ScannerOptions, type Word, WordScanner } from './word-scanner.ts';

/** Indices are 32-bit, so no more points, cells or tuples than this. */
const MAX_COUNT = 2 ** 31 - 1;
/** Components of an array whose names are kept at the most. */
const MAX_NAMED_COMPONENTS = 65_536;
/** Things told of that a mesh will not have, at the most. */
const MAX_EXTRAS = 10_000;

/** Words that may stand behind values, in lower case. */
const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'field metadata points cells cell_types vertices lines polygons triangle_strips cell_data point_data scalars ' +
    'color_scalars lookup_table vectors normals tensors tensors6 texture_coordinates global_ids pedigree_ids ' +
    'edge_flags offsets connectivity'
  ).split(' '),
);

/** Description of values by the keyword line before them. */
export interface ValueLine {
  readonly name: string;
  /** Things that the values belong to. */
  readonly on: LeftOutArray['on'];
  readonly valueType: ValueType;
  /** The type as it is written. */
  readonly statedType: string;
  readonly components: number;
  readonly tuples: number;
  readonly lineOffset: number;
  /** True when text gives them as shares of 255. @defaultValue false */
  readonly isColor?: boolean | undefined;
  /** True when names of arrays may follow, not only keywords. @defaultValue false */
  readonly isInField?: boolean | undefined;
}

/** Keyword lines of a file, and the values behind them, which are passed over. */
export class KeywordLines {
  readonly scanner: WordScanner;
  /** Encoding of the values; set once the third line was read. */
  encoding: 'ascii' | 'binary' = 'ascii';
  /** Things that the file has and no mesh. */
  readonly extras: LeftOutArray[] = [];
  /** Bytes of a `long` in this file, as the first ones showed. */
  #longBytes: 4 | 8 | undefined;

  constructor(file: RandomAccess, options: ScannerOptions) {
    this.scanner = new WordScanner(file, options);
  }

  /** Reads a word that must follow: `what`, in messages. */
  async word(what: string): Promise<Word> {
    const word = await this.scanner.next();
    if (word !== undefined) return word;
    throw this.scanner.error(`ends where ${what} belongs: the file is cut`, this.scanner.file.size);
  }

  /** Reads a count that must follow. */
  async count(what: string): Promise<number> {
    const word = await this.word(what);
    const value = parseCount(word.text);
    if (value !== undefined) return value;
    throw this.scanner.error(
      `has "${shown(word)}" where ${what} belongs, which is no count from 0 to ${MAX_COUNT}`,
      word.offset,
    );
  }

  /** Reads the type of values, which must follow. */
  async type(of: string): Promise<{ readonly valueType: ValueType; readonly statedType: string }> {
    const word = await this.word(`the type of ${of}`);
    const valueType = findValueType(word.text);
    if (valueType !== undefined) return { valueType, statedType: word.text };
    throw this.scanner.error(
      `has "${shown(word)}" as the type of ${of}; known: ${VALUE_TYPE_WORDS}`,
      word.offset,
    );
  }

  /**
   * Passes over the values that a line announces, and over METADATA behind them.
   *
   * @throws FormatError when the file has no room for them
   */
  async values(line: ValueLine): Promise<LegacyArray> {
    const { scanner } = this;
    const { name, on, statedType, components, tuples, lineOffset, isColor = false } = line;
    const { start, end, type } = await this.#extent(line);
    scanner.position = end;
    const componentNames = await this.#metadata(line);
    if (line.valueType.type === undefined) this.tell({ name, on, reason: 'type', what: statedType });
    const isWide = type === 'String' && components > 1;
    const details: ArrayDetails = {
      ...(componentNames === undefined ? {} : { componentNames }),
      ...(line.valueType.isId === true ? { isId: true } : {}),
      ...(isWide ? { stringsInTuple: components } : {}),
      ...(type === 'Bit' ? { isBit: true } : {}),
    };
    return {
      name,
      type,
      components,
      tuples,
      start,
      end,
      lineOffset,
      isColor: isColor && this.encoding === 'ascii',
      details: Object.keys(details).length === 0 ? undefined : details,
    };
  }

  /** Passes over METADATA where it follows. */
  async passMetadata(on: LeftOutArray['on']): Promise<void> {
    await this.#metadata({ name: '', on, components: 0 });
  }

  /** Says of something that a mesh will not have it. */
  tell(extra: LeftOutArray): void {
    if (this.extras.length < MAX_EXTRAS) this.extras.push(extra);
  }

  async #extent(line: ValueLine): Promise<Pick<LegacyArray, 'start' | 'end' | 'type'>> {
    const { scanner } = this;
    const { valueType, components, tuples } = line;
    const { type } = valueType;
    const count = tuples * components;
    const here = scanner.position;
    if (count === 0) return { start: here, end: here, type };
    // Before any of them is looked at: the count is text, and may be anything.
    if (this.encoding === 'ascii' || type === undefined)
      this.#claim(line, type === undefined || type === 'String' ? count - 1 : 2 * count - 1, here);
    if (type === undefined || (type === 'String' && this.encoding === 'ascii')) {
      await scanner.endLine();
      const start = scanner.position;
      const lines = await scanner.skipLines(count);
      // Of the last string nothing may be there, not even its line feed.
      if (lines < count - (type === 'String' ? 1 : 0)) throw this.#tooFew(line, lines);
      return { start, end: scanner.position, type };
    }
    if (this.encoding === 'ascii') {
      const words = await scanner.skipWords(count);
      if (words < count) throw this.#tooFew(line, words);
      return { start: here, end: scanner.position, type };
    }
    await scanner.endLine();
    const start = scanner.position;
    if (type === 'String') return { start, end: await this.#endOfStrings(line, count), type };
    const bytes = type === 'Bit' ? Math.ceil(count / 8) : count * (valueType.width as number);
    const { short } = valueType;
    const isHalf = short !== undefined && (await this.#isHalf(start + bytes / 2, line));
    const end = start + (isHalf ? bytes / 2 : bytes);
    this.#claim(line, end - start, start);
    if (short !== undefined) this.#longBytes = isHalf ? 4 : 8;
    return { start, end, type: isHalf ? short : type };
  }

  /** Tells whether the values of a `long` have 4 bytes and so end at `offset`: of one machine all have the same. */
  async #isHalf(offset: number, line: ValueLine): Promise<boolean> {
    return this.#longBytes === undefined ? this.#fits(offset, line) : this.#longBytes === 4;
  }

  #claim({ name, statedType, components, tuples }: ValueLine, bytes: number, start: number): void {
    const { scanner } = this;
    const left = scanner.file.size - start;
    if (bytes <= left) return;
    throw scanner.error(
      `has ${tuples * components} values of type ${statedType}, which take ${bytes} bytes or more; only ${left} follow`,
      start,
      name,
    );
  }

  #tooFew({ name, components, tuples }: ValueLine, found: number): Error {
    const { scanner } = this;
    const problem = `holds ${found} values where its line asks for ${components * tuples}: the file is cut`;
    return scanner.error(problem, scanner.file.size, name);
  }

  async #endOfStrings(line: ValueLine, count: number): Promise<number> {
    const { scanner } = this;
    this.#claim(line, count, scanner.position);
    for (let index = 0; index < count; index++) {
      const { position } = scanner;
      const [first] = await scanner.take(1);
      const width = first === undefined ? Number.POSITIVE_INFINITY : lengthBytes(first);
      const rest = first === undefined ? [] : await scanner.take(width - 1);
      if (rest.length < width - 1) throw this.#tooFew(line, index);
      const end = scanner.position + readLength(Uint8Array.of(first as number, ...rest), 0);
      if (end > scanner.file.size) {
        const problem = `has a string of ${end - scanner.position} bytes that goes beyond the end of the file`;
        throw scanner.error(problem, position, line.name);
      }
      scanner.position = end;
    }
    return scanner.position;
  }

  /**
   * Tells whether values end at `offset`: behind them, and one line break, stands what stands behind values, or the file ends.
   * A file that ends at `offset` itself may be one that is cut, and white space may be values.
   */
  async #fits(offset: number, { isInField = false }: ValueLine): Promise<boolean> {
    const { scanner } = this;
    const { size } = scanner.file;
    if (offset >= size) return false;
    const { position } = scanner;
    scanner.position = offset;
    try {
      const next = offset + lineBreakLength(await scanner.take(2));
      if (next === size) return true;
      scanner.position = next;
      const word = await scanner.peek();
      if (word?.offset !== next) return false;
      if (KEYWORDS.has(word.lower)) return true;
      if (!isInField) return false;
      if (word.lower === 'null_array') return true;
      if (!isName(word)) return false;
      await scanner.next();
      for (let counts = 0; counts < 2; counts++) {
        const count = await scanner.peek();
        if (count === undefined || parseCount(count.text) === undefined) return false;
        await scanner.next();
      }
      return findValueType((await scanner.peek())?.text ?? '') !== undefined;
    } finally {
      scanner.position = position;
    }
  }

  /** Passes over METADATA where it follows; returns the names of components that it gives. */
  async #metadata({
    name,
    on,
    components,
  }: Pick<ValueLine, 'name' | 'on' | 'components'>): Promise<readonly string[] | undefined> {
    const { scanner } = this;
    const { position } = scanner;
    const word = await scanner.peek();
    if (word?.lower !== 'metadata') return undefined;
    await scanner.next();
    if (!(await scanner.isLineOver())) {
      // An array of this name.
      scanner.position = position;
      return undefined;
    }
    await scanner.endLine();
    let names: string[] | undefined;
    for (;;) {
      const text = textOfLine(await this.#metadataLine());
      if (text === '') return names;
      const [keyword = '', value = ''] = text.split(/\s+/);
      if (keyword.toLowerCase() === 'component_names') names = await this.#componentNames(components);
      else if (keyword.toLowerCase() === 'name') {
        const key = decodePercent(new TextEncoder().encode(value));
        if (name !== '' && !key.startsWith('L2_NORM_'))
          this.tell({ name, on, reason: 'information', what: key });
      }
    }
  }

  async #componentNames(components: number): Promise<string[]> {
    const names: string[] = [];
    while (names.length < Math.min(components, MAX_NAMED_COMPONENTS)) {
      if (this.scanner.position >= this.scanner.file.size) break;
      names.push(decodePercent(await this.#metadataLine()));
    }
    return names;
  }

  /** Reads a line of METADATA; one of no bytes at the end of the file. */
  async #metadataLine(): Promise<Uint8Array> {
    const { scanner } = this;
    const { isWhole, bytes } = await scanner.line();
    if (isWhole || bytes.length === 0) return bytes;
    throw scanner.error('ends within a line of METADATA: the file is cut', scanner.file.size);
  }
}

/** Makes the line of 32-bit integers that belong to the cells of a mesh. */
export function integerLine(
  name: string,
  count: number,
  lineOffset: number,
  valueType: ValueType = INT32,
  statedType = 'int',
): ValueLine {
  return { name, on: 'cell', valueType, statedType, components: 1, tuples: count, lineOffset };
}

/** Shows a word in messages. */
export function shown({ bytes }: Word): string {
  return JSON.stringify(decodePercent(bytes.subarray(0, 60))).slice(1, -1);
}

function parseCount(text: string): number | undefined {
  const value = /^\+?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value <= MAX_COUNT ? value : undefined;
}

/** Tells whether a word can be a name, which values that happen to stand before one are not. */
function isName({ bytes }: Word): boolean {
  if (bytes.some((byte) => byte < 32 || byte === 127)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Counts the bytes of the line break that text begins with; 0 where there is none. */
function lineBreakLength([first, second]: Uint8Array): 0 | 1 | 2 {
  if (first === LINE_FEED) return 1;
  return first === CARRIAGE_RETURN && second === LINE_FEED ? 2 : 0;
}

function textOfLine(line: Uint8Array): string {
  return new TextDecoder('latin1').decode(line).trim();
}
