import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { bytesOnDisk } from '../cache/cached-files.ts';
import { makeFolder } from '../temporary-folder.ts';

const FILES = { 'a.vtu': 'mesh', 'a.json': '{"age": 50}' };

async function make(options: { readonly copyToCache?: boolean } = { copyToCache: true }) {
  const [folder, cacheDir] = [await makeFolder(FILES), await makeFolder()];
  const streamer = new LocalStreamer({ sourceUrl: folder, cacheDir, maxCacheSize: 1000, ...options });
  onTestFinished(() => streamer.close());
  return { folder, cacheDir, streamer };
}

describe('LocalStreamer with copyToCache', () => {
  test('gives a copy, made once', async () => {
    const { folder, cacheDir, streamer } = await make();
    const path = await streamer.getFile('a.vtu');
    expect(path.startsWith(cacheDir)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('mesh');
    expect(await streamer.getFile('a.vtu')).toBe(path);
    expect(await streamer.getMetadata('a.vtu')).toEqual({ age: 50 });
    expect(streamer.stats()).toMatchObject({ hits: 1, misses: 2, bytesDownloaded: 15 });
    expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'a.vtu']);
  });

  test('makes another copy when the file changes', async () => {
    const { folder, streamer } = await make();
    await streamer.getFile('a.vtu');
    await writeFile(join(folder, 'a.vtu'), 'a new mesh');
    expect(readFileSync(await streamer.getFile('a.vtu'), 'utf8')).toBe('a new mesh');
  });

  test('removes copies, never the files themselves', async () => {
    const { folder, cacheDir, streamer } = await make();
    (await streamer.openFile('a.vtu')).release({ remove: true });
    await streamer.getFile('a.json');
    await streamer.cleanup('all');
    expect(bytesOnDisk(cacheDir)).toBe(0);
    expect(readdirSync(folder).toSorted()).toEqual(['a.json', 'a.vtu']);
  });
});

describe('LocalStreamer without it', () => {
  test('makes no cache at all and removes nothing', async () => {
    const { folder, cacheDir, streamer } = await make({});
    (await streamer.openFile('a.vtu')).release({ remove: true });
    await streamer.cleanup('all');
    expect(readdirSync(cacheDir)).toEqual([]);
    expect(existsSync(join(folder, 'a.vtu'))).toBe(true);
  });
});
