import { createCipheriv, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Cmac } from './cmac.ts';
import { zeroed } from './message.ts';
import { Command } from './protocol.ts';

/** Signing algorithms by their number in the negotiation (MS-SMB2 2.2.3.1.7), the preferred first. */
export const SIGNING_ALGORITHMS: ReadonlyMap<number, string> = new Map([
  [2, 'AES-128-GMAC'],
  [1, 'AES-128-CMAC'],
  [0, 'HMAC-SHA256'],
]);

const SIGNATURE_AT = 48;
const SIGNATURE_BYTES = 16;

/**
 * Signature of a session: signs and checks messages (MS-SMB2 3.1.4.1). A message is given in parts; the first holds the
 * header.
 */
export class Signer {
  /** Name of the algorithm. */
  readonly name: string;
  readonly #digest: (parts: readonly Uint8Array[], nonce: () => Buffer) => Buffer;

  /** @param algorithm - one of {@link SIGNING_ALGORITHMS} */
  constructor(algorithm: number, keyBytes: Buffer) {
    this.name = SIGNING_ALGORITHMS.get(algorithm) ?? 'unknown';
    const key = createSecretKey(keyBytes); // Many times faster at each use than bytes are.
    if (algorithm === 2) this.#digest = (parts, nonce) => gmac(key, parts, nonce());
    else if (algorithm === 1) {
      const cmac = new Cmac(key);
      this.#digest = (parts) => cmac.digest(parts);
    } else this.#digest = (parts) => hmac(key, parts);
  }

  /** Writes the signature into a message that the client sends. */
  sign(message: Buffer): void {
    message.fill(0, SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES);
    this.#digest([message], () => nonceOf(message, false)).copy(message, SIGNATURE_AT);
  }

  /** Tells whether the server's signature fits. */
  verify(head: Buffer, ...rest: readonly (Uint8Array | undefined)[]): boolean {
    const given = Buffer.from(head.subarray(SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES));
    head.fill(0, SIGNATURE_AT, SIGNATURE_AT + SIGNATURE_BYTES);
    const parts = [head, ...rest.filter((part) => part !== undefined && part.length > 0)] as Uint8Array[];
    return timingSafeEqual(
      given,
      this.#digest(parts, () => nonceOf(head, true)),
    );
  }
}

/** Makes the nonce: the message id, then who sends it and whether it cancels. */
function nonceOf(message: Buffer, fromServer: boolean): Buffer {
  const nonce = zeroed(12);
  message.copy(nonce, 0, 24, 32);
  const cancels = message.readUInt16LE(12) === Command.cancel;
  nonce[8] = (fromServer ? 1 : 0) | (cancels ? 2 : 0);
  return nonce;
}

function gmac(key: KeyObject, parts: readonly Uint8Array[], nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  for (const part of parts) cipher.setAAD(part);
  cipher.final();
  return cipher.getAuthTag();
}

function hmac(key: KeyObject, parts: readonly Uint8Array[]): Buffer {
  const digest = createHmac('sha256', key);
  for (const part of parts) digest.update(part);
  return digest.digest().subarray(0, SIGNATURE_BYTES);
}
