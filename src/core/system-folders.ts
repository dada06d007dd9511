/**
 * Folders that NAS systems, operating systems and file systems keep for themselves: recycle bins, snapshots, indexes,
 * thumbnails. In lower case. Names that a user may well give to a folder of data are not among them.
 */
const NAMES: ReadonlySet<string> = new Set([
  // Synology
  '#recycle',
  '#snapshot',
  '@eadir',
  '@tmp',
  '@sharebin',
  '@sharesnap',
  '@appstore',
  '@database',
  '@docker',
  '@iscsi',
  '@s2s',
  // QNAP
  '@recycle',
  '@recently-snapshot',
  '@__thumb',
  '.@__thumb',
  '.@upload_cache',
  // NetApp, Isilon, VNX, ZFS, Buffalo, ReadyNAS
  '~snapshot',
  '~snapsht',
  '.snapshot',
  '.snapshots',
  '.ckpt',
  '.zfs',
  '.recycle',
  'trashbox',
  'recycle bin',
  // Windows
  '$recycle.bin',
  'recycler',
  'recycled',
  'system volume information',
  '$extend',
  'dfsrprivate',
  'do_not_remove_ntfrs_preinstall_directory',
  'ntfrs_preexisting___see_eventlog',
  // macOS, and servers that serve it
  'network trash folder',
  'temporary items',
  '.temporaryitems',
  'thevolumesettingsfolder',
  'thefindbycontentfolder',
  '.appledouble',
  '.spotlight-v100',
  '.documentrevisions-v100',
  '.fseventsd',
  '.trashes',
  // Linux
  'lost+found',
]);

/** Names that are numbered or dated: bins of users and of QNAP, what a disk check found, Windows' previous versions. */
const PATTERN =
  /^(?:\.trash(?:-\d+)?|network recycle bin(?: \d+)?|found\.\d{3}|@gmt-\d{4}\.\d\d\.\d\d-\d\d\.\d\d\.\d\d)$/;

/** Longest of the names above, characters: longer ones are none, and need not be looked at. */
const MAX_NAME_CHARACTERS = 40;

/** Tells whether a folder of this name is kept by a system for itself; upper and lower case are the same. */
export function isSystemFolder(name: string): boolean {
  if (name.length > MAX_NAME_CHARACTERS) return false;
  const lower = name.toLowerCase();
  return NAMES.has(lower) || PATTERN.test(lower);
}

/**
 * Tells why a listing of what begins with `prefix` passes over a folder: it is hidden (its name begins with `.`), or a
 * system's. A system's folder that the prefix names, whole, is meant.
 *
 * @param path - of the folder in the source, without a `/` at its end
 * @returns undefined where it is listed
 */
export function passedOver(
  name: string,
  path: string,
  prefix: string,
): 'hidden' | 'system-folder' | undefined {
  const isHidden = name.startsWith('.');
  if (!isHidden && !isSystemFolder(name)) return undefined;
  if (isSystemFolder(name) && `${prefix}/`.startsWith(`${path}/`)) return undefined;
  return isHidden ? 'hidden' : 'system-folder';
}
