/** Kinds of archives that are folders. */
export type ArchiveKind = 'zip' | 'tar' | 'tgz';

const VOLUME = /^(.*[^/])\.(\d{2,})\.part$/i;

const LOWER_CASE_BIT = 0x20;
const LETTER_P = 0x70;
const LETTER_R = 0x72;
const LETTER_T = 0x74;
const LETTER_Z = 0x7a;

/** Tells by its last letter whether a name can be that of an archive, or of a packed or cut file: most are not. */
export function mayBeArchive(path: string): boolean {
  const letter = path.charCodeAt(path.length - 1) | LOWER_CASE_BIT;
  return letter === LETTER_P || letter === LETTER_R || letter === LETTER_T || letter === LETTER_Z;
}

/** Tells the kind of the archive that a file is by its name; undefined for what is none. */
export function archiveKind(path: string): ArchiveKind | undefined {
  if (!mayBeArchive(path)) return undefined;
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  if (/.\.zip$/.test(name)) return 'zip';
  if (/.\.tar$/.test(name)) return 'tar';
  return /.\.(?:tgz|tar\.gz)$/.test(name) ? 'tgz' : undefined;
}

/** Makes the path of the file that a `.gz` of one file is; undefined for what is none. */
export function unzippedPath(path: string): string | undefined {
  if (!mayBeArchive(path)) return undefined;
  return archiveKind(path) === undefined && /[^/]\.gz$/i.test(path) ? path.slice(0, -3) : undefined;
}

/** Reads the path of the whole and the number of a volume, `NAME.00.part`; undefined for what is none. */
export function volumeOf(path: string): { readonly path: string; readonly number: number } | undefined {
  const [, whole, digits] = (mayBeArchive(path) && VOLUME.exec(path)) || [];
  return whole === undefined || digits === undefined ? undefined : { path: whole, number: Number(digits) };
}

/** Lists the paths of the archives that a path leads through by its names, the outermost first; it may end at one. */
export function archivesOnPath(path: string): string[] {
  const names = path.split('/');
  return names
    .map((_, index) => names.slice(0, index + 1).join('/'))
    .filter((prefix) => archiveKind(prefix) !== undefined);
}

/** Counts the archives, packed and cut files among paths: `3 .zip, 2 .part`; undefined for none. */
export function countArchives(paths: Iterable<string>): string | undefined {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const isOne = archiveKind(path) ?? unzippedPath(path) ?? volumeOf(path);
    if (isOne === undefined) continue;
    const extension = /\.tar\.gz$/i.test(path) ? '.tar.gz' : path.slice(path.lastIndexOf('.')).toLowerCase();
    counts.set(extension, (counts.get(extension) ?? 0) + 1);
  }
  if (counts.size === 0) return undefined;
  return [...counts].map(([extension, count]) => `${count} ${extension}`).join(', ');
}
