import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { downloadFiles } from '../../src/streamers/download-files.ts';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';

async function stage(paths: readonly string[]) {
  const source = new MemorySource();
  for (const path of paths) source.put(path, Buffer.from('mesh'));
  const cache = await CacheManager.open({ cacheDir: await makeFolder() });
  const streamer = new DataStreamer(source, { cache });
  onTestFinished(async () => {
    await streamer.close();
    await cache.close();
  });
  return { streamer, entries: await streamer.listFiles(), to: await makeFolder() };
}

test('names that a disk cannot hold fail one by one, in words, and the others come', async () => {
  const long = `${'x'.repeat(300)}.vtu`;
  const folder = `${'é'.repeat(130)}/b.vtu`;
  const { streamer, entries, to } = await stage([long, folder, '\ud83d.vtu', 'taken/c.vtu', 'ok.vtu']);
  await writeFile(join(to, 'taken'), 'mine');
  const { got, failed } = await downloadFiles(streamer, entries, { to });
  expect(got).toBe(1);
  expect(await readFile(join(to, 'ok.vtu'), 'utf8')).toBe('mesh');
  const said = new Map(failed.map(({ path, error }) => [path, error as Error & { code: string }]));
  expect(said.get(long)?.message).toMatch(/its name is too long for the disk/);
  expect(said.get(folder)?.message).toMatch(/its name is too long for the disk/);
  expect(said.get('taken/c.vtu')?.message).toMatch(/^taken\/c\.vtu in .* cannot be written: /);
  expect(said.get('\ud83d.vtu')?.code).toBe('UNSUPPORTED');
  for (const { message } of said.values()) expect(message).not.toMatch(/\bE[A-Z]{4,}:/);
  expect((await readdir(to)).toSorted()).toEqual(['ok.vtu', 'taken']);
});

test.each([
  ['a file', (to: string) => join(to, 'file'), /it, or a part of its path, is a file/],
  ['a folder below a file', (to: string) => join(to, 'file/deeper'), /it, or a part of its path, is a file/],
  ['a folder that takes no others', () => '/proc/new/deeper', /cannot be written|No permission/],
  ['an empty name', () => '', /is empty/],
  ['a "~" that no shell has replaced', () => '~/data', /only a shell replaces/],
])('%s as the folder is a ConfigError before anything is fetched', async (_, given, words) => {
  const { streamer, entries, to } = await stage(['a.vtu']);
  await writeFile(join(to, 'file'), 'mine');
  const error = await failureOf(downloadFiles(streamer, entries, { to: given(to) }));
  expect(error).toMatchObject({
    code: 'CONFIG',
    option: 'to',
    message: expect.stringMatching(words) as string,
  });
  expect(streamer.stats().bytesDownloaded).toBe(0);
  expect(await readFile(join(to, 'file'), 'utf8')).toBe('mine');
});

test.skipIf(process.getuid?.() !== 0)(
  'a file of the source that may not be read does not keep the others',
  async () => {
    const folder = await makeFolder({ 'closed.vtu': 'x', 'open.vtu': 'mesh' });
    await chmod(folder, 0o755);
    await chmod(join(folder, 'closed.vtu'), 0o600);
    const to = await makeFolder();
    await chmod(to, 0o777);
    await using streamer = new LocalStreamer({ sourceUrl: folder });
    const entries = await streamer.listFiles();
    process.seteuid?.(65_534);
    const report = await downloadFiles(streamer, entries, { to }).finally(() => process.seteuid?.(0));
    expect(report.failed.map(({ path, error }) => [path, (error as Error).message])).toEqual([
      ['closed.vtu', expect.stringMatching(/^No permission to read .*closed\.vtu: ask its owner/)],
    ]);
    expect(await readdir(to)).toEqual(['open.vtu']);
  },
);
