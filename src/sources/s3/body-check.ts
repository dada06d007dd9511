import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { IntegrityError } from '../../core/errors.ts';
import type { BodyCheck } from '../../core/exact-body.ts';
import type { HeaderReader } from '../../protocols/http/answer-headers.ts';
import { toHex } from './crc-words.ts';
import { Crc32c } from './crc32c.ts';
import { Crc64Nvme } from './crc64nvme.ts';
import { versionOf } from './listing.ts';

/** Running digest of bytes. */
interface Digest {
  update(bytes: Uint8Array): unknown;
  /** Gives the digest in lower-case hexadecimal. */
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
 * Finds the digest that the headers of an answer announce for the whole object: one of its checksums, else the ETag
 * where that is an MD5. Undefined where there is none: of an object in parts, or one encrypted with a key of its own.
 */
export function expectedDigest(headers: HeaderReader): ExpectedDigest | undefined {
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

/** Read that broke off: what it had. */
interface BrokenRead {
  readonly expected: ExpectedDigest;
  readonly digest: Digest;
  /** Bytes that were digested. */
  readonly position: number;
}

/** Number of broken-off reads that are remembered, so that going on with one can be checked. */
const MAX_BROKEN_READS = 64;

/** Collection of checks of files that are read whole, also of those that are read on from where they broke off. */
export class BodyChecks {
  readonly #broken = new Map<string, BrokenRead>();

  /**
   * Begins the check of a read that ends where the file does; undefined where there can be none.
   *
   * @param name - of the file and its version
   * @param start - first byte that is read
   * @param expected - digest that the answer announces
   * @param label - how messages name the file
   */
  begin(
    name: string,
    start: number,
    expected: ExpectedDigest | undefined,
    label: string,
  ): BodyCheck | undefined {
    const broken = start > 0 ? this.#broken.get(name) : undefined;
    this.#broken.delete(name);
    if (start > 0) return broken?.position === start ? this.#check(name, broken, label) : undefined;
    return expected && this.#check(name, { expected, digest: expected.start(), position: 0 }, label);
  }

  #check(name: string, { expected, digest, position: start }: BrokenRead, label: string): BodyCheck {
    const { algorithm, value } = expected;
    let position = start;
    return {
      update: (chunk) => {
        digest.update(chunk);
        position += chunk.byteLength;
      },
      finish: async () => {
        const actual = digest.digest('hex');
        if (actual === value) return;
        throw new IntegrityError(
          `${label}: the bytes that came have the ${algorithm} ${actual}, the store says ${value}. They were changed on the way or in the store: read it again.`,
          value,
          actual,
        );
      },
      breakOff: () => {
        const [oldest] = this.#broken.keys();
        if (this.#broken.size >= MAX_BROKEN_READS && oldest !== undefined) this.#broken.delete(oldest);
        if (position > 0) this.#broken.set(name, { expected, digest, position });
      },
    };
  }
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
