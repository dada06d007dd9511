import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mapLimited } from '../core/limit.ts';
import type { ManifestFile, ManifestLine } from './manifest-line.ts';
import type { ResultFolder } from './result-folder.ts';
import type { KnownResults } from './work-left.ts';
import type { WorkUnit } from './work-unit.ts';

/** Files that are looked at, and read, at a time. */
const LOOK_CONCURRENCY = 32;
const READ_CONCURRENCY = 2;

/** Looks which files of some units are there as the lines of the manifest say: by size, or by their bytes. */
export async function checkFiles(
  folder: ResultFolder,
  lines: ReadonlyMap<string, ManifestLine>,
  units: readonly WorkUnit[],
  { verify, signal }: { readonly verify: boolean; readonly signal: AbortSignal | undefined },
): Promise<KnownResults> {
  const files = units.flatMap(({ samples }) => samples.flatMap(({ id }) => lines.get(id)?.files ?? []));
  const sizes = new Map<string, number | undefined>();
  await mapLimited([...new Set(files.map(({ path }) => path))], LOOK_CONCURRENCY, async (path) => {
    signal?.throwIfAborted();
    sizes.set(path, await folder.sizeOf(path));
  });
  const isThere = (file: ManifestFile): boolean => {
    const size = sizes.get(file.path);
    if (size === undefined) return false;
    return file.member === undefined ? size === file.size : (file.offset ?? 0) + file.size <= size;
  };
  const damaged = new Set<ManifestFile>();
  if (verify) {
    await mapLimited(files.filter(isThere), READ_CONCURRENCY, async (file) => {
      if ((await digestOf(folder.locate(file.path), file, signal)) !== file.sha256) damaged.add(file);
    });
  }
  return {
    lines,
    isThere: (file) => isThere(file) && !damaged.has(file),
    sizeOf: (path) => sizes.get(path),
  };
}

async function digestOf(
  path: string,
  { offset = 0, size }: ManifestFile,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  if (size === 0) return hash.digest('hex');
  try {
    for await (const chunk of createReadStream(path, { start: offset, end: offset + size - 1, signal })) {
      hash.update(chunk as Uint8Array);
    }
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
  return hash.digest('hex');
}
