import { crc32, deflateRawSync } from 'node:zlib';

/** Member of a ZIP archive that is built by hand: what is not given is what an honest writer writes. */
export interface BuiltMember {
  readonly name: string | Uint8Array;
  readonly data?: string | Uint8Array;
  /** 0 stored, 8 deflated; of others the data are taken as packed. @defaultValue 8 */
  readonly method?: number;
  readonly flags?: number;
  readonly madeBy?: number;
  readonly mode?: number;
  /** Extra fields of the directory's entry, and of the local header. */
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** Whether sizes stand behind the data. */
  readonly descriptor?: boolean;
  readonly zip64?: boolean;
  /** Numbers in the place of the right ones. */
  readonly size?: number;
  readonly packedSize?: number;
  readonly crc?: number;
  readonly offset?: number;
  readonly localSignature?: number;
}

/** What is built around the members. */
export interface BuiltArchive {
  readonly prefix?: Uint8Array;
  readonly comment?: string | Uint8Array;
  readonly zip64?: boolean;
  readonly count?: number;
  readonly disk?: number;
  /** Bytes behind the end record that its comment does not count. */
  readonly rubbish?: Uint8Array;
}

const bytesOf = (value: string | Uint8Array): Buffer => Buffer.from(value);

function numbers(...fields: readonly (readonly [width: 1 | 2 | 4 | 8, value: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([width, value]) => {
      const field = Buffer.alloc(width);
      if (width === 8) field.writeBigUInt64LE(BigInt(value));
      else field.writeUIntLE(value, 0, width);
      return field;
    }),
  );
}

/** An extra field. */
export function extraField(id: number, data: Uint8Array): Buffer {
  return Buffer.concat([numbers([2, id], [2, data.length]), data]);
}

/** Extra field of a name in UTF-8 beside the one that it goes with. */
export function unicodePath(beside: Uint8Array, name: string): Buffer {
  return extraField(0x7075, Buffer.concat([numbers([1, 1], [4, crc32(beside)]), Buffer.from(name)]));
}

/** Builds a ZIP archive. */
export function buildZip(
  members: readonly BuiltMember[],
  archive: BuiltArchive = {},
): Uint8Array<ArrayBuffer> {
  const { prefix = Buffer.alloc(0), comment = '', rubbish = Buffer.alloc(0) } = archive;
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  const write = (bytes: Buffer): void => {
    body.push(bytes);
    at += bytes.length;
  };
  for (const member of members) {
    const name = bytesOf(member.name);
    const data = bytesOf(member.data ?? '');
    const method = member.method ?? 8;
    const packed = method === 8 ? deflateRawSync(data) : data;
    const size = member.size ?? data.length;
    const packedSize = member.packedSize ?? packed.length;
    const crc = member.crc ?? crc32(data);
    const offset = member.offset ?? at;
    const flags = (member.flags ?? 0) | (member.descriptor === true ? 8 : 0);
    const wide = member.zip64 === true;
    const later = member.descriptor === true;
    const localExtra = Buffer.concat([
      wide && !later ? extraField(1, numbers([8, size], [8, packedSize])) : Buffer.alloc(0),
      bytesOf(member.localExtra ?? ''),
    ]);
    write(
      Buffer.concat([
        numbers([4, member.localSignature ?? 0x04034b50], [2, 20], [2, flags], [2, method], [4, 0]),
        numbers(
          [4, later ? 0 : crc],
          [4, later ? 0 : wide ? 0xffffffff : packedSize],
          [4, later ? 0 : wide ? 0xffffffff : size],
        ),
        numbers([2, name.length], [2, localExtra.length]),
        name,
        localExtra,
        packed,
      ]),
    );
    if (later) write(numbers([4, 0x08074b50], [4, crc], [4, packedSize], [4, size]));
    const extra = Buffer.concat([
      wide ? extraField(1, numbers([8, size], [8, packedSize], [8, offset])) : Buffer.alloc(0),
      bytesOf(member.extra ?? ''),
    ]);
    directory.push(
      Buffer.concat([
        numbers([4, 0x02014b50], [1, 20], [1, member.madeBy ?? 3], [2, 20], [2, flags], [2, method], [4, 0]),
        numbers([4, crc], [4, wide ? 0xffffffff : packedSize], [4, wide ? 0xffffffff : size]),
        numbers([2, name.length], [2, extra.length], [2, 0], [2, 0], [2, 0]),
        numbers([4, (member.mode ?? 0o100644) * 65536], [4, wide ? 0xffffffff : offset]),
        name,
        extra,
      ]),
    );
  }
  const start = at;
  for (const entry of directory) write(entry);
  const size = at - start;
  const count = archive.count ?? members.length;
  const disk = archive.disk ?? 0;
  if (archive.zip64 === true) {
    const recordAt = at;
    write(numbers([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count]));
    write(numbers([8, size], [8, start]));
    write(numbers([4, 0x07064b50], [4, 0], [8, recordAt], [4, 1]));
  }
  const wide = archive.zip64 === true;
  const text = bytesOf(comment);
  write(
    Buffer.concat([
      numbers([4, 0x06054b50], [2, disk], [2, disk], [2, wide ? 0xffff : count & 0xffff]),
      numbers(
        [2, wide ? 0xffff : count & 0xffff],
        [4, wide ? 0xffffffff : size],
        [4, wide ? 0xffffffff : start],
      ),
      numbers([2, text.length]),
      text,
    ]),
  );
  return new Uint8Array(Buffer.concat([prefix, ...body, rubbish]));
}
