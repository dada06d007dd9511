import { isUtf8 } from 'node:buffer';
import { readdir } from 'node:fs/promises';

/** Names of what lies in a folder. */
export interface FolderNames {
  readonly names: readonly string[];
  /** Names whose bytes are no UTF-8, with U+FFFD for such bytes: no text names them, so that nothing can open them. */
  readonly unsound: readonly string[];
}

/** Character that Node.js puts where bytes are no UTF-8. */
const REPLACEMENT = '\uFFFD';

/**
 * Reads the names in a folder of this machine, which are bytes to most systems. Only where one looks as if it were no
 * text is the folder read again as bytes: U+FFFD may also stand in a name.
 */
export async function readFolderNames(folder: string): Promise<FolderNames> {
  const names = await readdir(folder);
  if (!names.some((name) => name.includes(REPLACEMENT))) return { names, unsound: [] };
  const raw = await readdir(folder, { encoding: 'buffer' });
  return {
    names: raw.filter((name) => isUtf8(name)).map((name) => name.toString()),
    unsound: raw.filter((name) => !isUtf8(name)).map((name) => name.toString()),
  };
}
