import { ConfigError } from '../../core/errors.ts';
import type { FileEntry } from '../../core/source.ts';
import type { TimeSlice } from '../../core/time-slice.ts';
import { checksumOf, isCommit, isInside, toEntry } from './hub-entry.ts';
import type { TreeKnowledge } from './hub-tree.ts';

/** Files that are looked at between two looks at the time. */
const FILES_PER_STEP = 256;

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

/** Makes the entries of a snapshot, and lets other events run meanwhile. */
export async function snapshotEntries({ files }: HubSnapshot, slice: TimeSlice): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for (const [path, size, version] of files) {
    entries.push(toEntry(path, size, version));
    if (entries.length % FILES_PER_STEP === 0) await slice.pause();
  }
  return entries;
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
  if (!Array.isArray(files) || !files.every(isSnapshotFile)) return undefined;
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

/** Joins what two snapshots of one commit know, and lets other events run meanwhile. */
export async function joinSnapshots(
  one: HubSnapshot,
  other: HubSnapshot,
  slice: TimeSlice,
): Promise<HubSnapshot> {
  if (one.commit !== other.commit || one.partial === undefined) return one;
  if (other.partial === undefined) return other;
  const [mine, theirs] = [one.partial, other.partial];
  const files = new Map<string, HubSnapshot['files'][number]>();
  for (const from of [other.files, one.files]) {
    for (const [at, file] of from.entries()) {
      files.set(file[0], file);
      if (at % FILES_PER_STEP === 0) await slice.pause();
    }
  }
  const join = (name: keyof TreeKnowledge): string[] => [...new Set([...theirs[name], ...mine[name]])];
  const partial = { missing: join('missing'), listed: join('listed'), seen: join('seen') };
  return { ...one, files: [...files.values()], partial };
}

/** Says whether a value is a file of a snapshot. */
export function isSnapshotFile(item: unknown): item is HubSnapshot['files'][number] {
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
