import type { ArrayType } from '../../core/array-type.ts';

/** Type of values that a word of a legacy file names. */
export interface ValueType {
  /** The type in memory; undefined where the values are none that are read. */
  readonly type: ArrayType | undefined;
  /** Bytes of a value in a BINARY file; undefined where they follow from the values: strings, bits, variants. */
  readonly width?: 1 | 2 | 4 | 8 | undefined;
  /** True when VTK makes an array of ids of them. @defaultValue false */
  readonly isId?: boolean | undefined;
  /** The type where the machine that wrote the file has a `long` of 4 bytes. @defaultValue none */
  readonly short?: 'Int32' | 'UInt32' | undefined;
}

/** Types by the words for them, in lower case. */
const TYPES: ReadonlyMap<string, ValueType> = new Map<string, ValueType>([
  ['bit', { type: 'Bit' }],
  ['unsigned_char', { type: 'UInt8', width: 1 }],
  ['char', { type: 'Int8', width: 1 }],
  ['signed_char', { type: 'Int8', width: 1 }],
  ['unsigned_short', { type: 'UInt16', width: 2 }],
  ['short', { type: 'Int16', width: 2 }],
  ['unsigned_int', { type: 'UInt32', width: 4 }],
  ['int', { type: 'Int32', width: 4 }],
  ['unsigned_long', { type: 'UInt64', width: 8, short: 'UInt32' }],
  ['long', { type: 'Int64', width: 8, short: 'Int32' }],
  ['float', { type: 'Float32', width: 4 }],
  ['double', { type: 'Float64', width: 8 }],
  ['vtkidtype', { type: 'Int32', width: 4, isId: true }],
  ['vtktypeint64', { type: 'Int64', width: 8 }],
  ['vtktypeuint64', { type: 'UInt64', width: 8 }],
  ['string', { type: 'String' }],
  ['utf8_string', { type: 'String' }],
  ['variant', { type: undefined }],
]);

/** Words for the types that are known, for messages. */
export const VALUE_TYPE_WORDS: string = [...TYPES.keys()].join(', ');

/** Finds the type that a word names, in any letter case; undefined where it is none. */
export function findValueType(word: string): ValueType | undefined {
  return TYPES.get(word.toLowerCase());
}

/** 32-bit integers, as connectivity of old files and cell types are. */
export const INT32: ValueType = { type: 'Int32', width: 4 };

/** Bytes, as colours in BINARY files are. */
export const UINT8: ValueType = { type: 'UInt8', width: 1 };
