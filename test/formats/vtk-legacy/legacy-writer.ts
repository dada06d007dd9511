/** Attribute as {@link writeLegacy} writes it. */
export interface WrittenArray {
  /** `FIELD`, or the keyword of its own line. */
  readonly keyword: string;
  readonly name: string;
  /** As the file says it: `float`, `unsigned_char`, `string`. */
  readonly type: string;
  readonly components: number;
  readonly values: readonly (number | bigint | string)[];
  readonly componentNames?: readonly string[] | undefined;
}

/** Content of a legacy file. */
export interface LegacyContent {
  readonly kind: string;
  readonly pointType: string;
  readonly points: readonly number[];
  /** Groups of cells by their keywords; of a polyhedron its faces stand in the place of its points. */
  readonly groups: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Types of the cells of an unstructured grid. */
  readonly types?: readonly number[] | undefined;
  readonly pointData?: readonly WrittenArray[] | undefined;
  readonly cellData?: readonly WrittenArray[] | undefined;
  readonly fieldData?: readonly WrittenArray[] | undefined;
}

/** One of the ways in which writers differ. */
export interface LegacyStyle {
  readonly encoding: 'ascii' | 'binary';
  readonly version: string;
  readonly cells: 'listed' | 'indexed';
  /** Type of offsets and connectivity of `indexed` cells. */
  readonly indexType: string;
  readonly newline: string;
  readonly space: string;
  readonly wordCase: 'upper' | 'lower' | 'mixed';
  readonly cellsFirst: boolean;
  readonly cellDataFirst: boolean;
  /** Whether a line feed stands behind binary data. */
  readonly feedBehindData: boolean;
  /** What stands behind the last word of a line before its line feed. */
  readonly trail: string;
  readonly longBytes: 4 | 8;
  /** Whether METADATA stand behind arrays, and colour tables among attributes. */
  readonly extras: boolean;
}

/** VTK 9.1's own way, as text. */
export const PLAIN_STYLE: LegacyStyle = {
  encoding: 'ascii',
  version: '5.1',
  cells: 'indexed',
  indexType: 'vtktypeint64',
  newline: '\n',
  space: ' ',
  wordCase: 'upper',
  cellsFirst: false,
  cellDataFirst: true,
  feedBehindData: true,
  trail: '',
  longBytes: 8,
  extras: false,
};

const WIDTHS: Readonly<Record<string, number>> = {
  unsigned_char: 1,
  char: 1,
  signed_char: 1,
  unsigned_short: 2,
  short: 2,
  unsigned_int: 4,
  int: 4,
  vtkidtype: 4,
  float: 4,
  double: 8,
  vtktypeint64: 8,
  vtktypeuint64: 8,
};

/** Percent-codes a name or string as VTK does. */
function encode(text: string): string {
  let coded = '';
  for (const byte of Buffer.from(text))
    coded +=
      byte > 32 && byte < 127 && byte !== 37 && byte !== 34
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return coded;
}

/** Writes legacy files in every way that writers have. */
class Writer {
  readonly parts: Buffer[] = [];
  readonly #style: LegacyStyle;

  constructor(style: LegacyStyle) {
    this.#style = style;
  }

  /** A line of words, in the case and with the spaces of the style; a word that begins with `=` is written as it is. */
  line(...words: readonly (string | number)[]): void {
    const { space, newline, trail, wordCase } = this.#style;
    const cased = words.map((word) => {
      const text = String(word);
      if (text.startsWith('=')) return text.slice(1);
      if (wordCase === 'upper') return text;
      return wordCase === 'lower'
        ? text.toLowerCase()
        : text.replaceAll(/[a-z]/gi, (letter, at: number) =>
            at % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase(),
          );
    });
    this.text(`${cased.join(space)}${trail}${newline}`);
  }

  text(text: string): void {
    this.parts.push(Buffer.from(text));
  }

  values(type: string, values: readonly (number | bigint | string)[]): void {
    const { encoding, newline, feedBehindData, space } = this.#style;
    if (encoding === 'binary') {
      if (values.length > 0) this.parts.push(this.#binary(type.toLowerCase(), values));
      if (feedBehindData && values.length > 0) this.text('\n');
      return;
    }
    if (type === 'string') for (const value of values) this.text(`${encode(String(value))}${newline}`);
    else
      for (let at = 0; at < values.length; at += 9)
        this.text(
          `${values
            .slice(at, at + 9)
            .map(asText)
            .join(space)}${newline}`,
        );
  }

  #binary(type: string, values: readonly (number | bigint | string)[]): Buffer {
    if (type === 'string')
      return Buffer.concat(values.map((value) => withLength(Buffer.from(String(value)))));
    if (type === 'bit') {
      const bytes = Buffer.alloc(Math.ceil(values.length / 8));
      values.forEach(
        (value, at) => (bytes[at >> 3] = (bytes[at >> 3] as number) | (Number(value) << (7 - (at & 7)))),
      );
      return bytes;
    }
    const isLong = type === 'long' || type === 'unsigned_long';
    const width = isLong ? this.#style.longBytes : (WIDTHS[type] as number);
    const bytes = Buffer.alloc(values.length * width);
    for (const [at, value] of values.entries()) {
      if (type === 'float') bytes.writeFloatBE(Number(value), at * width);
      else if (type === 'double') bytes.writeDoubleBE(Number(value), at * width);
      else if (width === 8) bytes.writeBigUInt64BE(BigInt.asUintN(64, BigInt(value)), at * width);
      else
        bytes.writeUIntBE(
          Number(value) < 0 ? Number(value) + 2 ** (8 * width) : Number(value),
          at * width,
          width,
        );
    }
    return bytes;
  }

