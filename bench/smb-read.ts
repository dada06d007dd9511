import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mapLimited } from '../src/core/limit.ts';
import type { FileEntry, Source } from '../src/core/source.ts';

/*
 * Two runs of the client in a process of its own, each with a connection of its own. Options come as JSON; prints JSON
 * with the times of both within the process in ms, the CPU time of the first, and the largest resident size in MB after the first.
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
  /** Folder of the version of this package that is measured. */
  readonly root: string;
}

const { path, into, root, ...options } = JSON.parse(process.argv[2] ?? '') as Run;
const { SmbSource } = (await import(
  pathToFileURL(join(root, 'src/sources/smb/smb-source.ts')).href
)) as typeof import('../src/sources/smb/smb-source.ts');
let bytes = 0;

async function readFile(source: Source): Promise<void> {
  const { body, recycle } = await source.open(path);
  for await (const chunk of body) {
    bytes += chunk.length;
    recycle?.(chunk);
  }
}

async function readFolder(source: Source): Promise<void> {
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

const begun = process.cpuUsage();
const ms = await measure();
const cpu = process.cpuUsage(begun);
const cpuMs = (cpu.user + cpu.system) / 1000;
const total = bytes;
const rssMegabytes = process.resourceUsage().maxRSS / 1024;
const againMs = await measure();
process.stdout.write(JSON.stringify({ ms, againMs, bytes: total, cpuMs, rssMegabytes }));
