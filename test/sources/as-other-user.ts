import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A user who owns nothing. */
const NOBODY = 65_534;

/**
 * Lists a folder of this machine in a process of a user without rights: root may read everything. The files, what was
 * left out, and the code and message of the error, if there was one.
 */
export async function listAsOther(
  folder: string,
  prefix = '',
): Promise<{
  readonly paths: readonly string[];
  readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}> {
  const module = new URL('../../src/sources/local/local-source.ts', import.meta.url).href;
  const script = `import { LocalSource } from ${JSON.stringify(module)};
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY}); }
    const paths = [], leftOut = [];
    let error;
    const onLeftOut = (each) => void leftOut.push(each);
    const source = new LocalSource({ sourceUrl: ${JSON.stringify(folder)} });
    try {
      for await (const { path } of source.list({ prefix: ${JSON.stringify(prefix)}, onLeftOut })) paths.push(path);
    } catch (thrown) { error = { code: thrown.code, message: thrown.message }; }
    console.log(JSON.stringify({ paths, leftOut, error }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return JSON.parse(stdout) as Awaited<ReturnType<typeof listAsOther>>;
}
