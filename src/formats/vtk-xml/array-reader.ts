import type { NumericType } from '../../core/array-type.ts';
import { FormatError } from '../../core/errors.ts';
import { loadOnce } from '../../core/load-once.ts';
import type { TypedArray } from '../../core/mesh.ts';
import { truncateInto, unpackBits } from '../arrays/converted-values.ts';
import { arrayTypes, byteWidth, mustSwap, viewAs } from '../arrays/numeric-types.ts';
import { Int32Sink, type IntegerFacts, NO_VALUES, type Sink, StoredSink } from '../arrays/sink.ts';
import { ASKER, type WantedIntegers, type WantedValues } from '../arrays/wanted-values.ts';
import { NARROW_BYTES } from '../kernels/narrow.ts';
import type { ArrayContext } from './array-context.ts';
import { loadBlockDecoder } from './block-codecs.ts';
import { readWord } from './block-words.ts';
import { type ArrayRegion, type ByteStream, RawStream } from './byte-stream.ts';
import type { ArrayInfo, VtkXmlHeader } from './header-model.ts';

/** Loader of the code that reads numbers as text. */
const loadAscii = loadOnce(() => import('../arrays/ascii-array.ts'));
/** Loader of the code that reads base64. */
const loadBase64 = loadOnce(() => import('./base64-stream.ts'));

/** Bytes that a number in a file may make the reader allocate before the bytes came: this and four times the file. */
const FREE_BYTES = 64 * 1024 ** 2;
/** Unpacked bytes of the blocks that are decoded together at most: they stay in the processor's cache. */
const BATCH_BYTES = 256 * 1024;
/** Raw bytes read between two looks at the clock and the signal. */
const RAW_STEP = 8 * 1024 ** 2;

/** Sizes of the compressed blocks of an array, bytes. */
interface BlockTable {
  readonly packed: Float64Array;
  /** Unpacked size of every block but the last. */
  readonly size: number;
  readonly last: number;
  /** Unpacked size of all. */
  readonly total: number;
}

/** Collector of the decoded bytes of one array, either as stored or narrowed to 32-bit integers. */
type Collector =
  | { readonly kind: 'stored'; sink?: StoredSink }
  | { readonly kind: 'int32'; readonly lead: number; sink?: Int32Sink };

/** Offsets of appended arrays by those before them, by the headers of their files: of a series many reads have one. */
const knownOffsets = new WeakMap<VtkXmlHeader, ReadonlyMap<number, number>>();

/** Reader of arrays of one file. */
export class ArrayReader {
  readonly context: ArrayContext;
  /** Offsets of all appended arrays but the first, each by the one before: where its data must end. */
  readonly #nextOffsets: ReadonlyMap<number, number>;

  constructor(context: ArrayContext) {
    this.context = context;
    const known = knownOffsets.get(context.header);
    if (known !== undefined) {
      this.#nextOffsets = known;
      return;
    }
    const { pieces, fieldData } = context.header;
    const arrays = [
      ...fieldData.values(),
      ...pieces.flatMap((piece) => [...piece.sections.values()].flatMap((section) => [...section.values()])),
    ];
    const offsets = arrays.filter(({ format }) => format === 'appended').map(({ start }) => start);
    const sorted = Float64Array.from(new Set(offsets)).sort();
    this.#nextOffsets = new Map(
      Array.from(sorted.subarray(1), (next, index) => [sorted[index] as number, next]),
    );
    knownOffsets.set(context.header, this.#nextOffsets);
  }

  /**
   * Reads the values of an array in their stored type, 64-bit integers as BigInts, bits as bytes of 0 and 1; of strings
   * the bytes.
   *
   * @param expected - how many values are wanted, the first ones; undefined: as many as the data hold
   * @throws FormatError when there are fewer, or its type is none that is read
   */
  readStored(info: ArrayInfo, expected: number | undefined): Promise<TypedArray> {
    const type = this.#typeOf(info);
    if (type === 'Bit') return this.#readBits(info, expected);
    const bytes = info.format === 'ascii' ? 'Int16' : 'UInt8';
    return this.#readAs(info, type === 'String' ? bytes : type, { expected });
  }

