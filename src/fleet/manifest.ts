import { readFile } from 'node:fs/promises';
import { explainSystemError } from '../core/system-error.ts';
import { type ManifestLine, readLine } from './manifest-line.ts';
import { type ReadPart, readParts } from './manifest-part.ts';
import type { ResultFolder } from './result-folder.ts';
import { describeOptions } from './result-options.ts';

/** Manifest of a directory of results: what was merged, and the parts that were not yet. */
export interface Manifest {
  /** Line of each sample, by its id. */
  readonly lines: ReadonlyMap<string, ManifestLine>;
  /** Merged manifest as it is; undefined where there is none. */
  readonly text: string | undefined;
  readonly parts: readonly ReadPart[];
  /** Paths of all files that any line names, also of lines that later ones have taken the place of. */
  readonly files: ReadonlySet<string>;
}

/** Reads the manifest of a directory and all its parts: together they are what is known of the results. */
export async function readManifest(folder: ResultFolder): Promise<Manifest> {
  // Parts first: one that is merged meanwhile is in what is read then.
  const parts = await readParts(folder);
  const text = await readText(folder.manifest);
  const lines = new Map<string, ManifestLine>();
  const files = new Set<string>();
  const earlier = new Map<string, ManifestLine>();
  const writers = new Map<string, number>();
  const take = (line: ManifestLine, writer: number): void => {
    writers.set(line.id, writer);
    const before = lines.get(line.id);
    if (before?.files !== undefined && line.error !== undefined) earlier.set(line.id, before);
    lines.set(line.id, line);
    for (const { path } of line.files ?? []) files.add(path);
  };
  for (const each of text?.split('\n') ?? []) {
    const line = each === '' ? undefined : readLine(each);
    if (line !== undefined) take(line, 0);
  }
  for (const [at, part] of parts.entries()) for (const line of part.lines) take(line, at + 1);
  restoreEarlier(lines, earlier);
  dropReplaced(lines, writers);
  return { lines, text, parts, files };
}

/**
 * Restores lines of results that are there where other options made none at all, as a name of an array that is misspelt: a
 * run that fails as a whole takes nothing away.
 */
function restoreEarlier(lines: Map<string, ManifestLine>, earlier: ReadonlyMap<string, ManifestLine>): void {
  if (earlier.size === 0) return;
  const made = new Set<string>();
  for (const { options, files } of lines.values())
    if (files !== undefined) made.add(describeOptions(options));
  for (const [id, line] of earlier) {
    const now = lines.get(id);
    if (now?.error !== undefined && !made.has(describeOptions(now.options))) lines.set(id, line);
  }
}

/**
 * Drops the lines of members of tars that were written anew with other samples, as where fewer are chosen: who wrote a tar last
 * knows all that is in it.
 */
function dropReplaced(lines: Map<string, ManifestLine>, writers: ReadonlyMap<string, number>): void {
  const tarOf = ({ files }: ManifestLine): string | undefined =>
    files?.find(({ member }) => member !== undefined)?.path;
  const last = new Map<string, number>();
  for (const [id, line] of lines) {
    const tar = tarOf(line);
    if (tar !== undefined) last.set(tar, Math.max(last.get(tar) ?? 0, writers.get(id) ?? 0));
  }
  if (last.size === 0) return;
  for (const [id, line] of lines) {
    const tar = tarOf(line);
    if (tar !== undefined && last.get(tar) !== writers.get(id)) lines.delete(id);
  }
}

/** Reads a text file; undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw explainSystemError(error, { verb: 'read', file: path, option: 'directory' }) ?? error;
  }
}
