import { accessSync, chmodSync, chownSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { chmod, chown } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';

/** Bits of a mode (chmod(2)). */
const SETGID_BIT = 0o2000;
const GROUP_BITS = { write: 0o020, all: 0o070, readWrite: 0o060 } as const;
const OTHERS_BITS = { write: 0o002, all: 0o007, readWrite: 0o006 } as const;

/**
 * Owner of the files in a cache, and what others may do with them, where the folder says that it is shared.
 */
export interface Sharing {
  readonly fileMode: number;
  readonly folderMode: number;
  /** Owner of new files; undefined where it stays who makes the file. */
  readonly uid: number | undefined;
  readonly gid: number;
}

/**
 * Reads what the modes of a folder say: with the set-group-ID bit, or writable by its group or by all, it is
 * shared, and all in it gets their rights, whatever the umask of whoever makes it. What root makes in
 * somebody's folder becomes theirs.
 *
 * @returns undefined where it is its owner's alone
 */
export function sharingOf({ mode, uid, gid }: Pick<Stats, 'mode' | 'uid' | 'gid'>): Sharing | undefined {
  const self = process.geteuid?.();
  if (self === undefined) return undefined;
  const ofGroup = (mode & SETGID_BIT) !== 0 || (mode & GROUP_BITS.write) !== 0;
  const ofAll = (mode & OTHERS_BITS.write) !== 0;
  const owner = self === 0 && uid !== 0 ? uid : undefined;
  if (!ofGroup && !ofAll && owner === undefined) return undefined;
  const group = ofGroup ? mode & GROUP_BITS.all : 0;
  const others = ofAll ? mode & OTHERS_BITS.all : 0;
  return {
    fileMode: 0o600 | (group & GROUP_BITS.readWrite) | (others & OTHERS_BITS.readWrite),
    folderMode: 0o700 | group | others | (ofGroup ? SETGID_BIT : 0),
    uid: owner,
    gid,
  };
}

/** Makes a folder with its parents; those below a folder that is shared by a set group ID are shared as it is. */
export async function makeRoot(root: string): Promise<void> {
  const first = await makeFolder(root);
  if (first === undefined) return;
  const parent = statSync(dirname(first));
  if ((parent.mode & SETGID_BIT) === 0 || (parent.mode & GROUP_BITS.write) === 0) return;
  const { folderMode, gid } = sharingOf(parent) ?? {};
  if (folderMode === undefined) return;
  for (let path = root; path.length >= first.length; path = dirname(path)) {
    await chmod(path, (statSync(path).mode & 0o7777) | (folderMode & ~OTHERS_BITS.all)).catch(
      () => undefined,
    );
    if (gid !== undefined) await chown(path, -1, gid).catch(() => undefined);
  }
}

/** Gives a file or folder of this user the rights that all in a cache have; what belongs to others is left alone. */
export function share(path: string, sharing: Sharing | undefined): void {
  if (sharing === undefined) return;
  try {
    const { mode, uid, gid } = lstatSync(path);
    const self = process.geteuid?.();
    if (uid !== self && self !== 0) return;
    const isFolder = (mode & constants.S_IFMT) === constants.S_IFDIR;
    const wanted = isFolder ? sharing.folderMode : sharing.fileMode;
    const isOfGroup = gid === sharing.gid && (sharing.uid ?? uid) === uid;
    if (isOfGroup && (mode & wanted) === wanted) return;
    // A change of the group may take the set-group-ID bit away, and only members of the group may make it.
    const given = isOfGroup || giveTo(path, sharing.uid ?? uid, sharing.gid);
    chmodSync(path, (mode & 0o7777) | (given ? wanted : wanted & ~GROUP_BITS.all));
  } catch {
    // It is gone, or the disk knows no modes.
  }
}

function giveTo(path: string, uid: number, gid: number): boolean {
  try {
    chownSync(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

/** Tells whether this user may read a file. Of its own files that is known without a question. */
export function isReadable(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  if (process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o400) !== 0)) return true;
  return isAllowed(path, constants.R_OK);
}

/** Tells whether this user may do something with a file or folder. */
export function isAllowed(path: string, access: number): boolean {
  try {
    accessSync(path, access);
    return true;
  } catch {
    return false;
  }
}
