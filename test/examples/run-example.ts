import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = new URL('../../', import.meta.url);

/**
 * Runs a program of `examples/` in a process of its own, as `node examples/…` does, and gives the lines that it prints.
 * It knows nothing of this machine's settings but `PATH` and what `environment` says.
 */
export async function runExample(
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly lines: string[]; readonly stderr: string }> {
  const hook = new URL('resolve-source.mjs', import.meta.url).href;
  const program = fileURLToPath(new URL(`examples/${name}.ts`, root));
  const env = { PATH: process.env['PATH'], HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', ...environment };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', hook, program], {
    env,
    timeout: 60_000,
  });
  return { lines: stdout.trimEnd().split('\n'), stderr };
}