  /**
   * Reads the values of an array of integers as 32-bit integers, and what was noticed of them on the way. Of numbers
   * that are stored as floating point these are their whole parts, as in VTK.
   *
   * @throws FormatError when there are fewer than wanted, or one does not fit
   */
  async readInt32(
    info: ArrayInfo,
    wanted: WantedIntegers = {},
  ): Promise<IntegerFacts & { readonly values: Int32Array<ArrayBuffer> }> {
    const type = this.#typeOf(info);
    if (type === 'String') {
      throw this.#error(info, `has type="${type}" where integers belong`, info.tagOffset);
    }
    const { values, facts } =
      type === 'Bit' || type.startsWith('Float')
        ? await this.#truncate(info, wanted)
        : info.format === 'ascii'
          ? await (await loadAscii()).readAsciiInt32(this.context, info, wanted)
          : await this.#readBinaryInt32(info, type as NumericType, wanted);
    if (facts.misfit >= 0) {
      throw this.#error(info, `has values beyond 32 bits at or after index ${facts.misfit}`, info.tagOffset);
    }
    return { values, ...facts };
  }

  /**
   * Says that something of `bytes` bytes is going to be made of an array.
   *
   * @throws FormatError when all that was made of the file would be more than it may be
   */
  claim(info: ArrayInfo, bytes: number, at: number = info.tagOffset): void {
    const { context } = this;
    context.decodedBytes += bytes;
    if (context.decodedBytes <= context.maxBytes) return;
    throw this.#error(
      info,
      `would unpack to ${bytes} bytes, over the limit of ${context.maxBytes} for a file of this size; ` +
        'if the file is right, raise the option maxExpansion of readMesh',
      at,
    );
  }

  #typeOf({ type, statedType, name, tagOffset }: ArrayInfo): NonNullable<ArrayInfo['type']> {
    if (type !== undefined) return type;
    const problem = `has type="${statedType.slice(0, 60)}", which is not read; known: ${arrayTypes.join(', ')}`;
    throw new FormatError(problem, { path: this.context.path, array: name, offset: tagOffset });
  }

  async #readAs(info: ArrayInfo, type: NumericType, wanted: WantedValues): Promise<TypedArray> {
    if (info.format === 'ascii') return (await loadAscii()).readAsciiArray(this.context, info, type, wanted);
    const collector: Collector = { kind: 'stored' };
    const count = await this.#readBinary(info, type, wanted, collector);
    return viewAs(type, collector.sink?.buffer ?? new ArrayBuffer(0), count);
  }

  async #readBits(info: ArrayInfo, expected: number | undefined): Promise<Uint8Array<ArrayBuffer>> {
    if (info.format === 'ascii') {
      const values = (await this.#readAs(info, 'Int32', { expected })) as Int32Array<ArrayBuffer>;
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    }
    const bytes = (await this.#readAs(info, 'UInt8', {
      expected: expected === undefined ? undefined : Math.ceil(expected / 8),
    })) as Uint8Array<ArrayBuffer>;
    const { components } = info;
    const count = expected ?? Math.floor((8 * bytes.length) / components) * components;
    this.claim(info, count);
    return unpackBits(bytes, count, this.context.slice);
  }

  async #truncate(
    info: ArrayInfo,
    { expected, asker, lead = 0 }: WantedIntegers,
  ): Promise<{ readonly values: Int32Array<ArrayBuffer>; readonly facts: IntegerFacts }> {
    const { slice, buffers: pool } = this.context;
    const stored =
      info.type === 'Bit'
        ? await this.#readBits(info, expected)
        : await this.#readAs(info, info.type as NumericType, { expected, asker });
    const total = stored.length;
    this.claim(info, 4 * total);
    const sink = new Int32Sink({ total, first: total, lead, type: 'Int32', swapped: false, pool });
    try {
      const wrong = await truncateInto(sink, stored, slice);
      if (wrong < 0) return sink;
      const problem = `has the value ${stored[wrong]} at index ${wrong}, where integers of 32 bits belong`;
      throw this.#error(info, problem, info.tagOffset);
    } finally {
      sink.close();
    }
  }

  async #readBinaryInt32(
    info: ArrayInfo,
    type: NumericType,
    wanted: WantedIntegers,
  ): Promise<{ readonly values: Int32Array<ArrayBuffer>; readonly facts: IntegerFacts }> {
    const { lead = 0 } = wanted;
    const collector: Collector = { kind: 'int32', lead };
    try {
      await this.#readBinary(info, type, wanted, collector);
      return collector.sink ?? { values: new Int32Array(lead), facts: NO_VALUES };
    } finally {
      collector.sink?.close();
    }
  }

  async #readBinary(
    info: ArrayInfo,
    type: NumericType,
    wanted: WantedValues,
    collector: Collector,
  ): Promise<number> {
    const { header } = this.context;
    // Some writers leave data in arrays over no points or cells at all; VTK shows none of them.
    if (wanted.expected === 0) return 0;
    const region = this.#region(info);
    if (region.start >= region.end) return this.#countUsed(info, type, 0, wanted, region.start);
    const base64 = info.format === 'binary' || header.appended?.encoding === 'base64';
    const compressed = header.layout.compressor !== undefined;
    const stream = base64 ? new (await loadBase64()).Base64Stream(region) : new RawStream(region, compressed);
    try {
      return await this.#decode(info, type, wanted, collector, stream);
    } finally {
      await stream.close();
    }
  }

  async #decode(
    info: ArrayInfo,
    type: NumericType,
    wanted: WantedValues,
    collector: Collector,
    stream: ByteStream,
  ): Promise<number> {
    const { headerWidth, byteOrder, compressor } = this.context.header.layout;
    const width = byteWidth(type);
    const at = stream.position;
    const length = readWord(await stream.take(headerWidth), 0, headerWidth, byteOrder);
    if (compressor === undefined) {
      // Of an array that is longer than it should be, or says so, the first values count.
      const count = this.#countUsed(info, type, length, wanted, at);
      const used = count * width;
      if (used > stream.remaining) {
        throw this.#error(
          info,
          `declares ${length} bytes of data; only ${Math.floor(stream.remaining)} follow`,
          at,
        );
      }
      this.claim(info, used, at);
      this.#open(type, used, collector);
      if (collector.kind === 'int32' && stream instanceof RawStream && width >= 4) {
        await this.#copyNarrowing(stream, used, width, collector.sink as Int32Sink);
      } else await this.#copy(stream, used, collector.sink as Sink);
      return count;
    }
    const table = await this.#readTable(info, stream, length, at);
    const count = this.#countUsed(info, type, table.total, wanted, at);
    const used = count * width;
    this.#checkTable(info, table, used, stream, at);
    this.#open(type, used, collector);
    stream.restart();
    await this.#inflate(info, stream, table, used, collector.sink as Sink);
    return count;
  }

  #region(info: ArrayInfo): ArrayRegion {
    const { window, path, header, signal } = this.context;
    let { start, end } = info;
    if (info.format === 'appended') {
      const base = header.appended?.start;
      if (base === undefined)
        throw this.#error(info, 'is appended, but there is no AppendedData', info.tagOffset);
      const next = this.#nextOffsets.get(start);
      end = next === undefined ? window.file.size : base + next;
      start += base;
      if (end > window.file.size || start >= window.file.size) {
        throw this.#error(info, 'has an offset beyond the end of the file: the file is cut', info.tagOffset);
      }
    }
    return { file: window.file, path, array: info.name, start, end, signal };
  }

  /** Counts the values in `bytes` bytes that are used, after checking that they are enough. */
  #countUsed(
    info: ArrayInfo,
    type: NumericType,
    bytes: number,
    { expected, asker = ASKER }: WantedValues,
    at: number,
  ): number {
    const held = bytes / byteWidth(type);
    if (expected !== undefined && held >= expected) return expected;
    if (!Number.isInteger(held))
      throw this.#error(info, `holds ${bytes} bytes, no whole number of values`, at);
    if (expected !== undefined)
      throw this.#error(info, `holds ${held} values where ${asker} ${expected}`, at);
    return held;
  }

  /** Makes the sink for `bytes` bytes, a whole number of values. */
  #open(type: NumericType, bytes: number, collector: Collector): void {
    const { header, window, buffers: pool } = this.context;
    const width = byteWidth(type);
    const free = Math.min(bytes, FREE_BYTES + 4 * window.file.size);
    const swapped = mustSwap(header.layout.byteOrder);
    if (collector.kind === 'int32') {
      const first = Math.floor(free / width);
      const { lead } = collector;
      collector.sink = new Int32Sink({ total: bytes / width, first, lead, type, swapped, pool });
    } else collector.sink = new StoredSink(bytes, free, swapped ? width : 1, pool);
  }

  async #copy(stream: ByteStream, length: number, sink: Sink): Promise<void> {
    const step = stream instanceof RawStream ? RAW_STEP : NARROW_BYTES;
    for (let done = 0; done < length; done += step) {
      await stream.readInto(sink.space(Math.min(step, length - done)));
      sink.commit();
      await this.context.slice.pause();
    }
  }

  /** Reads the next part while the one before is narrowed. */
  async #copyNarrowing(stream: RawStream, length: number, width: number, sink: Int32Sink): Promise<void> {
    let area: 0 | 1 = 0;
    let left = length;
    const begin = (): Promise<number> => {
      const bytes = Math.min(left, NARROW_BYTES);
      left -= bytes;
      return stream.readInto(sink.area(area).subarray(0, bytes)).then(() => bytes);
    };
    let reading = begin();
    try {
      for (let done = 0; done < length; ) {
        const bytes = await reading;
        const filled = area;
        area = area === 0 ? 1 : 0;
        if (left > 0) {
          reading = begin();
          // Its failure is told by whoever waits for it, which may be a turn later.
          reading.catch(() => undefined);
        }
        sink.commitArea(filled, bytes / width);
        done += bytes;
        await this.context.slice.pause();
      }
    } finally {
      // Nobody may write into the areas once they are given back.
      await reading.catch(() => undefined);
    }
  }

  async #readTable(info: ArrayInfo, stream: ByteStream, blocks: number, at: number): Promise<BlockTable> {
    const { headerWidth, byteOrder } = this.context.header.layout;
    if (blocks === 0) return { packed: new Float64Array(0), size: 0, last: 0, total: 0 };
    const tableBytes = (2 + blocks) * headerWidth;
    if (tableBytes > stream.remaining) {
      throw this.#error(info, `declares ${blocks} compressed blocks, more than the file can hold`, at);
    }
    const table = await stream.take(tableBytes);
    const word = (index: number): number => readWord(table, index * headerWidth, headerWidth, byteOrder);
    const size = word(0);
    const last = word(1) === 0 ? size : word(1);
    if (last > size)
      throw this.#error(info, `has a last block of ${last} bytes, larger than the others' ${size}`, at);
    const packed = Float64Array.from({ length: blocks }, (_, block) => word(2 + block));
    return { packed, size, last, total: (blocks - 1) * size + last };
  }

  /** Checks the blocks that hold the first `used` bytes. */
  #checkTable(info: ArrayInfo, table: BlockTable, used: number, stream: ByteStream, at: number): void {
    const { packed, size, total } = table;
    const blocks = used === total ? packed.length : Math.ceil(used / size);
    this.claim(info, blocks === packed.length ? total : blocks * size, at);
    let sum = 0;
    for (let block = 0; block < blocks; block++) sum += packed[block] as number;
    if (sum <= stream.remaining) return;
    throw this.#error(
      info,
      `declares ${sum} compressed bytes; only ${Math.floor(stream.remaining)} follow`,
      at,
    );
  }

  async #inflate(
    info: ArrayInfo,
    stream: ByteStream,
    table: BlockTable,
    used: number,
    sink: Sink,
  ): Promise<void> {
    const { layout } = this.context.header;
    const { decode, decodeMany } = await loadBlockDecoder(
      layout.compressor as NonNullable<typeof layout.compressor>,
    );
    const { packed, size, last } = table;
    for (let index = 0, left = used; left > 0; ) {
      const at = stream.position;
      const { ready } = stream;
      let next = index + 1;
      let taken = packed[index] as number;
      // Whole blocks that are in memory are decoded together.
      const end = decodeMany ? index + Math.min(left, BATCH_BYTES) / size : 0;
      while (next < packed.length - 1 && next + 1 <= end && taken + (packed[next] as number) <= ready)
        taken += packed[next++] as number;
      const count = next - index;
      const each = next === packed.length ? last : size;
      const isWhole = count * each <= left;
      const target = isWhole ? sink.space(count * each) : new Uint8Array(each);
      const blocks = await stream.take(taken);
      const lengths = packed.subarray(index, next);
      const sound = decodeMany
        ? decodeMany(blocks, lengths, target)
        : Number((await decode(blocks, target)) === each);
      if (sound < count) {
        const problem = `has a compressed block (number ${index + sound}) that is damaged or of another size`;
        throw this.#error(
          info,
          problem,
          lengths.subarray(0, sound).reduce((place, length) => place + length, at),
        );
      }
      if (!isWhole) sink.space(left).set(target.subarray(0, left));
      sink.commit();
      left -= Math.min(target.length, left);
      index = next;
      await this.context.slice.pause();
    }
  }

  #error(info: ArrayInfo, problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.context.path, array: info.name, offset });
  }
}
