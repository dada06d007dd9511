import type { FolderEntry, FolderListing } from '../../protocols/smb/folder.ts';

/**
 * Folders that a listing has come to, by their ids: a server that follows links on its own disks does not show them, so
 * that one folder lies at many paths, or below itself.
 */
export class KnownFolders {
  /** The path of each folder, by its id; also of those that are still to come. */
  readonly #paths = new Map<string, string>();

  /**
   * Notes that `entry` of a folder is going to be listed, under `path`, so that a link deeper down does not take its
   * place. It is taken to lie on the same disk as its parent: one that does not is not mixed up with another folder
   * that is listed, since the root of a disk alone has the id of a root.
   */
  expect(path: string, { diskId }: FolderEntry, parent: FolderListing): void {
    if (parent.disk === undefined || diskId === undefined) return;
    const key = `${parent.disk} ${diskId}`;
    if (!this.#paths.has(key)) this.#paths.set(key, path);
  }

  /** Tells whether the folder at `path` is listed there; false where it is listed, or going to be, at another path. */
  isFirst(path: string, { disk, id }: FolderListing): boolean {
    if (disk === undefined || id === undefined) return true;
    const key = `${disk} ${id}`;
    const known = this.#paths.get(key);
    if (known === undefined) this.#paths.set(key, path);
    return known === undefined || known === path;
  }
}

/**
 * Tells whether a folder looks exactly like one that it lies in: names, kinds, sizes and times of all that is in it,
 * folders among them. Where a server names no folder by an id this is how a link that leads back is known.
 */
export function looksLike(listing: FolderListing, ancestor: FolderListing): boolean {
  if (listing.id !== undefined || ancestor.id !== undefined) return false;
  const { entries } = listing;
  return (
    entries.length === ancestor.entries.length &&
    entries.some(({ isDirectory }) => isDirectory) &&
    entries.every((entry, index) => {
      const other = ancestor.entries[index];
      return (
        other !== undefined &&
        entry.name === other.name &&
        entry.isDirectory === other.isDirectory &&
        entry.size === other.size &&
        entry.lastWrite === other.lastWrite
      );
    })
  );
}
