import { createHash, createHmac } from 'node:crypto';
import { md4 } from './md4.ts';
import { rc4 } from './rc4.ts';

/** Computes NTOWFv2: the key that stands for a password (MS-NLMP 3.3.2). */
export function passwordKey(username: string, domain: string, password: string): Buffer {
  const owner = utf16(upperCase(username) + domain);
  return hmacMd5(md4(utf16(password)), owner);
}

/** Answer of an NTLMv2 login, and the key that follows from it. */
export interface ChallengeAnswer {
  readonly response: Buffer;
  readonly sessionBaseKey: Buffer;
}

/**
 * Computes NTLMv2's answer (MS-NLMP 3.3.2).
 *
 * @param time - FILETIME, 8 bytes
 * @param targetInfo - pairs with their terminator
 */
export function answerChallenge(
  key: Buffer,
  serverChallenge: Buffer,
  clientChallenge: Buffer,
  time: Buffer,
  targetInfo: Buffer,
): ChallengeAnswer {
  const blob = Buffer.concat([
    Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]),
    time,
    clientChallenge,
    Buffer.alloc(4),
    targetInfo,
    Buffer.alloc(4),
  ]);
  const proof = hmacMd5(key, serverChallenge, blob);
  return { response: Buffer.concat([proof, blob]), sessionBaseKey: hmacMd5(key, proof) };
}

/** Computes NTLM's own signature of a text, the first that the client makes (MS-NLMP 3.4.4.2). */
export function firstSignature(sessionKey: Buffer, text: Buffer, wrapsKey: boolean): Buffer {
  const signingKey = magic(sessionKey, 'session key to client-to-server signing key magic constant\0');
  const sealingKey = magic(sessionKey, 'session key to client-to-server sealing key magic constant\0');
  const sum = hmacMd5(signingKey, Buffer.alloc(4), text).subarray(0, 8);
  return Buffer.concat([Buffer.from([1, 0, 0, 0]), wrapsKey ? rc4(sealingKey, sum) : sum, Buffer.alloc(4)]);
}

export function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const digest = createHmac('md5', key);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

export function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** Turns a text into upper case as Windows has it: one character for one, so that `ß` stays. */
function upperCase(text: string): string {
  return [...text]
    .map((character) => {
      const upper = character.toUpperCase();
      return upper.length === character.length ? upper : character;
    })
    .join('');
}

function magic(key: Buffer, constant: string): Buffer {
  return createHash('md5').update(key).update(constant).digest();
}
