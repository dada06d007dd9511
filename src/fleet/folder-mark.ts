import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainSystemError } from '../core/system-error.ts';
import { ownName } from './process-owner.ts';
import type { ResultFolder } from './result-folder.ts';

const MARK_BYTES = 16;

/** Makes the path of the mark by which a directory of results is known on every machine that sees it. */
function markOf(folder: ResultFolder): string {
  return join(folder.stateFolder, 'mark');
}

/** Reads the mark of a directory of results; undefined where it has none. */
export async function readMark(folder: ResultFolder): Promise<string | undefined> {
  const text = await readFile(markOf(folder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : /^[0-9a-f]{32}$/.exec(text.trim())?.[0];
}

/** Reads the mark of a directory of results, which is made where there is none yet: random, the same for all who ask. */
export async function makeMark(folder: ResultFolder): Promise<string> {
  const there = await readMark(folder);
  if (there !== undefined) return there;
  await folder.makeState();
  const made = join(folder.temporaryFolder, ownName('.part'));
  try {
    await writeFile(made, randomBytes(MARK_BYTES).toString('hex'), { flag: 'wx' });
    // Who comes second has the mark of the first.
    await link(made, markOf(folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    throw explainSystemError(error, { verb: 'write', file: markOf(folder), option: 'directory' }) ?? error;
  } finally {
    await rm(made, { force: true });
  }
  return (await readMark(folder)) ?? '';
}
