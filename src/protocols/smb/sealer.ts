import {
  type CipherCCMTypes,
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type DecipherCCM,
  type DecipherGCM,
  type KeyObject,
} from 'node:crypto';
import { freeMemory } from './free-memory.ts';
import { TRANSFORM_ID } from './protocol.ts';
import { malformed } from './reply-reader.ts';

/** One of the ciphers of MS-SMB2 2.2.3.1.2. */
export interface CipherSuite {
  readonly name: string;
  readonly algorithm: CipherCCMTypes | CipherGCMTypes;
  readonly keyBits: number;
  readonly nonceBytes: number;
}

/** Ciphers by their number in the negotiation, the preferred first: GCM is several times faster than CCM. */
export const CIPHERS: ReadonlyMap<number, CipherSuite> = new Map<number, CipherSuite>([
  [2, { name: 'AES-128-GCM', algorithm: 'aes-128-gcm', keyBits: 128, nonceBytes: 12 }],
  [4, { name: 'AES-256-GCM', algorithm: 'aes-256-gcm', keyBits: 256, nonceBytes: 12 }],
  [1, { name: 'AES-128-CCM', algorithm: 'aes-128-ccm', keyBits: 128, nonceBytes: 11 }],
  [3, { name: 'AES-256-CCM', algorithm: 'aes-256-ccm', keyBits: 256, nonceBytes: 11 }],
]);

/** Length of the header before an encrypted message (MS-SMB2 2.2.41). */
const TRANSFORM_BYTES = 52;
const TAG_AT = 4;
const NONCE_AT = 20;
const TAG_BYTES = 16;
/** Number of bytes decrypted at a time: pieces of this size come from memory that the allocator has at hand. */
const STEP_BYTES = 64 * 1024;

/** A decrypted message; what was put elsewhere is not part of `message`. */
export interface OpenedMessage {
  readonly message: Buffer;
  readonly payload?: Uint8Array | undefined;
}

/** Encryption of a session: encrypts what it sends and decrypts what it receives (MS-SMB2 3.1.4.3). */
export class Sealer {
  readonly suite: CipherSuite;
  readonly #sealingKey: KeyObject;
  readonly #openingKey: KeyObject;
  readonly #sessionId: bigint;
  /** Number that counts from 1 with keys that no other session has, so that no nonce comes twice. */
  #nonce = 0n;

  constructor(suite: CipherSuite, sealingKey: Buffer, openingKey: Buffer, sessionId: bigint) {
    this.suite = suite;
    this.#sealingKey = createSecretKey(sealingKey);
    this.#openingKey = createSecretKey(openingKey);
    this.#sessionId = sessionId;
  }

  /** Makes header and ciphertext of what is sent. */
  seal(plain: Buffer): readonly Buffer[] {
    const head = Buffer.alloc(TRANSFORM_BYTES);
    head.writeUInt32LE(TRANSFORM_ID, 0);
    this.#nonce += 1n;
    head.writeBigUInt64LE(this.#nonce, NONCE_AT);
    head.writeUInt32LE(plain.length, 36);
    head.writeUInt16LE(1, 42); // Encrypted
    head.writeBigUInt64LE(this.#sessionId, 44);
    const { algorithm, nonceBytes } = this.suite;
    const nonce = head.subarray(NONCE_AT, NONCE_AT + nonceBytes);
    // The overloads are by cipher name; both modes take the same arguments.
    const cipher = createCipheriv(algorithm as CipherCCMTypes, this.#sealingKey, nonce, {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(head.subarray(NONCE_AT), { plaintextLength: plain.length });
    const sealed = cipher.update(plain);
    cipher.final();
    cipher.getAuthTag().copy(head, TAG_AT);
    return [head, sealed];
  }

  /**
   * Decrypts and checks a frame.
   *
   * @param place - called with the first `headBytes` bytes of the message, before they are checked; the rest goes
   *   into the memory it returns, of exactly that length, where it returns any
   * @throws NetworkError when it is not encrypted for this session or was changed on the way
   */
  open(
    frame: Buffer,
    headBytes: number,
    place: (head: Buffer, length: number) => Uint8Array | undefined,
  ): OpenedMessage {
    if (frame.length <= TRANSFORM_BYTES) throw malformed('an encrypted message without content');
    const sealed = frame.subarray(TRANSFORM_BYTES);
    if (frame.readUInt32LE(36) !== sealed.length) throw malformed('an encrypted message of another length');
    if (frame.readBigUInt64LE(44) !== this.#sessionId) {
      throw malformed('a message encrypted for another session');
    }
    const decipher = this.#decipher(frame, sealed.length);
    let opened: OpenedMessage;
    if (this.suite.algorithm.endsWith('gcm') && sealed.length > headBytes) {
      const head = decipher.update(sealed.subarray(0, headBytes));
      const sink = place(head, sealed.length);
      const rest = sink ?? Buffer.allocUnsafeSlow(sealed.length);
      const start = sink === undefined ? headBytes : 0;
      if (sink === undefined) rest.set(head);
      for (let at = headBytes; at < sealed.length; at += STEP_BYTES) {
        const piece = decipher.update(sealed.subarray(at, at + STEP_BYTES));
        rest.set(piece, at - headBytes + start);
        freeMemory(piece);
      }
      opened = sink === undefined ? { message: rest as Buffer } : { message: head, payload: sink };
    } else {
      opened = { message: this.#whole(decipher, sealed) };
    }
    try {
      decipher.final();
    } catch {
      throw malformed('an encrypted message that was changed on its way');
    }
    return opened;
  }

  #decipher(frame: Buffer, length: number): DecipherCCM | DecipherGCM {
    const { algorithm, nonceBytes } = this.suite;
    const nonce = frame.subarray(NONCE_AT, NONCE_AT + nonceBytes);
    const decipher = createDecipheriv(algorithm as CipherCCMTypes, this.#openingKey, nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(frame.subarray(TAG_AT, TAG_AT + TAG_BYTES));
    decipher.setAAD(frame.subarray(NONCE_AT, TRANSFORM_BYTES), { plaintextLength: length });
    return decipher;
  }

  /** Decrypts in one piece: CCM takes the text in one piece and checks it then. */
  #whole(decipher: DecipherCCM | DecipherGCM, sealed: Buffer): Buffer {
    try {
      return decipher.update(sealed);
    } catch {
      throw malformed('an encrypted message that was changed on its way');
    }
  }
}
