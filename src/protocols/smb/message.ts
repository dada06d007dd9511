import { UnsupportedError } from '../../core/errors.ts';
import { CREDIT_BYTES, HEADER_BYTES, HeaderFlag, MESSAGE_ID, SMB1_ID } from './protocol.ts';
import { malformed, ReplyReader } from './reply-reader.ts';

/** One request before it has its place in a connection. */
export interface Outgoing {
  readonly command: number;
  /** Body of the message, which follows the header. */
  readonly body: Buffer;
  readonly treeId?: number | undefined;
  /**
   * Larger number of what is sent and what may come back, bytes; it decides how many credits it takes.
   *
   * @defaultValue 1
   */
  readonly payloadBytes?: number | undefined;
  /** Memory that the payload of a READ goes to. */
  readonly sink?: Uint8Array | undefined;
  /** Function that makes the memory for the payload of a READ without a sink. @defaultValue new memory */
  readonly allocate?: ((length: number) => Uint8Array) | undefined;
}

/** The answer to one request. */
export interface Reply {
  readonly status: number;
  readonly treeId: number;
  readonly sessionId: bigint;
  readonly flags: number;
  /** Message from its header on; the payload of a READ is not in it. */
  readonly message: ReplyReader;
  /** Bytes that a READ brought, in its sink where it has one. */
  readonly payload: Uint8Array | undefined;
}

/** Content of the header of a request. */
export interface RequestHeader {
  readonly command: number;
  readonly charge: number;
  readonly creditRequest: number;
  readonly flags: number;
  readonly nextCommand: number;
  readonly messageId: number;
  readonly treeId: number;
  readonly sessionId: bigint;
}

/** Counts the credits that a request takes (MS-SMB2 3.1.5.2). */
export function chargeOf({ payloadBytes = 1 }: Outgoing): number {
  return Math.max(1, Math.ceil(payloadBytes / CREDIT_BYTES));
}

/** Makes a buffer of zeros that shares its memory with others: memory of its own costs many times more. */
export function zeroed(length: number): Buffer {
  return Buffer.allocUnsafe(length).fill(0);
}

/** Encodes a request, padded to 8 bytes where another follows (MS-SMB2 2.2.1.2). */
export function encodeRequest(header: RequestHeader, body: Buffer): Buffer {
  const message = zeroed(Math.max(header.nextCommand, HEADER_BYTES + body.length));
  message.writeUInt32LE(MESSAGE_ID, 0);
  message.writeUInt16LE(HEADER_BYTES, 4);
  message.writeUInt16LE(header.charge, 6);
  message.writeUInt16LE(header.command, 12);
  message.writeUInt16LE(header.creditRequest, 14);
  message.writeUInt32LE(header.flags, 16);
  message.writeUInt32LE(header.nextCommand, 20);
  message.writeBigUInt64LE(BigInt(header.messageId), 24);
  message.writeUInt32LE(header.treeId, 36);
  message.writeBigUInt64LE(header.sessionId, 40);
  body.copy(message, HEADER_BYTES);
  return message;
}

/** The header of an answer. */
export interface ReplyHeader {
  readonly status: number;
  readonly command: number;
  readonly credits: number;
  readonly flags: number;
  readonly nextCommand: number;
  readonly messageId: bigint;
  readonly asyncId: bigint;
  readonly treeId: number;
  readonly sessionId: bigint;
}

/**
 * Decodes the header of an answer.
 *
 * @throws NetworkError when `bytes` do not begin with the header of an answer
 * @throws UnsupportedError when they are of SMB 1
 */
export function decodeHeader(bytes: Buffer): ReplyHeader {
  const reader = new ReplyReader(bytes, 'a message');
  if (reader.length >= 4 && reader.u32(0) === SMB1_ID) {
    throw new UnsupportedError(
      'SMB 1',
      'The server answers with SMB 1, which is not safe to use: let it speak SMB 2 or 3.',
    );
  }
  if (reader.length < HEADER_BYTES || reader.u32(0) !== MESSAGE_ID || reader.u16(4) !== HEADER_BYTES) {
    throw malformed('something that is no SMB 2 message');
  }
  const flags = reader.u32(16);
  if ((flags & HeaderFlag.response) === 0) throw malformed('a request');
  const isAsync = (flags & HeaderFlag.async) !== 0;
  return {
    status: reader.u32(8),
    command: reader.u16(12),
    credits: reader.u16(14),
    flags,
    nextCommand: reader.u32(20),
    messageId: reader.u64(24),
    asyncId: isAsync ? reader.u64(32) : 0n,
    treeId: isAsync ? 0 : reader.u32(36),
    sessionId: reader.u64(40),
  };
}
