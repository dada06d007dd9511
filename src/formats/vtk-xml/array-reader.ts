import { FormatError } from '../../core/errors.ts';
import type { TypedArray } from '../../core/mesh.ts';
import { NARROW_BYTES } from '../kernels/narrow.ts';
import type { ArrayContext } from './array-context.ts';
import { readAsciiArray, readAsciiInt32 } from './ascii-array.ts';
import { blockDecoder } from './block-codecs.ts';
import { type ArrayRegion, Base64Stream, type ByteStream, RawStream } from './byte-stream.ts';
import type { ArrayInfo } from './header-model.ts';
import { readWord } from './inline-extent.ts';
import { byteWidth, mustSwap, type NumericType, viewAs } from './numeric-types.ts';
import { Int32Sink, type IntegerFacts, NO_VALUES, type Sink, StoredSink } from './sink.ts';

/** What a number in a file may make the reader allocate before the bytes came: this and four times the file. */
const FREE_BYTES = 64 * 1024 ** 2;
/** Raw bytes read between two looks at the clock and the signal. */
const RAW_STEP = 8 * 1024 ** 2;

/** Sizes of the compressed blocks of an array, bytes. */
interface BlockTable {
  readonly packed: Float64Array;
  /** Unpacked size of every block but the last. */
  readonly size: number;
  readonly last: number;
}

/** Collects the decoded bytes of one array, either as stored or narrowed to 32-bit integers. */
type Collector =
  | { readonly kind: 'stored'; sink?: StoredSink }
  | { readonly kind: 'int32'; readonly lead: number; sink?: Int32Sink };

/** Reads arrays of one file. */
export class ArrayReader {
  readonly context: ArrayContext;
  /** Ascending offsets of all appended arrays, to know where each one's data must end. */
  readonly #offsets: readonly number[];

  constructor(context: ArrayContext) {
    this.context = context;
    const { pieces, fieldData } = context.header;
    const arrays = [
      ...fieldData.values(),
      ...pieces.flatMap((piece) => [...piece.sections.values()].flatMap((section) => [...section.values()])),
    ];
    const offsets = arrays.filter(({ format }) => format === 'appended').map(({ start }) => start);
    this.#offsets = [...new Set(offsets)].sort((a, b) => a - b);
  }

  /**
   * The values of an array in their stored type, 64-bit integers as BigInts; of strings the bytes.
   *
   * @param expected - how many values there must be; undefined: as many as the data hold
   */
  async readStored(info: ArrayInfo, expected: number | undefined): Promise<TypedArray> {
    const bytes = info.format === 'ascii' ? 'Int16' : 'UInt8';
    const type = info.type === 'String' ? bytes : info.type;
    if (info.format === 'ascii') return readAsciiArray(this.context, info, type, expected);
    const collector: Collector = { kind: 'stored' };
    const count = await this.#readBinary(info, type, expected, collector);
    return viewAs(type, collector.sink?.buffer ?? new ArrayBuffer(0), count);
  }

  /**
   * The values of an integer array as 32-bit integers, and what was noticed of them on the way.
   *
   * @param lead - zeros to put in front of the values
   * @throws FormatError when a value does not fit
   */
  async readInt32(
    info: ArrayInfo,
    expected: number | undefined,
    lead = 0,
  ): Promise<IntegerFacts & { readonly values: Int32Array<ArrayBuffer> }> {
    const { type } = info;
    if (type === 'String' || type.startsWith('Float')) {
      throw this.#error(info, `has type="${type}" where integers belong`, info.tagOffset);
    }
    const { values, facts } =
      info.format === 'ascii'
        ? await readAsciiInt32(this.context, info, expected, lead)
        : await this.#readBinaryInt32(info, type, expected, lead);
    if (facts.misfit >= 0) {
      throw this.#error(info, `has values beyond 32 bits at or after index ${facts.misfit}`, info.tagOffset);
    }
    return { values, ...facts };
  }

