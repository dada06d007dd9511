/** Member of a tar archive that is built by hand. */
export interface TarMember {
  readonly name: string;
  readonly data?: string | Uint8Array;
  /** @defaultValue `'0'` */
  readonly type?: string;
  readonly linkName?: string;
  readonly size?: number;
  readonly prefix?: string;
  /** What precedes the version of ustar. @defaultValue ustar of POSIX */
  readonly magic?: string;
  readonly base256?: boolean;
  readonly signed?: boolean;
  /** Bytes set after all else but before the checksum. */
  readonly patch?: (block: Buffer) => void;
}

const BLOCK = 512;

/** Header block and data of a member. */
function tarMember(member: TarMember): Buffer {
  const data = Buffer.from(member.data ?? '');
  const block = Buffer.alloc(BLOCK);
  block.write(member.name, 0, 100);
  block.write('0000644\0', 100);
  const size = member.size ?? data.length;
  if (member.base256 === true) {
    block[124] = 0x80;
    block.writeBigUInt64BE(BigInt(size), 128);
  } else block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write('14371573420\0', 136);
  block.write(member.type ?? '0', 156);
  block.write(member.linkName ?? '', 157, 100);
  block.write(member.magic ?? 'ustar\x0000', 257, 'latin1');
  block.write(member.prefix ?? '', 345, 155);
  member.patch?.(block);
  block.fill(' ', 148, 156);
  const signed = (byte: number): number => (member.signed === true && byte > 127 ? byte - 256 : byte);
  const sum = block.reduce((total, byte) => total + signed(byte), 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)]);
}

/** Pax records, each with its own length. */
export function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`);
      let length = rest;
      while (String(length).length + rest !== length) length = String(length).length + rest;
      return `${length} ${key}=${value}\n`;
    })
    .join('');
}

/** Builds a tar archive that ends in two blocks of zeros. */
export function buildTar(members: readonly TarMember[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([...members.map(tarMember), Buffer.alloc(2 * BLOCK)]));
}
