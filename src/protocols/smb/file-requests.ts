import { type Reply, zeroed } from './message.ts';
import { HEADER_BYTES } from './protocol.ts';
import type { ReplyReader } from './reply-reader.ts';

/** Name that the server gives an open file (MS-SMB2 2.2.14.1). */
export type FileId = Buffer;

/** Id of the file of the request before in related requests, and of no file elsewhere. */
export const NO_FILE: FileId = Buffer.alloc(16, 0xff);

/** Access rights (MS-SMB2 2.2.13.1.1). */
export const Access = {
  /** Right to read the content and the attributes. */
  read: 0x0012_0089,
  attributes: 0x0010_0080,
  list: 0x0010_0081,
  /** Right to talk over a named pipe. */
  pipe: 0x0012_019f,
} as const;

const OPEN_EXISTING = 1;
const SHARE_ALL = 7;
const IMPERSONATION_LEVEL = 2;
const DIRECTORY_FILE = 0x1;
const NON_DIRECTORY_FILE = 0x40;
const FILE_ATTRIBUTE_DIRECTORY = 0x10;
/** Context that asks for the id of the file on its disk (MS-SMB2 2.2.13.2.9). */
const QUERY_ON_DISK_ID = Buffer.from('000000001000040000001800000000005146696400000000', 'hex');

/** Encodes CREATE (MS-SMB2 2.2.13). @param path - as on the wire; empty for the root of the share */
export function encodeCreate(path: string, access: number, kind: 'file' | 'folder' | 'pipe'): Buffer {
  const name = Buffer.from(path, 'utf16le');
  const nameBytes = Math.max(8, Math.ceil(name.length / 8) * 8);
  const body = zeroed(56 + nameBytes + (kind === 'pipe' ? 0 : QUERY_ON_DISK_ID.length));
  body.writeUInt16LE(57, 0);
  body.writeUInt32LE(IMPERSONATION_LEVEL, 4);
  body.writeUInt32LE(access, 24);
  body.writeUInt32LE(SHARE_ALL, 32);
  body.writeUInt32LE(OPEN_EXISTING, 36);
  body.writeUInt32LE(kind === 'folder' ? DIRECTORY_FILE : NON_DIRECTORY_FILE, 40);
  body.writeUInt16LE(HEADER_BYTES + 56, 44);
  body.writeUInt16LE(name.length, 46);
  name.copy(body, 56);
  if (kind !== 'pipe') {
    body.writeUInt32LE(HEADER_BYTES + 56 + nameBytes, 48);
    body.writeUInt32LE(QUERY_ON_DISK_ID.length, 52);
    QUERY_ON_DISK_ID.copy(body, 56 + nameBytes);
  }
  return body;
}

/** Facts that the server says of a file that it opened. */
export interface OpenedFacts {
  readonly fileId: FileId;
  /** Length of the file, bytes. */
  readonly size: number;
  /** Time of the last change, a FILETIME: 100 ns units since 1601. */
  readonly lastWrite: bigint;
  readonly isDirectory: boolean;
  /** Id on its disk; undefined where the server says none. */
  readonly diskId: bigint | undefined;
  /** Id of the disk. */
  readonly volumeId: bigint | undefined;
}

/** Decodes the answer to CREATE (MS-SMB2 2.2.14). */
export function decodeCreate({ message }: Reply): OpenedFacts {
  return {
    lastWrite: message.u64(88),
    size: message.size(112),
    isDirectory: (message.u32(120) & FILE_ATTRIBUTE_DIRECTORY) !== 0,
    fileId: Buffer.from(message.slice(128, 16)),
    ...readDiskId(message),
  };
}

/** Tells whether the answer to CLOSE (MS-SMB2 2.2.16) says that the file is another than when it was opened. */
export function hasChanged({ message }: Reply, opened: OpenedFacts): boolean {
  if ((message.u16(66) & POST_QUERY_ATTRIBUTES) === 0) return false;
  return message.u64(88) !== opened.lastWrite || message.size(112) !== opened.size;
}

function readDiskId(message: ReplyReader): Pick<OpenedFacts, 'diskId' | 'volumeId'> {
  const offset = message.u32(144);
  const length = message.u32(148);
  const none = { diskId: undefined, volumeId: undefined };
  if (length === 0) return none;
  let context = message.from(offset);
  for (;;) {
    const next = context.u32(0);
    const name = context.slice(context.u16(4), context.u16(6)).toString('latin1');
    if (name === 'QFid') {
      const at = context.u16(10);
      const diskId = context.u64(at);
      const isNone = diskId === 0n || diskId === 0xffffffffffffffffn;
      const hasVolume = context.u32(12) >= 16;
      return isNone ? none : { diskId, volumeId: hasVolume ? context.u64(at + 8) : undefined };
    }
    if (next === 0) return none;
    context = context.from(next);
  }
}

/** Encodes READ (MS-SMB2 2.2.19); the payload is to begin 80 bytes behind the start of the answer's header. */
export function encodeRead(fileId: FileId, offset: number, length: number): Buffer {
  const body = zeroed(49);
  body.writeUInt16LE(49, 0);
  body[2] = HEADER_BYTES + 16;
  body.writeUInt32LE(length, 4);
  body.writeBigUInt64LE(BigInt(offset), 8);
  fileId.copy(body, 16);
  return body;
}

const POST_QUERY_ATTRIBUTES = 1;

/** Encodes CLOSE (MS-SMB2 2.2.15), asking what the file is like then. */
export function encodeClose(fileId: FileId): Buffer {
  const body = zeroed(24);
  body.writeUInt16LE(24, 0);
  body.writeUInt16LE(POST_QUERY_ATTRIBUTES, 2);
  fileId.copy(body, 8);
  return body;
}

/** Encodes QUERY_DIRECTORY for all names, with sizes, times and ids (MS-SMB2 2.2.33; MS-FSCC 2.4.17). */
export function encodeQueryDirectory(fileId: FileId, length: number): Buffer {
  const pattern = Buffer.from('*', 'utf16le');
  const body = zeroed(32 + pattern.length);
  body.writeUInt16LE(33, 0);
  body[2] = 37; // FileIdBothDirectoryInformation
  fileId.copy(body, 8);
  body.writeUInt16LE(HEADER_BYTES + 32, 24);
  body.writeUInt16LE(pattern.length, 26);
  body.writeUInt32LE(length, 28);
  pattern.copy(body, 32);
  return body;
}

/** Encodes IOCTL with a file system control (MS-SMB2 2.2.31). */
export function encodeIoctl(fileId: FileId, control: number, input: Buffer, maxOutput: number): Buffer {
  const body = zeroed(56);
  body.writeUInt16LE(57, 0);
  body.writeUInt32LE(control, 4);
  fileId.copy(body, 8);
  body.writeUInt32LE(HEADER_BYTES + 56, 24);
  body.writeUInt32LE(input.length, 28);
  body.writeUInt32LE(maxOutput, 44);
  body.writeUInt32LE(1, 48);
  return Buffer.concat([body, input]);
}

/** Takes the output in the answer to IOCTL (MS-SMB2 2.2.32). */
export function ioctlOutput(message: ReplyReader): Buffer {
  return message.slice(message.u32(96), message.u32(100));
}