  metadata(names: readonly string[] | undefined): void {
    if (names === undefined && !this.#style.extras) return;
    const { newline } = this.#style;
    this.text(`METADATA${newline}`);
    if (names !== undefined)
      this.text(`COMPONENT_NAMES${newline}${names.map((name) => `${encode(name)}${newline}`).join('')}`);
    if (this.#style.extras)
      this.text(
        `INFORMATION 1${newline}NAME L2_NORM_RANGE LOCATION vtkDataArray${newline}DATA 2 0 1${newline}`,
      );
    this.text(newline);
  }
}

function asText(value: number | bigint | string): string {
  return Number.isFinite(value) || typeof value === 'bigint'
    ? String(value)
    : String(value).toLowerCase().replace('infinity', 'inf');
}

function withLength(bytes: Buffer): Buffer {
  const { length } = bytes;
  const head =
    length < 64
      ? [0xc0 | length]
      : length < 2 ** 14
        ? [0x80 | (length >> 8), length & 255]
        : [0x40 | (length >> 24), (length >> 16) & 255, (length >> 8) & 255, length & 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** Writes a legacy file. */
export function writeLegacy(content: LegacyContent, style: LegacyStyle): Uint8Array<ArrayBuffer> {
  const writer = new Writer(style);
  writer.text(`# vtk DataFile Version ${style.version}${style.newline}a title \u00fc${style.newline}`);
  writer.line(style.encoding.toUpperCase());
  writer.line('DATASET', content.kind);
  if (content.fieldData !== undefined) writeField(writer, content.fieldData);
  const { points } = content;
  const writePoints = (): void => {
    writer.line('POINTS', points.length / 3, content.pointType);
    writer.values(content.pointType, points);
    writer.metadata(undefined);
  };
  const writeAllCells = (): void => {
    for (const [keyword, cells] of Object.entries(content.groups)) writeCells(writer, keyword, cells, style);
    if (content.types !== undefined) {
      writer.line('CELL_TYPES', content.types.length);
      writer.values('int', content.types);
    }
  };
  const geometry = style.cellsFirst ? [writeAllCells, writePoints] : [writePoints, writeAllCells];
  for (const write of geometry) write();
  const cells = Object.values(content.groups).reduce((sum, group) => sum + group.length, 0);
  const sections = [
    ['CELL_DATA', cells, content.cellData ?? []],
    ['POINT_DATA', points.length / 3, content.pointData ?? []],
  ] as const;
  for (const [keyword, rows, arrays] of style.cellDataFirst ? sections : sections.toReversed()) {
    if (arrays.length === 0) continue;
    writer.line(keyword, rows);
    writeSection(writer, arrays, style);
  }
  // Else nothing tells a `long` of 4 bytes at the end from half of one of 8.
  if (style.longBytes === 4 && !style.feedBehindData) writer.text('\n');
  return Uint8Array.from(Buffer.concat(writer.parts));
}

function writeCells(
  writer: Writer,
  keyword: string,
  cells: readonly (readonly number[])[],
  style: LegacyStyle,
): void {
  const flat = cells.flat();
  if (style.cells === 'listed') {
    writer.line(keyword, cells.length, cells.length + flat.length);
    writer.values(
      'int',
      cells.flatMap((cell) => [cell.length, ...cell]),
    );
    return;
  }
  let end = 0;
  const ends = cells.map((cell) => (end += cell.length));
  writer.line(keyword, cells.length + 1, flat.length);
  writer.line('OFFSETS', style.indexType);
  writer.values(style.indexType, [0, ...ends]);
  writer.line('CONNECTIVITY', style.indexType);
  writer.values(style.indexType, flat);
  if (flat.length > 0) writer.metadata(undefined);
}

function writeSection(writer: Writer, arrays: readonly WrittenArray[], style: LegacyStyle): void {
  for (const array of arrays.filter(({ keyword }) => keyword !== 'FIELD')) {
    writeAttribute(writer, array, style);
    writer.metadata(array.componentNames);
    if (array.keyword === 'SCALARS' && style.extras) writeColourTable(writer, style);
  }
  const fields = arrays.filter(({ keyword }) => keyword === 'FIELD');
  if (fields.length > 0) writeField(writer, fields);
}

function writeAttribute(
  writer: Writer,
  { keyword, name, type, components, values }: WrittenArray,
  style: LegacyStyle,
): void {
  const coded = `=${encode(name)}`;
  if (keyword === 'SCALARS') {
    if (components === 1) writer.line(keyword, coded, type);
    else writer.line(keyword, coded, type, components);
    writer.line('LOOKUP_TABLE', style.extras ? 'colours' : 'default');
    writer.values(type, values);
  } else if (keyword === 'COLOR_SCALARS') {
    writer.line(keyword, coded, components);
    if (style.encoding === 'binary') writer.values('unsigned_char', values);
    else
      writer.values(
        'float',
        values.map((value) => Number(value) / 255),
      );
  } else if (keyword === 'TEXTURE_COORDINATES') {
    writer.line(keyword, coded, components, type);
    writer.values(type, values);
  } else {
    writer.line(keyword, coded, type);
    writer.values(type, values);
  }
}

function writeColourTable(writer: Writer, { encoding }: LegacyStyle): void {
  writer.line('LOOKUP_TABLE', 'colours', 2);
  if (encoding === 'ascii') writer.values('float', [0, 0.5, 1, 1, 1, 0, 0, 1]);
  else writer.values('unsigned_char', [10, 13, 32, 255, 255, 0, 0, 255]);
}

function writeField(writer: Writer, arrays: readonly WrittenArray[]): void {
  writer.line('FIELD', 'FieldData', arrays.length);
  for (const { name, type, components, values, componentNames } of arrays) {
    writer.line(`=${encode(name)}`, components, values.length / components, type);
    writer.values(type, values);
    writer.metadata(componentNames);
  }
}
