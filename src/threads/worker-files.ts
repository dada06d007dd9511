import { ConfigError } from '../core/errors.ts';
import { moduleUrl } from '../core/module-url.ts';

/** URL of the file that worker threads run; undefined where this package was bundled. */
export const WORKER_ENTRY: string | undefined = moduleUrl('./worker-entry', import.meta.url);

/** Files that were found, so that each is looked for once. */
const found = new Set<string>();

/** Tells whether a file that threads need is there. */
export function hasWorkerFile(url: string | undefined): boolean {
  if (url === undefined || (!found.has(url) && isMissing(url))) return false;
  found.add(url);
  return true;
}

/**
 * Makes sure that a file which threads need is there: a bundler puts all modules into files of its own, and none of them
 * is one that a thread can run.
 *
 * @param url - undefined where it is known that there is none
 * @throws ConfigError (option `numWorkers`) that says what was looked for, and what to do
 */
export function requireWorkerFile(url: string | undefined): void {
  if (hasWorkerFile(url)) return;
  throw new ConfigError(
    'numWorkers',
    `Worker threads need ${url === undefined ? 'files of vascusim, and it has none here' : `the file ${url}, which is not there`}: ` +
      'it was bundled with this program, and threads cannot run a bundle. Leave vascusim out of the bundle ' +
      "(esbuild: --external:vascusim --external:vascusim/*; Rolldown, Rollup, Vite: external: [/^vascusim/]; Next.js: serverExternalPackages: ['vascusim']; " +
      'webpack: externals), so that it is loaded from node_modules, or use numWorkers: 0.',
  );
}

/** Tells whether there is no such file, as far as that can be known: threads of Node.js run files only. */
function isMissing(url: string): boolean {
  if (!url.startsWith('file:')) return true;
  return globalThis.process?.getBuiltinModule?.('fs')?.existsSync(new URL(url)) === false;
}
