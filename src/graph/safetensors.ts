import { FormatError, UnsupportedError } from '../core/errors.ts';
import type { Tensor, TypedArray } from '../core/mesh.ts';

/*
 * safetensors (https://github.com/huggingface/safetensors, "Format"): the header's length as 64 bits, little
 * endian; the header, JSON padded with spaces; the values of all tensors, without holes.
 */

/** Content of a safetensors file. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Texts of `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Options of {@link readSafetensors}. */
export interface ReadSafetensorsOptions {
  /** Name of the file in error messages. @defaultValue `'safetensors'` */
  readonly path?: string | undefined;
}

type View = new (buffer: ArrayBuffer) => TypedArray;

/** Types by their names in the header, and the arrays that hold them. */
const TYPES: Readonly<Record<string, View>> = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};

/** Number of bytes before the header. */
const PREFIX_BYTES = 8;
/** Number of bytes of which each tensor begins at a multiple: the size of the largest type. */
const ALIGNMENT_BYTES = 8;
/** Longest header that the reference implementation reads, bytes. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';
/** Number of bytes of a part of the file, and numbers converted at once. */
const PART_BYTES = 2 ** 22;
const NUMBERS_PER_STEP = 2 ** 16;

/** An entry of the header. */
interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [begin: number, end: number];
}

/**
 * Writes the bytes of a safetensors file. Tensors are sorted by the size of their type, the largest first, and by name,
 * so that each of them begins where its type can be read in place. 64-bit integers are written as such, however they
 * are held.
 *
 * @throws UnsupportedError for a tensor called `__metadata__`
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const { length, parts } = layOutSafetensors(tensors, metadata);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Lays out the same in parts of at most a few megabytes, which share the memory of the tensors where they can. */
export function layOutSafetensors(
  tensors: Iterable<readonly [name: string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): { readonly length: number; readonly parts: Iterable<Uint8Array> } {
  const stored = [...tensors].map(([name, tensor]) => ({ name, tensor, ...storedForm(tensor) }));
  stored.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1));
  const header = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let end = 0;
  for (const { name, dtype, width, tensor } of stored) {
    if (name === METADATA) {
      throw new UnsupportedError(
        'safetensors',
        `A tensor cannot be called "${METADATA}" in safetensors: rename the array.`,
      );
    }
    const begin = end;
    end += width * tensor.data.length;
    header[name] = { dtype, shape: tensor.shape, data_offsets: [begin, end] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((PREFIX_BYTES + text.length) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const head = new Uint8Array(start);
  new DataView(head.buffer).setBigUint64(0, BigInt(start - PREFIX_BYTES), true);
  head.set(text, PREFIX_BYTES);
  head.fill(0x20, PREFIX_BYTES + text.length);
  const parts = function* (): Generator<Uint8Array, void, void> {
    yield head;
    for (const { tensor, convert } of stored) yield* partsOf(tensor, convert);
  };
  return { length: start + end, parts: parts() };
}

function* partsOf({ data }: Tensor, convert: Convert | undefined): Generator<Uint8Array, void, void> {
  const step = convert === undefined ? PART_BYTES / data.BYTES_PER_ELEMENT : NUMBERS_PER_STEP;
  for (let at = 0; at < data.length; at += step) {
    const some = data.subarray(at, at + step);
    const { buffer, byteOffset, byteLength } = convert?.(some as Float64Array) ?? some;
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

/** Function by which doubles become the 64-bit integers that they hold. */
type Convert = (values: Float64Array) => TypedArray;

/**
 * Finds the type of the values as they are written, bytes of one, and how they become such where they are held in
 * another.
 */
function storedForm({ data, storedAs }: Tensor): {
  readonly dtype: string;
  readonly width: number;
  readonly convert?: Convert;
} {
  if (storedAs !== undefined && data instanceof Float64Array) {
    return storedAs === 'Int64'
      ? { dtype: 'I64', width: 8, convert: (values) => BigInt64Array.from(values, BigInt) }
      : { dtype: 'U64', width: 8, convert: (values) => BigUint64Array.from(values, BigInt) };
  }
  const [dtype = ''] = Object.entries(TYPES).find(([, type]) => data instanceof type) ?? [];
  return { dtype, width: data.BYTES_PER_ELEMENT };
}

/**
 * Reads the bytes of a safetensors file; each tensor gets memory of its own. 64-bit integers become doubles where
 * all of them are safe integers, as {@link Tensor} says; `BOOL` becomes `Uint8Array`.
 *
 * @throws FormatError for bytes that are no safetensors file, among them values that overlap or leave holes
 * @throws UnsupportedError for a type that there is no typed array of, such as `F16`
 */
export function readSafetensors(
  bytes: Uint8Array<ArrayBuffer>,
  { path = 'safetensors' }: ReadSafetensorsOptions = {},
): Safetensors {
  const { header, start } = readHeader(bytes, path);
  const metadata = Object.create(null) as Record<string, string>;
  const tensors = new Map<string, Tensor>();
  const spans: (readonly [begin: number, end: number])[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === METADATA) {
      if (!isRecord(value)) throw new FormatError(`${METADATA} must be an object of texts`, { path });
      for (const [key, text] of Object.entries(value)) {
        if (typeof text !== 'string') throw new FormatError(`${METADATA}.${key} must be a text`, { path });
        metadata[key] = text;
      }
      continue;
    }
    const entry = checkEntry(value, name, path);
    spans.push(entry.data_offsets);
    const [begin, end] = entry.data_offsets;
    if (start + end > bytes.length) {
      throw new FormatError(
        `its values end at byte ${start + end}, the file at byte ${bytes.length}: it is cut off`,
        { path, array: name },
      );
    }
    // Not `bytes.slice`: that of a Node.js Buffer copies nothing.
    const from = bytes.byteOffset + start;
    tensors.set(name, readTensor(bytes.buffer.slice(from + begin, from + end), entry));
  }
  checkSpans(spans, bytes.length - start, path);
  return { tensors, metadata };
}

function readHeader(
  bytes: Uint8Array<ArrayBuffer>,
  path: string,
): { readonly header: Readonly<Record<string, unknown>>; readonly start: number } {
  if (bytes.length < PREFIX_BYTES)
    throw new FormatError(`${bytes.length} bytes are no safetensors file: it is cut off`, { path });
  const length = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES)
    throw new FormatError(`a header of ${length} bytes: this is no safetensors file`, { path, offset: 0 });
  const start = PREFIX_BYTES + Number(length);
  if (start > bytes.length)
    throw new FormatError(
      `the header ends at byte ${start}, the file at byte ${bytes.length}: it is cut off`,
      { path, offset: 0 },
    );
  let header: unknown;
  try {
    header = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(PREFIX_BYTES, start)),
    );
  } catch (cause) {
    throw new FormatError(
      'the header is no JSON: this is no safetensors file',
      { path, offset: PREFIX_BYTES },
      { cause },
    );
  }
  if (!isRecord(header))
    throw new FormatError('the header must be an object', { path, offset: PREFIX_BYTES });
  return { header, start };
}

