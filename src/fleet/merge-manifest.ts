import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Metadata } from '../core/graph.ts';
import { writeJson } from '../core/write-json.ts';
import { FolderLock } from './folder-lock.ts';
import { type Manifest, readManifest, readText } from './manifest.ts';
import { type ManifestLine, writeLine } from './manifest-line.ts';
import type { ResultFolder } from './result-folder.ts';

/** Options of {@link mergeManifest}. */
export interface MergeOptions {
  /** Gives the metadata of a sample; undefined for one that is not in the source any more. */
  metadataOf(id: string): Metadata | undefined;
  /** Ids whose lines and results are removed. @defaultValue none */
  readonly removed?: ReadonlySet<string> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pause before a merge is tried again that was overtaken, milliseconds. */
const AGAIN_MS = 20;

/**
 * Merges the parts of a manifest into one, sorted by id, writes the metadata of all results, and removes results that no
 * line names any more. One process at a time does it; whoever is killed in between leaves everything as it can be
 * merged again. What is as it should be is not touched.
 */
export async function mergeManifest(folder: ResultFolder, options: MergeOptions): Promise<Manifest> {
  const now = await readManifest(folder);
  if (now.parts.length === 0 && (await isCurrent(folder, now, options))) return now;
  await folder.makeState();
  for (;;) {
    options.signal?.throwIfAborted();
    await using lock = await FolderLock.take(folder.stateFolder, options.signal);
    const merged = await mergeLocked(folder, lock, options);
    if (merged !== undefined) return merged;
    await delay(AGAIN_MS);
  }
}

async function isCurrent(folder: ResultFolder, manifest: Manifest, options: MergeOptions): Promise<boolean> {
  const { kept, text } = mergedOf(manifest, options);
  if ((manifest.text ?? '') !== text) return false;
  const metadata = await readText(folder.metadata);
  return (metadata ?? '') === metadataText(kept, metadata, options);
}

/** @returns undefined where the lock was lost on the way */
async function mergeLocked(
  folder: ResultFolder,
  lock: FolderLock,
  options: MergeOptions,
): Promise<Manifest | undefined> {
  const manifest = await readManifest(folder);
  const { kept, text } = mergedOf(manifest, options);
  if (!(await replace(folder, lock, folder.manifest, manifest.text, text))) return undefined;
  const before = await readText(folder.metadata);
  if (!(await replace(folder, lock, folder.metadata, before, metadataText(kept, before, options))))
    return undefined;
  // Parts go only when what stands there holds their lines.
  if (((await readText(folder.manifest)) ?? '') !== text || !lock.isHeld) return undefined;
  const named = new Set(kept.flatMap(({ files = [] }) => files.map(({ path }) => path)));
  for (const path of manifest.files) if (!named.has(path)) await folder.remove(path);
  const closed = manifest.parts.filter(({ isClosed }) => isClosed);
  for (const { name } of closed) await rm(join(folder.partsFolder, name), { force: true });
  await folder.tidy();
  const lines = new Map(kept.map((line) => [line.id, line]));
  return { lines, text, parts: manifest.parts.filter((part) => !part.isClosed), files: named };
}

/** Writes a file anew unless it is as it should be; an empty one where there is none is none. */
async function replace(
  folder: ResultFolder,
  lock: FolderLock,
  path: string,
  before: string | undefined,
  text: string,
): Promise<boolean> {
  if ((before ?? '') === text) return true;
  await using file = await folder.create();
  await file.write(Buffer.from(text));
  return await file.publishBy((from) => lock.rename(from, path));
}

function mergedOf(
  { lines }: Manifest,
  { removed }: MergeOptions,
): { readonly kept: readonly ManifestLine[]; readonly text: string } {
  const kept = [...lines.values()]
    .filter(({ id }) => removed?.has(id) !== true)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { kept, text: kept.map((line) => `${writeLine(line)}\n`).join('') };
}

/** Writes the metadata of all results: a line each, by the path of the result. */
function metadataText(
  lines: readonly ManifestLine[],
  before: string | undefined,
  { metadataOf }: MergeOptions,
): string {
  const known = new Map<string, string>();
  const texts = lines.flatMap(({ id, files = [] }) => {
    const [file] = files;
    if (file === undefined) return [];
    const name = file.member === undefined ? file.path : `${file.path}/${file.member}`;
    const metadata = metadataOf(id);
    if (metadata !== undefined) {
      const { file_name: _, ...own } = metadata;
      return [writeJson({ file_name: name, ...own })];
    }
    // Of a sample that is gone from the source what was known of it.
    if (known.size === 0) for (const line of before?.split('\n') ?? []) noteLine(known, line);
    return known.get(name) ?? [];
  });
  return texts.map((text) => `${text}\n`).join('');
}

function noteLine(known: Map<string, string>, line: string): void {
  const [, name] = /^\{"file_name":("(?:[^"\\]|\\.)*")/.exec(line) ?? [];
  if (name !== undefined) known.set(JSON.parse(name) as string, line);
}
