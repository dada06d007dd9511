import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those that it lies in. Not by `mkdir` with `recursive`: in a folder that takes no others, as `/proc`,
 * Node.js 24 tries for ever.
 *
 * @returns the outermost folder that was made; undefined where all were there
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  if (await tryToMake(path, true)) return path;
  if (await isFolder(path)) return undefined;
  const outermost = await makeFolder(dirname(path));
  return (await tryToMake(path, false)) ? (outermost ?? path) : outermost;
}

/**
 * Makes one folder.
 *
 * @param mayLackParent - whether it is no failure that the folder is missing in which it is to lie
 * @returns false where it is there already, or that folder is missing
 */
async function tryToMake(path: string, mayLackParent: boolean): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (await isFolder(path)) return false;
    if (mayLackParent && code === 'ENOENT' && dirname(path) !== path) return false;
    // A link that leads nowhere is there, and what it leads to is not.
    if (code === 'EEXIST') await stat(path);
    throw error;
  }
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
