import { measureSteps } from '../../core/array-measure.ts';
import { CellType } from '../../core/cell-types.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Mesh } from '../../core/mesh.ts';
import { TimeSlice } from '../../core/time-slice.ts';
import { encodePacked, type PackedArray, type Packing, packArray } from './encode.ts';
import {
  checkMesh,
  dataSections,
  fieldArrays,
  gridCells,
  polyCells,
  type WrittenArray,
} from './writer-arrays.ts';

/** Number of values a line of text. */
const VALUES_PER_LINE = 12;
/** Number of values turned to text at once. */
const VALUES_PER_STEP = 12 * 1024;

/** Number of characters of a bound of a range: no number takes more than 24. */
const BOUND_CHARACTERS = 11 + 24;

/** Way in which a mesh is written. */
export interface WriteOptions {
  /**
   * Encoding of the arrays. `raw` and `base64`: appended behind the header; `inline`: base64 between the tags; `ascii`:
   * decimal text.
   *
   * @defaultValue `'raw'`
   */
  readonly encoding?: 'raw' | 'base64' | 'inline' | 'ascii' | undefined;
  /**
   * Compression of the arrays.
   *
   * @defaultValue `'none'`; ascii is never compressed
   */
  readonly compressor?: 'none' | 'zlib' | undefined;
  /** Type of the words of length. @defaultValue `'UInt64'` */
  readonly headerType?: 'UInt32' | 'UInt64' | undefined;
  /** Bytes of a block before it is compressed, 1024 … 2^30. @defaultValue 32768, as VTK's */
  readonly blockSize?: number | undefined;
}

/**
 * Writes a mesh as VTK XML, little endian: an UnstructuredGrid as `.vtu`, PolyData as `.vtp`. Indices are written
 * as Int32; decimal numbers give the same values back. Memory: one array at a time, and when appended data are
 * compressed all of these.
 *
 * @returns the parts of the file in order
 * @throws ConfigError before the first part when an option is wrong or the arrays of the mesh do not fit together
 */
export async function* writeVtkXml(
  mesh: Mesh,
  options: WriteOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  const { encoding = 'raw', compressor = 'none', headerType = 'UInt64', blockSize = 32_768 } = options;
  if (!Number.isInteger(blockSize) || blockSize < 1024 || blockSize > 2 ** 30) {
    throw new ConfigError('blockSize', `A block cannot have ${blockSize} bytes; it can have 1024 to 2^30.`);
  }
  const slice = new TimeSlice();
  await slice.run(checkMesh(mesh));
  const zlib = compressor === 'zlib' && encoding !== 'ascii';
  const packing: Packing = {
    headerWidth: headerType === 'UInt32' ? 4 : 8,
    blockSize: zlib ? blockSize : undefined,
  };
  yield* new Writer(mesh, encoding, packing, slice).write();
}

class Writer {
  readonly #mesh: Mesh;
  readonly #encoding: NonNullable<WriteOptions['encoding']>;
  readonly #packing: Packing;
  readonly #slice: TimeSlice;
  readonly #encoder = new TextEncoder();
  readonly #appended: PackedArray[] = [];
  #offset = 0;

  constructor(
    mesh: Mesh,
    encoding: NonNullable<WriteOptions['encoding']>,
    packing: Packing,
    slice: TimeSlice,
  ) {
    this.#slice = slice;
    this.#mesh = mesh;
    this.#encoding = encoding;
    this.#packing = packing;
  }

