import { statfs } from 'node:fs/promises';
import type { ConnectionReport, ConnectionStep } from '../core/connection.ts';
import { isVascuError } from '../core/errors.ts';
import type { FileEntry, Source } from '../core/source.ts';
import type { CacheAccess } from '../download/cache-access.ts';

/** Files among which a mesh is looked for, which may lie elsewhere than others. */
const LOOKED_AT = 100;

/** Looks at a source and at the cache, step by step; what does not work is a step of the report. */
export async function checkConnection(
  source: Source,
  cache: CacheAccess,
  options: { readonly signal: AbortSignal; readonly path: string | undefined },
): Promise<ConnectionReport> {
  const steps: ConnectionStep[] = [];
  if (source.check === undefined) await checkSource(source, options, steps);
  else steps.push(...(await source.check(options)));
  await attempt(steps, 'cache', options.signal, async () => {
    const opened = await cache.open();
    const { totalSize, maxSize } = await opened.getCacheStats();
    const { bavail, bsize } = await statfs(opened.cacheDir);
    return `${opened.cacheDir}: ${totalSize} of ${maxSize} bytes used, ${bavail * bsize} free on its disk`;
  });
  return { ok: steps.every(({ ok }) => ok), steps };
}

/** Checks a source that has no check of its own: lists, then reads a byte. */
async function checkSource(
  source: Source,
  { signal, path }: { readonly signal: AbortSignal; readonly path: string | undefined },
  steps: ConnectionStep[],
): Promise<void> {
  let first: FileEntry | undefined;
  let looked = 0;
  const listed = await attempt(steps, 'list', signal, async () => {
    for await (const entry of source.list({ prefix: path, signal })) {
      const isMesh = /\.p?vt[up]$/i.test(entry.path);
      if (isMesh) first = entry;
      else first ??= entry;
      if (isMesh || ++looked === LOOKED_AT) break;
    }
    return first === undefined ? `${source.id} holds no file` : `${source.id} holds ${first.path}`;
  });
  if (!listed || first === undefined) return;
  const entry = first;
  await attempt(steps, 'read a sample', signal, async () => {
    const { body, host } = await source.open(entry.path, { signal });
    const reader = body.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const from = host === undefined ? '' : ` from ${host}`;
    return `${value?.byteLength ?? 0} of ${entry.size} bytes of ${entry.path} read${from}`;
  });
}

async function attempt(
  steps: ConnectionStep[],
  name: string,
  signal: AbortSignal,
  look: () => Promise<string>,
): Promise<boolean> {
  try {
    steps.push({ name, ok: true, found: await look() });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const found = error instanceof Error ? error.message : String(error);
    const code = isVascuError(error) ? error.code : undefined;
    steps.push({ name, ok: false, found, remedy: found, code });
    return false;
  }
}
