import { NetworkError, UnsupportedError } from '../../core/errors.ts';
import type { Connection } from './connection.ts';
import type { Reply } from './message.ts';
import type { RandomSource } from './ntlm.ts';
import { Command, CREDIT_BYTES, DIALECTS, Dialect, HEADER_BYTES, MAX_PAYLOAD_BYTES } from './protocol.ts';
import { malformed, type ReplyReader } from './reply-reader.ts';
import { CIPHERS, type CipherSuite } from './sealer.ts';
import { SIGNING_ALGORITHMS } from './signer.ts';
import { statusError } from './status.ts';

/** Capabilities of this client: several credits a request, encryption (MS-SMB2 2.2.3). */
const CLIENT_CAPABILITIES = 0x44;
const Capability = { largeReads: 0x04, encryption: 0x40 } as const;
const SecurityMode = { enabled: 1, required: 2 } as const;
/** Types of negotiate contexts (MS-SMB2 2.2.3.1). */
const Context = { integrity: 1, encryption: 2, signing: 8 } as const;
const SHA512_HASH = 1;

/** Agreement of client and server. */
export interface Negotiated {
  readonly dialect: number;
  /** True when the server refuses what is not signed. */
  readonly requiresSigning: boolean;
  /** Signing algorithm, one of `SIGNING_ALGORITHMS`. */
  readonly signingAlgorithm: number;
  readonly cipher: CipherSuite | undefined;
  /** The largest payload of a READ, bytes. */
  readonly maxReadBytes: number;
  /** The largest payload of other requests, bytes. */
  readonly maxTransactBytes: number;
  /** Bytes that the client offered and the server answered, to have it confirmed later; see `confirmNegotiation`. */
  readonly offer: Buffer;
  readonly answer: Buffer;
}

/**
 * Agrees on dialect, signing algorithm and cipher (MS-SMB2 3.2.4.2.2).
 *
 * @param requiresSigning - whether the client wants every message signed
 * @throws UnsupportedError when the server speaks no dialect from 2.0.2 on
 */
export async function negotiate(
  connection: Connection,
  requiresSigning: boolean,
  random: RandomSource,
  transcript: (message: Buffer) => void,
  signal: AbortSignal,
): Promise<Negotiated> {
  const clientId = random(16);
  const mode = requiresSigning ? SecurityMode.required | SecurityMode.enabled : SecurityMode.enabled;
  const body = encodeRequest(mode, clientId, random(32));
  const [reply] = await connection.request([{ command: Command.negotiate, body }], { transcript, signal });
  const { host } = connection.endpoint;
  if (reply === undefined || reply.status !== 0) {
    throw statusError(reply?.status ?? 0, `The negotiation with the SMB server at ${host}`);
  }
  const negotiated = decodeReply(reply, mode, clientId, host);
  connection.dialect = negotiated.dialect;
  return negotiated;
}

function encodeRequest(mode: number, clientId: Buffer, salt: Buffer): Buffer {
  const contexts = [
    encodeContext(Context.integrity, [1, salt.length, SHA512_HASH], salt),
    encodeContext(Context.encryption, [CIPHERS.size, ...CIPHERS.keys()]),
    encodeContext(Context.signing, [SIGNING_ALGORITHMS.size, ...SIGNING_ALGORITHMS.keys()]),
  ];
  const head = Buffer.alloc(Math.ceil((36 + 2 * DIALECTS.length) / 8) * 8);
  head.writeUInt16LE(36, 0);
  head.writeUInt16LE(DIALECTS.length, 2);
  head.writeUInt16LE(mode, 4);
  head.writeUInt32LE(CLIENT_CAPABILITIES, 8);
  clientId.copy(head, 12);
  head.writeUInt32LE(HEADER_BYTES + head.length, 28);
  head.writeUInt16LE(contexts.length, 32);
  for (const [index, dialect] of DIALECTS.entries()) head.writeUInt16LE(dialect, 36 + 2 * index);
  return Buffer.concat([head, ...contexts]);
}

function encodeContext(type: number, numbers: readonly number[], rest: Buffer = Buffer.alloc(0)): Buffer {
  const data = Buffer.alloc(2 * numbers.length + rest.length);
  for (const [index, number] of numbers.entries()) data.writeUInt16LE(number, 2 * index);
  rest.copy(data, 2 * numbers.length);
  const context = Buffer.alloc(8 + Math.ceil(data.length / 8) * 8);
  context.writeUInt16LE(type, 0);
  context.writeUInt16LE(data.length, 2);
  data.copy(context, 8);
  return context;
}

