import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** Bytes of the files that users get. */
export const SIZE = 2000;

/** What another user of a cache met. */
export interface UserReport {
  readonly hits: string[];
  readonly wrong: string[];
  readonly errors: string[];
  readonly warnings: string[];
}

/** Users and a group that nobody else has. */
export const GROUP = 61_000;
export const ANN = 61_001;
export const BOB = 61_002;

/** A suite in which other users take part: skipped where one cannot become them, an error in CI. */
export const describeWithUsers: (name: string, body: () => void) => void = describe.skipIf(!isRoot());

function isRoot(): boolean {
  if (process.getuid?.() === 0) return true;
  const advice = 'Only root may become other users: tests of caches that several users share';
  if (process.env['CI'] !== undefined) throw new Error(`${advice} cannot run`);
  process.stderr.write(`${advice} are skipped\n`);
  return false;
}

/** Has a user, who is in the group, get files by a cache. */
export function getAs(
  uid: number,
  umask: string,
  cacheDir: string,
  paths: readonly string[],
): Promise<UserReport> {
  const script = fileURLToPath(new URL('./processes/as-user.ts', import.meta.url));
  const args = [script, String(uid), String(GROUP), umask, cacheDir, ...paths];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: '/' }, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as UserReport);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}
