import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../usage-error.ts';

/**
 * Makes a folder among the system's temporary files.
 *
 * @throws UsageError where none can be made
 */
export function makeTemporaryFolder(prefix: string): string {
  try {
    return mkdtempSync(join(tmpdir(), prefix));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOSPC' ? ', whose disk is full' : '';
    throw new UsageError(
      `No temporary folder can be made in ${tmpdir()}${why}: set TMPDIR (on Windows TEMP) to a folder that can be written to and has room.`,
    );
  }
}