  async *write(): AsyncGenerator<Uint8Array, void, void> {
    const { kind, cells } = this.#mesh;
    const sections = [
      ...dataSections(this.#mesh),
      ...(kind === 'PolyData' ? polyCells(cells) : [gridCells(cells)]),
    ];
    yield this.#text(`${this.#rootTag()}\n  <${kind}>\n`);
    const fields = fieldArrays(this.#mesh);
    if (fields.length > 0) {
      yield this.#text('    <FieldData>\n');
      for (const array of fields) yield* this.#array(array);
      yield this.#text('    </FieldData>\n');
    }
    const counts = [['Points', this.#mesh.points.shape[0]]];
    if (kind === 'UnstructuredGrid') counts.push(['Cells', cells.types.length]);
    else for (const { name, arrays } of sections.slice(3)) counts.push([name, arrays[1]?.values.length]);
    yield this.#text(`    <Piece${counts.map(([name, count]) => ` NumberOf${name}="${count}"`).join('')}>\n`);
    for (const { name, arrays, active } of sections) {
      const said = [...(active ?? [])].map(([as, array]) => ` ${as}="${escapeAttribute(array)}"`);
      yield this.#text(`      <${name}${said.join('')}>\n`);
      for (const array of arrays) yield* this.#array(array);
      yield this.#text(`      </${name}>\n`);
    }
    yield this.#text(`    </Piece>\n  </${kind}>\n`);
    if (this.#appended.length > 0) yield* this.#appendedData();
    yield this.#text('</VTKFile>\n');
  }

  #rootTag(): string {
    const { kind, cells } = this.#mesh;
    const { headerWidth, blockSize } = this.#packing;
    // Readers renumber Lagrange hexahedra of files below version 2.1.
    const plain = headerWidth === 8 ? '1.0' : '0.1';
    const version = cells.types.includes(CellType.LagrangeHexahedron) ? '2.2' : plain;
    const compressor = blockSize === undefined ? '' : ' compressor="vtkZLibDataCompressor"';
    const layout = `byte_order="LittleEndian" header_type="UInt${8 * headerWidth}"${compressor}`;
    return `<?xml version="1.0"?>\n<VTKFile type="${kind}" version="${version}" ${layout}>`;
  }

  async *#array(array: WrittenArray): AsyncGenerator<Uint8Array, void, void> {
    const { name, type, components, tuples } = array;
    const tag = type === 'String' ? 'Array' : 'DataArray';
    const attributes = [
      `type="${type}"`,
      array.isId === true && type === 'Int64' ? 'IdType="1"' : '',
      `Name="${escapeAttribute(name)}"`,
      components === 1 ? '' : `NumberOfComponents="${components}"`,
      ...(array.componentNames ?? []).map((text, index) =>
        text === '' ? '' : `ComponentName${index}="${escapeAttribute(text)}"`,
      ),
      tuples === undefined ? '' : `NumberOfTuples="${tuples}"`,
      array.ranged === true ? await this.#range(array) : '',
    ];
    const open = `        <${tag} ${attributes.filter((text) => text !== '').join(' ')}`;
    if (this.#encoding === 'ascii') {
      yield this.#text(`${open} format="ascii">\n`);
      yield* this.#numbers(array);
      yield this.#text(`        </${tag}>\n`);
      return;
    }
    const packed = await packArray(littleEndianBytes(array), this.#packing);
    if (this.#encoding === 'inline') {
      yield this.#text(`${open} format="binary">\n          `);
      yield* encodePacked(packed, true);
      yield this.#text(`\n        </${tag}>\n`);
      return;
    }
    yield this.#text(`${open} format="appended" offset="${this.#offset}"/>\n`);
    this.#appended.push(packed);
    this.#offset += encodedLength(packed, this.#encoding === 'base64');
  }

  /** Finds the range as VTK states it: of several components that of the lengths, without what is no number. */
  async #range({ values, components }: WrittenArray): Promise<string> {
    const tensor = { data: values, shape: [values.length / components, components] };
    const { min, max } = await this.#slice.run(measureSteps(tensor));
    if (!Number.isFinite(min) || !Number.isFinite(max)) return '';
    // Padded as VTK pads it, so that steps of a series are files of the same size with their arrays at the same places.
    return [`RangeMin="${min}"`, `RangeMax="${max}"`].map((text) => text.padEnd(BOUND_CHARACTERS)).join(' ');
  }

  async *#appendedData(): AsyncGenerator<Uint8Array, void, void> {
    yield this.#text(`  <AppendedData encoding="${this.#encoding}">\n   _`);
    for (const packed of this.#appended) yield* encodePacked(packed, this.#encoding === 'base64');
    yield this.#text('\n  </AppendedData>\n');
  }

  *#numbers({ values }: WrittenArray): Generator<Uint8Array, void, void> {
    const single = values instanceof Float32Array;
    for (let at = 0; at < values.length; at += VALUES_PER_STEP) {
      const lines: string[] = [];
      for (let from = at; from < Math.min(at + VALUES_PER_STEP, values.length); from += VALUES_PER_LINE) {
        const line = Array.from(
          values.subarray(from, from + VALUES_PER_LINE) as ArrayLike<number | bigint>,
          (value) => formatNumber(value, single),
        );
        lines.push(`          ${line.join(' ')}\n`);
      }
      yield this.#text(lines.join(''));
    }
  }

  #text(text: string): Uint8Array {
    return this.#encoder.encode(text);
  }
}

function encodedLength({ head, body, apart }: PackedArray, base64: boolean): number {
  const bytes = body.reduce((sum, part) => sum + part.length, 0);
  if (!base64) return head.length + bytes;
  const length = (count: number): number => Math.ceil(count / 3) * 4;
  return apart ? length(head.length) + length(bytes) : length(head.length + bytes);
}

function littleEndianBytes({ values }: WrittenArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/[\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Writes the shortest decimal that gives the value back, in its own precision. */
function formatNumber(value: number | bigint, single: boolean): string {
  if (typeof value === 'bigint') return String(value);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0';
  if (!single || Number.isInteger(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}
