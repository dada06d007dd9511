import { ConfigError } from '../../core/errors.ts';
import type { FileEntry } from '../../core/source.ts';
import { checksumOf, isCommit, isInside, toEntry } from './hub-entry.ts';
import type { TreeKnowledge } from './hub-tree.ts';

/**
 * Knowledge of a dataset's revision: the commit and its files. Plain data, to be kept as JSON and given back when the
 * source is opened again.
 */
export interface HubSnapshot {
  /** 2 where not all files of the commit are known. */
  readonly format: 1 | 2;
  readonly endpoint: string;
  readonly repoId: string;
  readonly revision: string;
  readonly commit: string;
  /** Files, of each its path, size in bytes and version (git-sha1 or sha256), sorted by path. */
  readonly files: readonly (readonly [path: string, size: number, version: string])[];
  /** Knowledge besides `files`, where those are not all. */
  readonly partial?: TreeKnowledge | undefined;
}

/** Makes the entries of a snapshot. */
export function snapshotEntries({ files }: HubSnapshot): FileEntry[] {
  return files.map(([path, size, version]) => toEntry(path, size, version));
}

/**
 * Reads a snapshot that was kept.
 *
 * @param value - what `JSON.parse` gave
 * @returns undefined when it is none, or one of another place or revision than `expected`
 */
export function readSnapshot(
  value: unknown,
  expected: Pick<HubSnapshot, 'endpoint' | 'repoId' | 'revision'>,
): HubSnapshot | undefined {
  const found = (typeof value === 'object' && value !== null ? value : {}) as Partial<HubSnapshot>;
  const { format, endpoint, repoId, revision, commit, files, partial } = found;
  const isSame =
    endpoint === expected.endpoint && repoId === expected.repoId && revision === expected.revision;
  const isWhole = format === 1 && partial === undefined;
  if (!isWhole && !(format === 2 && isKnowledge(partial))) return undefined;
  if (!isSame || typeof commit !== 'string' || !isCommit(commit)) return undefined;
  if (!Array.isArray(files) || !files.every(isFile)) return undefined;
  return found as HubSnapshot;
}

/**
 * Checks which dataset, revision and Hub a snapshot is of. Its files are not looked at: {@link readSnapshot} did.
 *
 * @throws ConfigError (option `snapshot`) when `snapshot` is of another dataset, revision or Hub
 */
export function assertSnapshotOf(
  snapshot: HubSnapshot,
  expected: Pick<HubSnapshot, 'endpoint' | 'repoId' | 'revision'>,
): void {
  if (readSnapshot({ ...snapshot, files: [] }, expected) !== undefined) return;
  throw new ConfigError(
    'snapshot',
    `The snapshot is not one of ${expected.repoId} at revision ${JSON.stringify(expected.revision)}: leave it out, and the Hub is asked.`,
  );
}

function isKnowledge(given: TreeKnowledge | undefined): boolean {
  const lists: readonly unknown[] = [given?.missing, given?.listed, given?.seen];
  return lists.every((list) => Array.isArray(list) && list.every((item) => typeof item === 'string'));
}

/** Joins what two snapshots of one commit know. */
export function joinSnapshots(one: HubSnapshot, other: HubSnapshot): HubSnapshot {
  if (one.commit !== other.commit || one.partial === undefined) return one;
  if (other.partial === undefined) return other;
  const [mine, theirs] = [one.partial, other.partial];
  const files = new Map([...other.files, ...one.files].map((file) => [file[0], file]));
  const join = (name: keyof TreeKnowledge): string[] => [...new Set([...theirs[name], ...mine[name]])];
  const partial = { missing: join('missing'), listed: join('listed'), seen: join('seen') };
  return { ...one, files: [...files.values()], partial };
}

function isFile(item: unknown): boolean {
  if (!Array.isArray(item)) return false;
  const [path, size, version] = item as readonly unknown[];
  return (
    typeof path === 'string' &&
    isInside(path) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    typeof version === 'string' &&
    checksumOf(version) !== undefined
  );
}
