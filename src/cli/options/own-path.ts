import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { UsageError } from '../usage-error.ts';

/** Finds the user's home folder; undefined where neither a variable nor the system knows one. */
export function findHome(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}

/**
 * Puts the home folder in place of `~` in a path as the user wrote it: a shell does that for a word of its own, but not
 * within quotes, behind `--option=`, in variables or in files.
 *
 * @param where - what names the path, for messages
 * @throws UsageError when there is no home folder, or another user's is meant, or it can be no path
 */
export function expandHome(path: string, where: string): string {
  if (path === '') throw new UsageError(`${where} is empty.`);
  if (path.includes('\0'))
    throw new UsageError(`${where} holds a NUL character, which no name of a file can.`);
  if (/^~(?=[/\\]|$)/.test(path)) {
    const home = findHome();
    if (home === undefined) {
      throw new UsageError(
        `${where} begins with "~", and nothing says where that is: set the variable HOME.`,
      );
    }
    return home + path.slice(1);
  }
  const [user] = /^~[^/\\]+(?=[/\\])/.exec(path) ?? [];
  if (user === undefined || existsSync(user)) return path;
  throw new UsageError(
    `${where} begins with ${JSON.stringify(user)}, which only a shell knows: write the folder out, or "./${user}" for one of that name.`,
  );
}