function checkEntry(value: unknown, name: string, path: string): Entry {
  const place = { path, array: name };
  const { dtype, shape, data_offsets: offsets } = isRecord(value) ? value : {};
  const isCounts = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((each) => Number.isSafeInteger(each) && each >= 0);
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw new FormatError('its entry must have dtype, shape and data_offsets', place);
  }
  const Type = Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
  if (Type === undefined) {
    throw new UnsupportedError(
      'safetensors',
      `${path}, tensor "${name}": values of type ${dtype} cannot be read; those that can are ${Object.keys(TYPES).join(', ')}.`,
    );
  }
  const size = shape.reduce(
    (product, factor) => product * factor,
    new Type(new ArrayBuffer(0)).BYTES_PER_ELEMENT,
  );
  const [begin, end] = offsets as [number, number];
  if (end - begin !== size)
    throw new FormatError(
      `${dtype} of shape [${shape.join(', ')}] takes ${size} bytes, data_offsets give ${end - begin}`,
      place,
    );
  return { dtype, shape, data_offsets: [begin, end] };
}

function readTensor(buffer: ArrayBuffer, { dtype, shape }: Entry): Tensor {
  const data = new (TYPES[dtype] as View)(buffer);
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return { data, shape };
  const numbers = Float64Array.from(data as BigInt64Array, Number);
  return {
    data: numbers.every(Number.isSafeInteger) ? numbers : data,
    shape,
    storedAs: dtype === 'I64' ? 'Int64' : 'UInt64',
  };
}

/** Checks that the values of all tensors make up the file, each byte once. */
function checkSpans(spans: readonly (readonly [number, number])[], length: number, path: string): void {
  let at = 0;
  for (const [begin, end] of spans.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at)
      throw new FormatError(
        `the values of tensors ${begin < at ? 'overlap' : 'leave a hole'} at byte ${at} of the data`,
        { path },
      );
    at = end;
  }
  if (at !== length) throw new FormatError(`${length - at} bytes behind the last tensor`, { path });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
