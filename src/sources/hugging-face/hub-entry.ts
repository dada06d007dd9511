import { NetworkError } from '../../core/errors.ts';
import { assertInside } from '../../core/safe-path.ts';
import type { Checksum, FileEntry } from '../../core/source.ts';

/** Digits of a git object's id (SHA-1) and of an LFS object's (SHA-256). */
const GIT_ID = /^[0-9a-f]{40}$/;
const LFS_ID = /^[0-9a-f]{64}$/;

/** Tells whether a text is a commit's full id. */
export function isCommit(text: string): boolean {
  return GIT_ID.test(text);
}

/** Finds the checksum that a blob's name in git (40 digits) or in LFS (64 digits) is; undefined for any other name. */
export function checksumOf(name: string): Checksum | undefined {
  if (LFS_ID.test(name)) return { algorithm: 'sha256', value: name };
  return GIT_ID.test(name) ? { algorithm: 'git-sha1', value: name } : undefined;
}

/** Makes the entry of the file whose content is the blob `name`, which is its version too. */
export function toEntry(path: string, size: number, name: string): FileEntry {
  return { path, size, version: name, checksum: checksumOf(name) };
}

/**
 * Reads the files of an answer of `/tree` or `/paths-info`; folders are left out.
 *
 * @param label - how messages name the answer
 * @throws NetworkError when it is not what the Hub answers
 */
export function readEntries(answer: unknown, label: string): FileEntry[] {
  if (!Array.isArray(answer)) throw malformed(label, 'it is no list');
  return answer.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) throw malformed(label, 'an entry is no object');
    const { type, path, size, oid, lfs } = item as Record<string, unknown>;
    if (type !== 'file') return [];
    if (typeof path !== 'string' || !isInside(path))
      throw malformed(label, 'a path leads out of the repository');
    const isLarge = typeof lfs === 'object' && lfs !== null;
    const blob = (isLarge ? lfs : { oid, size }) as Readonly<Record<string, unknown>>;
    const [name, bytes] = [blob['oid'], blob['size'] ?? size];
    if (typeof name !== 'string' || !(isLarge ? LFS_ID : GIT_ID).test(name)) {
      throw malformed(label, `${JSON.stringify(path)} has no valid oid`);
    }
    if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) {
      throw malformed(label, `${JSON.stringify(path)} has no valid size`);
    }
    return [toEntry(path, bytes, name)];
  });
}

/**
 * Makes the error for an answer of something else, or one that was garbled on its way: it may be better the next time.
 */
export function malformed(label: string, problem: string, options?: ErrorOptions): NetworkError {
  return new NetworkError(
    `${label}: the answer is not what the Hub sends (${problem}). Look whether a proxy or a login page answers in its place, and whether HF_ENDPOINT is right.`,
    {},
    options,
  );
}

/** Tells whether `path` leads to a place inside the folder that it is relative to. */
export function isInside(path: string): boolean {
  try {
    assertInside(path);
    return true;
  } catch {
    return false;
  }
}
