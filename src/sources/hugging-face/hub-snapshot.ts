import { ConfigError } from '../../core/errors.ts';
import type { FileEntry } from '../../core/source.ts';
import { checksumOf, isCommit, isInside, toEntry } from './hub-entry.ts';

/**
 * What a source knows of a dataset's revision: the commit and its files. Plain data, to be kept as JSON and given
 * back when the source is opened again.
 */
export interface HubSnapshot {
  readonly format: 1;
  readonly endpoint: string;
  readonly repoId: string;
  readonly revision: string;
  readonly commit: string;
  /** Of each file its path, size in bytes and version (git-sha1 or sha256), sorted by path. */
  readonly files: readonly (readonly [path: string, size: number, version: string])[];
}

/** The entries of a snapshot. */
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
  const { format, endpoint, repoId, revision, commit, files } = found;
  const isSame =
    endpoint === expected.endpoint && repoId === expected.repoId && revision === expected.revision;
  if (format !== 1 || !isSame || typeof commit !== 'string' || !isCommit(commit)) return undefined;
  if (!Array.isArray(files) || !files.every(isFile)) return undefined;
  return found as HubSnapshot;
}

/**
 * Its files are not looked at: {@link readSnapshot} did.
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
