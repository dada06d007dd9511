import { createHash } from 'node:crypto';
import { volumeOf } from '../core/archive-name.ts';
import { NotFoundError } from '../core/errors.ts';
import type { FileEntry } from '../core/source.ts';

/** File that lies in volumes, `NAME.00.part`, `NAME.01.part`, …: their bytes one behind the other. */
export interface VolumeSet {
  /** Path of the whole: without the number and `.part`. */
  readonly path: string;
  readonly volumes: readonly FileEntry[];
}

/** Sets of volumes among files, sorted by path; in each the volumes in their order. */
export function volumeSets(entries: Iterable<FileEntry>): readonly VolumeSet[] {
  const sets = new Map<string, { readonly number: number; readonly entry: FileEntry }[]>();
  for (const entry of entries) {
    const volume = volumeOf(entry.path);
    if (volume === undefined) continue;
    const set = sets.get(volume.path) ?? [];
    set.push({ number: volume.number, entry });
    sets.set(volume.path, set);
  }
  return [...sets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, set]) => ({
      path,
      volumes: set.toSorted((a, b) => a.number - b.number).map(({ entry }) => entry),
    }));
}

/**
 * Makes the entry of the file that a set of volumes is. Its version is a digest of theirs.
 *
 * @throws NotFoundError where one before the last is missing, or stands twice
 */
export function joinedEntry({ path, volumes }: VolumeSet): FileEntry {
  for (const [index, { path: volume }] of volumes.entries()) {
    const number = volumeOf(volume)?.number;
    if (number === index) continue;
    const name = `${path}.${String(index).padStart(2, '0')}.part`;
    const problem =
      number !== undefined && number < index
        ? `${volume} has the number of another volume`
        : `${name} is missing: there is ${volume}`;
    throw new NotFoundError(`${path} lies in volumes, and ${problem}. Fetch or remove all of them.`);
  }
  const version = createHash('sha256')
    .update(JSON.stringify(volumes.map((volume) => [volume.path, volume.size, volume.version])))
    .digest('hex')
    .slice(0, 32);
  const modified = volumes.reduce<Date | undefined>(
    (latest, volume) =>
      volume.modified !== undefined && (latest === undefined || volume.modified > latest)
        ? volume.modified
        : latest,
    undefined,
  );
  const size = volumes.reduce((sum, volume) => sum + volume.size, 0);
  return { path, size, version, ...(modified === undefined ? {} : { modified }) };
}
