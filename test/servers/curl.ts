import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const isThere = spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0;
if (!isThere) {
  const advice = 'curl not found (Debian: apt install curl)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests of the servers by another client are skipped\n`);
}

/** A suite that needs curl: skipped without it, an error in CI. */
export const describeWithCurl: (name: string, body: () => void) => void = describe.skipIf(!isThere);

/** Runs curl, a client that shares no line with ours; gives what it prints, one character a byte. */
export async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--max-time', '20', ...args], {
    encoding: 'latin1',
  });
  return stdout;
}
