import { createHash, type Hash } from 'node:crypto';
import { IntegrityError } from '../core/errors.ts';
import type { Checksum } from '../core/source.ts';

/** Digests of a file's content, taken while it is written. */
export class ContentHash {
  readonly #sha256 = createHash('sha256');
  readonly #other: Hash | undefined;
  readonly #expected: Checksum | undefined;

  /** @param size - of the whole content, bytes; a git digest begins with it */
  constructor(size: number, expected: Checksum | undefined) {
    this.#expected = expected;
    if (expected === undefined || expected.algorithm === 'sha256') return;
    this.#other = createHash(expected.algorithm === 'md5' ? 'md5' : 'sha1');
    // https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: a blob is hashed behind a header.
    if (expected.algorithm === 'git-sha1') this.#other.update(`blob ${size}\0`);
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#other?.update(bytes);
  }

  /**
   * Ends the hashing and returns the SHA-256 of the content, hexadecimal.
   *
   * @param label - how messages name the file
   * @throws IntegrityError when the content does not have the digest that was expected
   */
  finish(label: string): string {
    const sha256 = this.#sha256.digest('hex');
    if (this.#expected === undefined) return sha256;
    const { algorithm, value } = this.#expected;
    const actual = this.#other?.digest('hex') ?? sha256;
    if (actual === value.toLowerCase()) return sha256;
    throw new IntegrityError(
      `${label} arrived damaged: its ${algorithm} is ${actual}, announced was ${value}. Nothing of it is kept.`,
      value,
      actual,
    );
  }
}
