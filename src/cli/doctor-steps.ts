import { statfs } from 'node:fs/promises';
import { CacheManager, type ConnectionStep } from '../io.ts';
import { ExitCode, exitCodeFor, exitCodeOf } from './exit-code.ts';
import { asTyped } from './options/advice.ts';
import type { ResolvedSource } from './options/source-options.ts';
import { formatBytes } from './terminal/format-number.ts';

/** A step of `vascusim doctor`. */
export interface DoctorStep extends ConnectionStep {
  /** With which the command ends where this is the first step that failed. */
  readonly exitCode: number;
}

/** What steps without an error of their own come to. */
const CODES: ReadonlyMap<string, number> = new Map([
  ['name', ExitCode.Temporary],
  ['port', ExitCode.Temporary],
  ['tls', ExitCode.Permission],
  ['login', ExitCode.Permission],
  ['token', ExitCode.Permission],
  ['share', ExitCode.Permission],
  ['cache', ExitCode.Failed],
]);

/** What the steps are called where their names do not say it. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['name', 'host name'],
  ['tls', 'TLS'],
  ['api', 'web API'],
  ['file-station', 'File Station'],
]);

/** Too little to work with, bytes. */
const LOW_DISK = 1e9;

function toStep(step: ConnectionStep): DoctorStep {
  const { name, ok, code } = step;
  const exitCode = ok ? ExitCode.Ok : (exitCodeFor(code) ?? CODES.get(name) ?? ExitCode.Failed);
  return { ...step, name: NAMES.get(name) ?? name, exitCode };
}

/** Node.js, the cache and its disk. */
export async function* checkMachine(options: { readonly cacheDir?: string }): AsyncGenerator<DoctorStep> {
  yield toStep({
    name: 'Node.js',
    ok: true,
    found: `${process.versions.node} on ${process.platform} ${process.arch}`,
  });
  try {
    await using cache = await CacheManager.open({ cacheDir: options.cacheDir });
    const { fileCount, totalSize } = await cache.getCacheStats();
    yield toStep({
      name: 'cache',
      ok: true,
      found: `${cache.cacheDir} holds ${fileCount} files (${formatBytes(totalSize)})`,
    });
    const { bavail, bsize } = await statfs(cache.cacheDir);
    const free = bavail * bsize;
    yield toStep({
      name: 'disk',
      ok: free >= LOW_DISK,
      found: `${formatBytes(free)} free on the disk of the cache`,
      remedy: free >= LOW_DISK ? undefined : 'Free some space, or choose another disk with --cache-dir.',
    });
  } catch (error) {
    yield failure('cache', error);
  }
}

/** The steps to a source; its cache was looked at before. */
export async function* checkPlace(source: ResolvedSource, signal: AbortSignal): AsyncGenerator<DoctorStep> {
  yield toStep({ name: 'source', ok: true, found: `taken as ${source.kind.title}: ${source.why}` });
  try {
    const { streamer, folder } = await source.open();
    try {
      const path = source.options.sourceDir ?? folder;
      const { steps } = await streamer.checkConnection({ path, signal });
      for (const step of steps) if (step.name !== 'cache') yield toStep(step);
    } finally {
      await streamer.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    yield failure('source', error);
  }
}

function failure(name: string, cause: unknown): DoctorStep {
  const error = asTyped(cause);
  const found = error instanceof Error ? error.message : String(error);
  return { name, ok: false, found, exitCode: exitCodeOf(error) };
}