function decodeReply({ message }: Reply, mode: number, clientId: Buffer, host: string): Negotiated {
  const securityMode = message.u16(66);
  const dialect = message.u16(68);
  if (!DIALECTS.includes(dialect)) {
    throw new UnsupportedError(
      `SMB dialect 0x${dialect.toString(16)}`,
      `The SMB server at ${host} speaks none of the dialects 2.0.2 to 3.1.1: let it accept SMB 2 or 3.`,
    );
  }
  const capabilities = message.u32(88);
  const agreed = dialect === Dialect.v311 ? readContexts(message) : agreeWithout(dialect, capabilities);
  const hasLargeReads = dialect > Dialect.v202 && (capabilities & Capability.largeReads) !== 0;
  const limit = hasLargeReads ? MAX_PAYLOAD_BYTES : CREDIT_BYTES;
  const maxTransactBytes = Math.min(limit, message.u32(92));
  const maxReadBytes = Math.min(limit, message.u32(96));
  if (maxReadBytes < 1024 || maxTransactBytes < 1024) throw malformed('limits of less than 1 KiB');
  return {
    dialect,
    requiresSigning: (securityMode & SecurityMode.required) !== 0,
    ...agreed,
    maxReadBytes,
    maxTransactBytes,
    offer: encodeOffer(mode, clientId),
    answer: encodeAnswer(capabilities, message.slice(72, 16), securityMode, dialect),
  };
}

/** Draws up the agreement that follows from dialects that have no contexts. */
function agreeWithout(
  dialect: number,
  capabilities: number,
): Pick<Negotiated, 'signingAlgorithm' | 'cipher'> {
  const encrypts = dialect >= Dialect.v300 && (capabilities & Capability.encryption) !== 0;
  return { signingAlgorithm: dialect >= Dialect.v300 ? 1 : 0, cipher: encrypts ? CIPHERS.get(1) : undefined };
}

function readContexts(message: ReplyReader): Pick<Negotiated, 'signingAlgorithm' | 'cipher'> {
  let signingAlgorithm = 1;
  let cipher: CipherSuite | undefined;
  let hasIntegrity = false;
  let at = message.u32(124);
  for (let count = message.u16(70); count > 0; count--) {
    const type = message.u16(at);
    const length = message.u16(at + 2);
    const data = at + 8;
    message.slice(data, length);
    if (type === Context.integrity) hasIntegrity = message.u16(data + 4) === SHA512_HASH;
    if (type === Context.encryption) cipher = CIPHERS.get(message.u16(data + 2));
    if (type === Context.signing) signingAlgorithm = message.u16(data + 2);
    at = data + Math.ceil(length / 8) * 8;
  }
  if (!hasIntegrity) throw malformed('an agreement on 3.1.1 without its integrity hash');
  if (!SIGNING_ALGORITHMS.has(signingAlgorithm)) throw malformed('a signing algorithm that was not offered');
  return { signingAlgorithm, cipher };
}

/** Encodes the client's half of what VALIDATE_NEGOTIATE_INFO compares (MS-SMB2 2.2.31.4). */
function encodeOffer(mode: number, clientId: Buffer): Buffer {
  const offer = Buffer.alloc(24 + 2 * DIALECTS.length);
  offer.writeUInt32LE(CLIENT_CAPABILITIES, 0);
  clientId.copy(offer, 4);
  offer.writeUInt16LE(mode, 20);
  offer.writeUInt16LE(DIALECTS.length, 22);
  for (const [index, dialect] of DIALECTS.entries()) offer.writeUInt16LE(dialect, 24 + 2 * index);
  return offer;
}

/** Encodes the server's half (MS-SMB2 2.2.32.6). */
function encodeAnswer(capabilities: number, serverId: Buffer, mode: number, dialect: number): Buffer {
  const answer = Buffer.alloc(24);
  answer.writeUInt32LE(capabilities, 0);
  serverId.copy(answer, 4);
  answer.writeUInt16LE(mode, 20);
  answer.writeUInt16LE(dialect, 22);
  return answer;
}

/** Makes the error for a connection on which someone has changed the negotiation. */
export function tampered(host: string): NetworkError {
  return new NetworkError(
    `The negotiation with the SMB server at ${host} was changed on its way: someone may be listening in.`,
    { retryable: false },
  );
}
