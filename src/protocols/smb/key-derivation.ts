import { createHmac } from 'node:crypto';
import { Dialect } from './protocol.ts';

/** The keys of a session from dialect 3.0 on. */
export interface SessionKeys {
  readonly signing: Buffer;
  /** Key that encrypts what the client sends. */
  readonly sealing: Buffer;
  /** Key that decrypts what the server sends. */
  readonly opening: Buffer;
}

/** Derives a key in counter mode with HMAC-SHA256 of NIST SP 800-108, as MS-SMB2 3.1.4.2 uses it. */
function deriveKey(key: Buffer, label: string, context: Buffer | string, bits: number): Buffer {
  const counter = Buffer.from([0, 0, 0, 1]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bits);
  return createHmac('sha256', key)
    .update(counter)
    .update(label)
    .update('\0')
    .update(context)
    .update(length)
    .digest()
    .subarray(0, bits / 8);
}

/**
 * Derives the keys that follow from a session key (MS-SMB2 3.2.5.3).
 *
 * @param transcript - the pre-authentication integrity hash; used from dialect 3.1.1 on
 * @param cipherBits - length of the encryption keys
 */
export function deriveSessionKeys(
  dialect: number,
  sessionKey: Buffer,
  transcript: Buffer,
  cipherBits: number,
): SessionKeys {
  if (dialect >= Dialect.v311) {
    return {
      signing: deriveKey(sessionKey, 'SMBSigningKey\0', transcript, 128),
      sealing: deriveKey(sessionKey, 'SMBC2SCipherKey\0', transcript, cipherBits),
      opening: deriveKey(sessionKey, 'SMBS2CCipherKey\0', transcript, cipherBits),
    };
  }
  return {
    signing: deriveKey(sessionKey, 'SMB2AESCMAC\0', 'SmbSign\0', 128),
    sealing: deriveKey(sessionKey, 'SMB2AESCCM\0', 'ServerIn \0', 128),
    opening: deriveKey(sessionKey, 'SMB2AESCCM\0', 'ServerOut\0', 128),
  };
}
