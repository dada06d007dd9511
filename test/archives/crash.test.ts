import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openStreamer } from '../../src/io.ts';
import { makeFolder } from '../temporary-folder.ts';
import { type ArchiveServer, serveArchive } from './archive-server.ts';
import { buildZip } from './build-zip.ts';
import { meshLike } from './counting-source.ts';

const MIB = 1024 ** 2;
const content = meshLike(96 * MIB);
const zip = buildZip([{ name: 'a.vtu', data: content }]);
/** Where what is wanted begins, as the mesh of a result lies behind all its fields. */
const WANTED_START = 90 * MIB;
const digest = createHash('sha256').update(content.subarray(WANTED_START)).digest('hex');

/** Reads the end of the member in a process of its own, which is killed when the server has given so many bytes. */
async function read(
  server: ArchiveServer,
  cacheDir: string,
  killAfter = Number.POSITIVE_INFINITY,
): Promise<string> {
  const program = join(import.meta.dirname, 'processes/read-member.ts');
  const child = spawn(
    process.execPath,
    [program, `${server.url}x.zip`, 'a.vtu', String(WANTED_START), cacheDir],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  const before = server.bytes;
  server.onBytes = (bytes) => {
    if (bytes - before >= killAfter) child.kill('SIGKILL');
  };
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}

test('ten kills in the middle of a pass, and the next process goes on from what is kept', async () => {
  const server = await serveArchive(zip);
  server.paceMs = 2;
  const cacheDir = join(await makeFolder(), 'cache');
  for (const share of [0.2, 0.15, 0.3, 0.12, 0.2, 0.15, 0.1, 0.2, 0.1, 0.05]) {
    await read(server, cacheDir, share * zip.length);
  }
  expect(await read(server, cacheDir)).toBe(digest);
  expect(server.bytes / zip.length).toBeLessThan(2);
}, 120_000);

test('a line that is cut five times costs a piece each', async () => {
  const server = await serveArchive(zip);
  const cacheDir = join(await makeFolder(), 'cache');
  const { streamer } = openStreamer({ sourceUrl: `${server.url}x.zip`, cacheDir, retryDelayMs: 1 });
  onTestFinished(() => streamer.close());
  server.cutAfter = Math.ceil(zip.length / 5.5);
  using file = await streamer.openFile('a.vtu');
  expect(file.size).toBe(content.length);
  const piece = (4 * MIB * zip.length) / content.length;
  expect(server.bytes).toBeLessThan(zip.length + 6 * (piece + 256 * 1024) + 128 * 1024);
  expect(streamer.stats().retries).toBeGreaterThanOrEqual(5);
}, 120_000);

test('a cache of half the size of a member still gives its parts', async () => {
  const server = await serveArchive(zip);
  const cacheDir = join(await makeFolder(), 'cache');
  const options = { cacheDir, maxCacheSize: content.length / 2 };
  const { streamer } = openStreamer({ sourceUrl: `${server.url}x.zip`, ...options });
  onTestFinished(() => streamer.close());
  for (const start of [0, 70 * MIB, 10 * MIB]) {
    const { body } = await streamer.source.open('a.vtu', { range: { start, end: start + 1000 } });
    const bytes = Buffer.from(await new Response(body).arrayBuffer());
    expect(bytes.equals(content.subarray(start, start + 1000))).toBe(true);
  }
  expect(server.bytes).toBeLessThan(2 * zip.length);
});
