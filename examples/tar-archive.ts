import { type FileHandle, open } from 'node:fs/promises';
import { UnsupportedError } from 'vascusim';
import type { FileEntry } from 'vascusim/io';

/** A file of an archive, and where in it its bytes begin. */
export type Member = FileEntry & { readonly start: number };

/** An archive that is open. */
export interface Archive extends AsyncDisposable {
  readonly handle: FileHandle;
  /** By path, sorted by it. */
  readonly members: ReadonlyMap<string, Member>;
}

/** Opens a tar archive (POSIX ustar): before each file lies a header of 512 bytes with its name and size. */
export async function openArchive(archive: string): Promise<Archive> {
  const handle = await open(archive);
  try {
    const { ino, size, mtimeNs } = await handle.stat({ bigint: true });
    const members = await readHeaders(handle, `${ino}-${size}-${mtimeNs}`);
    return { handle, members, [Symbol.asyncDispose]: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readHeaders(handle: FileHandle, version: string): Promise<Map<string, Member>> {
  const members: Member[] = [];
  const header = Buffer.alloc(512);
  for (let at = 0; (await handle.read(header, 0, 512, at)).bytesRead === 512 && header[0] !== 0; ) {
    const text = (from: number, to: number): string => header.toString('utf8', from, to).split('\0')[0] ?? '';
    const [size, type, prefix] = [Number.parseInt(text(124, 136), 8), text(156, 157), text(345, 500)];
    if (type !== '0' && type !== '5')
      throw new UnsupportedError('tar', `Entry type "${type}": pack with "tar --format=ustar".`);
    const path = (prefix === '' ? '' : `${prefix}/`) + text(0, 100);
    if (type === '0') members.push({ path: path.replace(/^\.\//, ''), size, version, start: at + 512 });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  members.sort((one, other) => (one.path < other.path ? -1 : 1));
  return new Map(members.map((member) => [member.path, member]));
}
