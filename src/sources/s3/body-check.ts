import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { IntegrityError } from '../../core/errors.ts';
import type { BodyCheck } from '../../core/exact-body.ts';
import { toHex } from './crc-words.ts';
import { Crc32c } from './crc32c.ts';
import { Crc64Nvme } from './crc64nvme.ts';
import { versionOf } from './listing.ts';

/** Running digest of bytes. */
interface Digest {
  update(bytes: Uint8Array): unknown;
  /** Lower-case hexadecimal. */
  digest(encoding: 'hex'): string;
}

/** Digest of a whole object, as an answer announces it. */
export interface ExpectedDigest {
  readonly algorithm: string;
  readonly value: string;
  start(): Digest;
}

/** Digests that S3 sends in `x-amz-checksum-…`: their length in bytes, the fastest first. */
const CHECKSUMS: readonly (readonly [algorithm: string, length: number, start: () => Digest])[] = [
  ['crc32', 4, () => new Crc32()],
  ['crc32c', 4, () => new Crc32c()],
  ['crc64nvme', 8, () => new Crc64Nvme()],
  ['sha1', 20, () => createHash('sha1')],
  ['sha256', 32, () => createHash('sha256')],
];

/**
 * Digest that the headers of an answer announce for the whole object: one of its checksums, else the ETag where that
 * is an MD5. Undefined where there is none: of an object in parts, or one encrypted with a key of its own.
 */
export function expectedDigest(headers: Headers): ExpectedDigest | undefined {
  for (const [algorithm, length, start] of CHECKSUMS) {
    const given = headers.get(`x-amz-checksum-${algorithm}`)?.trim();
    // One that ends in "-N" is a digest of the digests of N parts.
    if (given === undefined || !/^[A-Za-z0-9+/]+=*$/.test(given)) continue;
    const bytes = Buffer.from(given, 'base64');
    if (bytes.byteLength === length) return { algorithm, value: bytes.toString('hex'), start };
  }
  const etag = versionOf(headers.get('etag'))?.toLowerCase() ?? '';
  const hasOwnKey =
    /^aws:kms/i.test(headers.get('x-amz-server-side-encryption') ?? '') ||
    headers.has('x-amz-server-side-encryption-customer-algorithm');
  if (!/^[0-9a-f]{32}$/.test(etag) || hasOwnKey) return undefined;
  return { algorithm: 'md5', value: etag, start: () => createHash('md5') };
}

/** Check of a body that is read to its end. @param label - how messages name the file */
export function checkDigest({ algorithm, value, start }: ExpectedDigest, label: string): BodyCheck {
  const digest = start();
  return {
    update: (chunk) => void digest.update(chunk),
    finish: async () => {
      const actual = digest.digest('hex');
      if (actual === value) return;
      throw new IntegrityError(
        `${label}: the bytes that came have the ${algorithm} ${actual}, the store says ${value}. They were changed on the way or in the store: read it again.`,
        value,
        actual,
      );
    },
    breakOff: () => undefined,
  };
}

class Crc32 {
  #state = 0;

  update(bytes: Uint8Array): void {
    this.#state = crc32(bytes, this.#state);
  }

  digest(): string {
    return toHex(this.#state);
  }
}
