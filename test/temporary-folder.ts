import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Files by their paths relative to a folder. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A folder with these files, removed when the test has ended. */
export async function makeFolder(files: Files = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/** The error with which `promise` rejects. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  throw new Error('was expected to reject, and did not');
}