  async #readBinaryInt32(
    info: ArrayInfo,
    type: NumericType,
    expected: number | undefined,
    lead: number,
  ): Promise<{ readonly values: Int32Array<ArrayBuffer>; readonly facts: IntegerFacts }> {
    const collector: Collector = { kind: 'int32', lead };
    try {
      await this.#readBinary(info, type, expected, collector);
      return collector.sink ?? { values: new Int32Array(lead), facts: NO_VALUES };
    } finally {
      collector.sink?.close();
    }
  }

  async #readBinary(
    info: ArrayInfo,
    type: NumericType,
    expected: number | undefined,
    collector: Collector,
  ): Promise<number> {
    const { header } = this.context;
    // Some writers leave data in arrays over no points or cells at all; VTK shows none of them.
    if (expected === 0) return 0;
    const region = this.#region(info);
    if (region.start >= region.end) {
      this.#checkCount(info, 0, expected, region.start);
      return 0;
    }
    const base64 = info.format === 'binary' || header.appended?.encoding === 'base64';
    const compressed = header.layout.compressor !== undefined;
    const stream = base64 ? new Base64Stream(region) : new RawStream(region, compressed);
    try {
      return await this.#decode(info, type, expected, collector, stream);
    } finally {
      await stream.close();
    }
  }

  async #decode(
    info: ArrayInfo,
    type: NumericType,
    expected: number | undefined,
    collector: Collector,
    stream: ByteStream,
  ): Promise<number> {
    const { headerWidth, byteOrder, compressor } = this.context.header.layout;
    const at = stream.position;
    const length = readWord(await stream.take(headerWidth), 0, headerWidth, byteOrder);
    if (compressor === undefined) {
      if (length > stream.remaining) {
        throw this.#error(
          info,
          `declares ${length} bytes of data; only ${Math.floor(stream.remaining)} follow`,
          at,
        );
      }
      const count = this.#open(info, type, length, expected, collector, at);
      if (collector.kind === 'int32' && stream instanceof RawStream && byteWidth(type) >= 4) {
        await this.#copyNarrowing(stream, length, byteWidth(type), collector.sink as Int32Sink);
      } else await this.#copy(stream, length, collector.sink as Sink);
      return count;
    }
    const table = await this.#readTable(info, stream, length, at);
    const blocks = table.packed.length;
    const total = blocks === 0 ? 0 : (blocks - 1) * table.size + table.last;
    const count = this.#open(info, type, total, expected, collector, at);
    stream.restart();
    await this.#inflate(info, stream, table, collector.sink as Sink);
    return count;
  }

  #region(info: ArrayInfo): ArrayRegion {
    const { window, path, header, signal } = this.context;
    let { start, end } = info;
    if (info.format === 'appended') {
      const base = header.appended?.start;
      if (base === undefined)
        throw this.#error(info, 'is appended, but there is no AppendedData', info.tagOffset);
      const next = this.#offsets[this.#offsets.indexOf(start) + 1];
      end = next === undefined ? window.file.size : base + next;
      start += base;
      if (end > window.file.size || start >= window.file.size) {
        throw this.#error(info, 'has an offset beyond the end of the file: the file is cut', info.tagOffset);
      }
    }
    return { file: window.file, path, array: info.name, start, end, signal };
  }

  #checkCount(info: ArrayInfo, count: number, expected: number | undefined, at: number): void {
    if (expected === undefined || count === expected) return;
    throw this.#error(info, `holds ${count} values where the header asks for ${expected}`, at);
  }

  /** Makes the sink for `bytes` bytes after checking that they are what was asked for. */
  #open(
    info: ArrayInfo,
    type: NumericType,
    bytes: number,
    expected: number | undefined,
    collector: Collector,
    at: number,
  ): number {
    const { context } = this;
    const width = byteWidth(type);
    const count = Math.floor(bytes / width);
    if (count * width !== bytes)
      throw this.#error(info, `holds ${bytes} bytes, no whole number of values`, at);
    this.#checkCount(info, count, expected, at);
    context.decodedBytes += bytes;
    if (context.decodedBytes > context.maxBytes) {
      throw this.#error(
        info,
        `would unpack to ${bytes} bytes, over the limit of ${context.maxBytes} for a file of this size; ` +
          'if the file is right, raise the option maxExpansion of readMesh',
        at,
      );
    }
    const { layout } = context.header;
    const free = Math.min(bytes, FREE_BYTES + 4 * context.window.file.size);
    const swapped = mustSwap(layout.byteOrder);
    if (collector.kind === 'int32') {
      collector.sink = new Int32Sink({
        total: count,
        first: Math.floor(free / width),
        lead: collector.lead,
        type,
        swapped,
        pool: context.buffers,
      });
    } else collector.sink = new StoredSink(bytes, free, swapped ? width : 1, context.buffers);
    return count;
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
        if (left > 0) reading = begin();
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
    if (blocks === 0) return { packed: new Float64Array(0), size: 0, last: 0 };
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
    const sum = packed.reduce((bytes, block) => bytes + block, 0);
    if (sum > stream.remaining) {
      throw this.#error(
        info,
        `declares ${sum} compressed bytes; only ${Math.floor(stream.remaining)} follow`,
        at,
      );
    }
    return { packed, size, last };
  }

  async #inflate(info: ArrayInfo, stream: ByteStream, table: BlockTable, sink: Sink): Promise<void> {
    const { layout } = this.context.header;
    const decode = blockDecoder(layout.compressor as NonNullable<typeof layout.compressor>);
    const { packed, size, last } = table;
    for (let index = 0; index < packed.length; index++) {
      const at = stream.position;
      const bytes = index === packed.length - 1 ? last : size;
      const written = decode(await stream.take(packed[index] as number), sink.space(bytes));
      if ((typeof written === 'number' ? written : await written) !== bytes) {
        throw this.#error(
          info,
          `has a compressed block (number ${index}) that is damaged or of another size`,
          at,
        );
      }
      sink.commit();
      await this.context.slice.pause();
    }
  }

  #error(info: ArrayInfo, problem: string, offset: number): FormatError {
    return new FormatError(problem, { path: this.context.path, array: info.name, offset });
  }
}
