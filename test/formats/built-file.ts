import { deflateSync } from 'node:zlib';
import { fc } from '../property.ts';

/** How the arrays of a file are kept. */
export interface Storage {
  readonly encoding: 'ascii' | 'inline' | 'base64' | 'raw';
  readonly zlib: boolean;
  readonly bigEndian: boolean;
  readonly headerBits: 32 | 64;
}

/** An array of a file, as it is going to be written. */
export interface BuiltArray {
  readonly name: string;
  readonly type: string;
  readonly values: readonly number[];
  /** Further attributes of its tag, each with a space before it. */
  readonly attributes?: string;
  /** Bytes by which its declared length is more than that of its data. */
  readonly excess?: number;
}

/** A piece: attributes of its tag, and its arrays by the names of their sections. */
export interface BuiltPiece {
  readonly attributes: string;
  readonly sections: Readonly<Record<string, readonly BuiltArray[]>>;
}

/** A file of VTK XML. */
export interface BuiltFile {
  readonly kind?: 'UnstructuredGrid' | 'PolyData';
  readonly version?: string;
  readonly fieldData?: readonly BuiltArray[];
  readonly pieces: readonly BuiltPiece[];
}

const encodings = ['ascii', 'inline', 'base64', 'raw'] as const;

/** Every way of keeping arrays. */
export const anyStorage: fc.Arbitrary<Storage> = fc.record({
  encoding: fc.constantFrom(...encodings),
  zlib: fc.boolean(),
  bigEndian: fc.boolean(),
  headerBits: fc.constantFrom(32 as const, 64 as const),
});

/** One of each encoding, the binary ones with and without compression. */
export const storages: readonly (readonly [name: string, storage: Storage])[] = encodings.flatMap(
  (encoding) =>
    (encoding === 'ascii' ? [false] : [false, true]).map(
      (zlib) =>
        [
          zlib ? `${encoding}, zlib` : encoding,
          { encoding, zlib, bigEndian: false, headerBits: 32 as const },
        ] as const,
    ),
);

/** Bytes of a compressed block, small so that there are several. */
const BLOCK = 32;

const writers: Readonly<
  Record<string, readonly [width: number, write: (view: DataView, value: number, little: boolean) => void]>
> = {
  Int8: [1, (view, value) => view.setInt8(0, value)],
  UInt8: [1, (view, value) => view.setUint8(0, value)],
  Int16: [2, (view, value, little) => view.setInt16(0, value, little)],
  UInt16: [2, (view, value, little) => view.setUint16(0, value, little)],
  Int32: [4, (view, value, little) => view.setInt32(0, value, little)],
  UInt32: [4, (view, value, little) => view.setUint32(0, value, little)],
  Int64: [8, (view, value, little) => view.setBigInt64(0, BigInt(value), little)],
  UInt64: [8, (view, value, little) => view.setBigUint64(0, BigInt(value), little)],
  Float32: [4, (view, value, little) => view.setFloat32(0, value, little)],
  Float64: [8, (view, value, little) => view.setFloat64(0, value, little)],
};

/** The integer types of a file. */
export const integerTypes = [
  'Int8',
  'UInt8',
  'Int16',
  'UInt16',
  'Int32',
  'UInt32',
  'Int64',
  'UInt64',
] as const;

function bytesOf(type: string, values: readonly number[], bigEndian: boolean): Buffer {
  if (type === 'Bit') {
    const bits = values.map((value) => (value === 0 ? '0' : '1')).join('');
    return Buffer.from(bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)) ?? []);
  }
  // Of a type that nothing knows there are just some bytes.
  const [width, write] = writers[type] ?? [1, (view: DataView) => view.setUint8(0, 7)];
  const bytes = Buffer.alloc(width * values.length);
  for (const [at, value] of values.entries()) {
    write(new DataView(bytes.buffer, bytes.byteOffset + width * at, width), value, !bigEndian);
  }
  return bytes;
}

/** An array with its words of length, as it stands in the file, in parts that base64 encodes each by itself. */
function packed(
  { type, values, excess = 0 }: BuiltArray,
  { zlib, bigEndian, headerBits }: Storage,
): Buffer[] {
  const words = (numbers: readonly number[]): Buffer =>
    bytesOf(headerBits === 32 ? 'UInt32' : 'UInt64', numbers, bigEndian);
  const bytes = bytesOf(type, values, bigEndian);
  if (!zlib) return [Buffer.concat([words([bytes.length + excess]), bytes])];
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += BLOCK) blocks.push(deflateSync(bytes.subarray(at, at + BLOCK)));
  const last = bytes.length % BLOCK;
  const table =
    blocks.length === 0 ? [0, 0, 0] : [blocks.length, BLOCK, last, ...blocks.map(({ length }) => length)];
  return [words(table), Buffer.concat(blocks)];
}

/** Writes a file as `storage` says. */
export function buildFile(file: BuiltFile, storage: Storage): Uint8Array {
  const { kind = 'UnstructuredGrid', version = '1.0', fieldData = [], pieces } = file;
  const isAppended = storage.encoding === 'raw' || storage.encoding === 'base64';
  const appended: Buffer[] = [];
  let offset = 0;
  const toText = (parts: readonly Buffer[]): string => parts.map((part) => part.toString('base64')).join('');
  const write = (array: BuiltArray): string => {
    const open = `<DataArray type="${array.type}" Name="${array.name}"${array.attributes ?? ''}`;
    if (storage.encoding === 'ascii') return `${open} format="ascii">${array.values.join(' ')}</DataArray>\n`;
    const parts = packed(array, storage);
    if (!isAppended) return `${open} format="binary">\n${toText(parts)}\n</DataArray>\n`;
    const data = storage.encoding === 'raw' ? Buffer.concat(parts) : Buffer.from(toText(parts));
    const tag = `${open} format="appended" offset="${offset}"/>\n`;
    appended.push(data);
    offset += data.length;
    return tag;
  };
  const isZipped = storage.zlib && storage.encoding !== 'ascii';
  const head = [
    `<VTKFile type="${kind}" version="${version}" byte_order="${storage.bigEndian ? 'BigEndian' : 'LittleEndian'}"`,
    ` header_type="UInt${storage.headerBits}"${isZipped ? ' compressor="vtkZLibDataCompressor"' : ''}>\n<${kind}>\n`,
    ...(fieldData.length > 0 ? [`<FieldData>\n${fieldData.map(write).join('')}</FieldData>\n`] : []),
    ...pieces.map(({ attributes, sections }) => {
      const inside = Object.entries(sections).map(
        ([name, arrays]) => `<${name}>\n${arrays.map(write).join('')}</${name}>\n`,
      );
      return `<Piece ${attributes}>\n${inside.join('')}</Piece>\n`;
    }),
    `</${kind}>\n`,
  ];
  const begin = isAppended ? `<AppendedData encoding="${storage.encoding}">\n_` : '';
  const end = isAppended ? '\n</AppendedData>\n</VTKFile>\n' : '</VTKFile>\n';
  return Uint8Array.from(Buffer.concat([Buffer.from(head.join('') + begin), ...appended, Buffer.from(end)]));
}
