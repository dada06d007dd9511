import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimited } from '../src/core/limit.ts';
import type { FileEntry } from '../src/core/source.ts';
import { SmbSource } from '../src/sources/smb/smb-source.ts';

/*
 * Two runs of the client in a process of its own, each with a connection of its own. Options come as JSON; prints JSON
 * with the times of both within the process in ms, and the largest resident size in MB after the first.
 */
interface Run {
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly signing: 'always' | 'if-required';
  /** A file, or a folder (with `/` at its end) of files that are read eight at a time. */
  readonly path: string;
  /** Where files are written to; nowhere by default. */
  readonly into?: string;
}

const { path, into, ...options } = JSON.parse(process.argv[2] ?? '') as Run;
let bytes = 0;

async function readFile(source: SmbSource): Promise<void> {
  const { body, recycle } = await source.open(path);
  for await (const chunk of body) {
    bytes += chunk.length;
    recycle?.(chunk);
  }
}

async function readFolder(source: SmbSource): Promise<void> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix: path })) entries.push(entry);
  await mapLimited(entries, 8, async (entry) => {
    const { body, recycle } = await source.open(entry.path, { ifVersion: entry.version });
    for await (const chunk of body) {
      if (into !== undefined) await writeFile(join(into, entry.path.slice(path.length)), chunk);
      bytes += chunk.length;
      recycle?.(chunk);
    }
  });
}

/** Connects, reads and closes; milliseconds. */
async function measure(): Promise<number> {
  const start = performance.now();
  await using source = new SmbSource({ host: '127.0.0.1', ...options });
  await (path.endsWith('/') ? readFolder(source) : readFile(source));
  return performance.now() - start;
}

const ms = await measure();
const total = bytes;
const rssMegabytes = process.resourceUsage().maxRSS / 1024;
const againMs = await measure();
process.stdout.write(JSON.stringify({ ms, againMs, bytes: total, rssMegabytes }));
