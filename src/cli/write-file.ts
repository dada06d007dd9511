import { randomUUID } from 'node:crypto';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { ConfigError } from '../index.ts';

/** Writes a file that appears under its name only when it is complete. */
export async function writeWhole(path: string, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  try {
    await writeFile(temporary, bytes, { flag: 'wx', flush: true, signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw signal.aborted ? signal.reason : error;
  }
}

/** @throws ConfigError when there is something under that name. */
export async function assertAbsent(path: string): Promise<void> {
  if (await exists(path)) throw new ConfigError('output', `${path} exists already; --force writes over it.`);
}

/** Whether there is something under that name. */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
