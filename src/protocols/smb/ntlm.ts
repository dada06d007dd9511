import type { Account } from './account.ts';
import { answerChallenge, firstSignature, hmacMd5, passwordKey, utf16 } from './ntlm-keys.ts';
import { rc4 } from './rc4.ts';
import { malformed, ReplyReader } from './reply-reader.ts';
import { MECHANISMS } from './spnego.ts';

const SIGNATURE = Buffer.from('NTLMSSP\0');
/** Version that the client states: Windows 10 and revision 15, the only one there is (MS-NLMP 2.2.2.10). */
const VERSION = Buffer.from([10, 0, 0, 0, 0, 0, 0, 15]);
const Flag = {
  unicode: 0x1,
  requestTarget: 0x4,
  sign: 0x10,
  ntlm: 0x200,
  alwaysSign: 0x8000,
  extendedSecurity: 0x80000,
  targetInfo: 0x800000,
  version: 0x2000000,
  bits128: 0x20000000,
  keyExchange: 0x40000000,
} as const;
const FLAGS = Object.values(Flag).reduce((all, flag) => all | flag, 0);
/** Attributes of the target information (MS-NLMP 2.2.2.1). */
const Attribute = { end: 0, flags: 6, timestamp: 7, targetName: 9 } as const;
const MIC_AT = 72;
const AUTHENTICATE_BYTES = 88;

/** Source of random bytes; given by tests that replay a login. */
export type RandomSource = (length: number) => Buffer;

/** Encodes NTLM's first message (MS-NLMP 2.2.1.1). */
export function encodeNegotiate(): Buffer {
  const message = Buffer.alloc(40);
  SIGNATURE.copy(message);
  message.writeUInt32LE(1, 8);
  message.writeUInt32LE(FLAGS >>> 0, 12);
  VERSION.copy(message, 32);
  return message;
}

/** The third message and what follows from it. */
export interface NtlmLogin {
  readonly message: Buffer;
  readonly sessionKey: Buffer;
  /** Integrity code over the offered mechanisms (RFC 4178 5). */
  readonly mechanismsCode: Buffer;
}

/** Things that an NTLM login is made of. */
export interface NtlmCredentials extends Account {
  readonly password: string;
  /** Name of the server as the user gave it. */
  readonly host: string;
}

/**
 * Answers the server's challenge with NTLMv2, an integrity code over all three messages and, where the server
 * agrees, a session key of its own (MS-NLMP 3.1.5.1.2).
 *
 * @throws NetworkError when `challenge` is not a sound NTLM challenge
 */
export function authenticate(
  negotiate: Buffer,
  challenge: Buffer,
  credentials: NtlmCredentials,
  random: RandomSource,
): NtlmLogin {
  const { username, domain, password, host } = credentials;
  const { flags, serverChallenge, targetInfo } = readChallenge(challenge);
  const { pairs, time } = readTargetInfo(targetInfo);
  const key = passwordKey(username, domain, password);
  const { response, sessionBaseKey } = answerChallenge(
    key,
    serverChallenge,
    random(8),
    time ?? now(),
    Buffer.concat([
      ...pairs,
      pair(Attribute.flags, Buffer.from([2, 0, 0, 0])), // The message has an integrity code.
      pair(Attribute.targetName, utf16(`cifs/${host}`)),
      pair(Attribute.end, Buffer.alloc(0)),
    ]),
  );
  const wrapsKey = (flags & Flag.keyExchange) !== 0;
  const sessionKey = wrapsKey ? random(16) : sessionBaseKey;
  const message = encodeAuthenticate(flags, {
    domain: utf16(domain),
    username: utf16(username),
    response,
    wrappedKey: wrapsKey ? rc4(sessionBaseKey, sessionKey) : Buffer.alloc(0),
  });
  hmacMd5(sessionKey, negotiate, challenge, message).copy(message, MIC_AT);
  return { message, sessionKey, mechanismsCode: firstSignature(sessionKey, MECHANISMS, wrapsKey) };
}

function encodeAuthenticate(
  flags: number,
  parts: {
    readonly domain: Buffer;
    readonly username: Buffer;
    readonly response: Buffer;
    readonly wrappedKey: Buffer;
  },
): Buffer {
  const head = Buffer.alloc(AUTHENTICATE_BYTES);
  SIGNATURE.copy(head);
  head.writeUInt32LE(3, 8);
  head.writeUInt32LE(flags >>> 0, 60);
  VERSION.copy(head, 64);
  let offset = AUTHENTICATE_BYTES;
  const payload = [
    [28, parts.domain],
    [36, parts.username],
    [44, Buffer.alloc(0)], // workstation
    [12, Buffer.alloc(24)], // LMv2: zeros where the server gave its time
    [20, parts.response],
    [52, parts.wrappedKey],
  ] as const;
  for (const [at, bytes] of payload) {
    head.writeUInt16LE(bytes.length, at);
    head.writeUInt16LE(bytes.length, at + 2);
    head.writeUInt32LE(offset, at + 4);
    offset += bytes.length;
  }
  return Buffer.concat([head, ...payload.map(([, bytes]) => bytes)]);
}

function readChallenge(challenge: Buffer): { flags: number; serverChallenge: Buffer; targetInfo: Buffer } {
  const reader = new ReplyReader(challenge, 'an NTLM challenge');
  if (!reader.slice(0, 8).equals(SIGNATURE) || reader.u32(8) !== 2) throw malformed('no NTLM challenge');
  const flags = reader.u32(20) & FLAGS;
  const needed = Flag.unicode | Flag.ntlm | Flag.extendedSecurity | Flag.targetInfo;
  if ((flags & needed) !== needed) throw malformed('an NTLM challenge that NTLMv2 cannot answer');
  return {
    flags,
    serverChallenge: reader.slice(24, 8),
    targetInfo: reader.slice(reader.u32(44), reader.u16(40)),
  };
}

/** Reads the pairs to send back, and the server's time where it says it. */
function readTargetInfo(info: Buffer): { pairs: Buffer[]; time: Buffer | undefined } {
  const reader = new ReplyReader(info, 'NTLM target information');
  const pairs: Buffer[] = [];
  let time: Buffer | undefined;
  for (let at = 0; at < reader.length; ) {
    const id = reader.u16(at);
    const length = reader.u16(at + 2);
    if (id === Attribute.end) break;
    if (id === Attribute.timestamp && length === 8) time = reader.slice(at + 4, 8);
    if (id !== Attribute.flags && id !== Attribute.targetName) pairs.push(reader.slice(at, 4 + length));
    at += 4 + length;
  }
  return { pairs, time };
}

function pair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(id, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, value]);
}

function now(): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(Date.now()) * 10_000n + 116_444_736_000_000_000n);
  return time;
}
