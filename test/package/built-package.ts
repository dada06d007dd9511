import { execFile, execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type InputOptions, type OutputChunk, rolldown } from 'rolldown';

const execute = promisify(execFile);

/** A folder in which the package is installed as its users have it. */
export interface InstalledPackage extends AsyncDisposable {
  readonly folder: string;
  /** Bundles a program, given as text, into one file. */
  bundle(
    program: string,
    options: Pick<InputOptions, 'platform' | 'plugins' | 'transform'> & {
      readonly format: 'cjs' | 'esm' | 'iife';
    },
  ): Promise<OutputChunk>;
  /**
   * Runs a program, given as text, in a process of its own; what it prints.
   *
   * @param before - text of a module that is loaded before it
   */
  runInNode(program: string, before?: string): Promise<string>;
}

/** Builds the package into the `node_modules` of a temporary folder. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = await mkdtemp(join(tmpdir(), 'vascusim-installed-'));
  const own = join(folder, 'node_modules/vascusim');
  await mkdir(own, { recursive: true });
  await copyFile('package.json', join(own, 'package.json'));
  execFileSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', join(own, 'dist')],
    { stdio: 'pipe' },
  );
  await symlink(resolve('node_modules/commander'), join(folder, 'node_modules/commander'));
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  let programs = 0;
  return {
    folder,
    async bundle(program, { format, ...options }) {
      const input = join(folder, `program-${programs++}.mjs`);
      await writeFile(input, program);
      await using bundle = await rolldown({ ...options, input, cwd: folder, logLevel: 'silent' });
      const { output } = await bundle.generate({
        format,
        codeSplitting: false,
        ...(format === 'iife' ? { name: 'program' } : {}),
      });
      return output[0];
    },
    async runInNode(program, before) {
      const path = join(folder, `program-${programs++}.mjs`);
      await writeFile(path, program);
      const first =
        before === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(before)}`];
      return (await execute(process.execPath, [...first, path], { cwd: folder })).stdout;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
