import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimited } from '../src/core/limit.ts';
import type { FileEntry } from '../src/core/source.ts';
import { SmbSource } from '../src/sources/smb/smb-source.ts';

/*
 * One run of the client, in a process of its own. Options come as JSON; prints JSON with the time within the
 * process in ms and the largest resident size in MB.
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
const start = performance.now();
const source = new SmbSource({ host: '127.0.0.1', ...options });
let bytes = 0;
if (!path.endsWith('/')) {
  const { body, recycle } = await source.open(path);
  for await (const chunk of body) {
    bytes += chunk.length;
    recycle?.(chunk);
  }
} else {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix: path })) entries.push(entry);
  await mapLimited(entries, 8, async (entry) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of (await source.open(entry.path, { ifVersion: entry.version })).body) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
    if (into !== undefined) await writeFile(join(into, entry.path.slice(path.length)), chunks);
  });
}
await source.close();
const ms = performance.now() - start;
process.stdout.write(JSON.stringify({ ms, bytes, rssMegabytes: process.resourceUsage().maxRSS / 1024 }));
