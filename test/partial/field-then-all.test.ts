import { readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { makeFolder } from '../temporary-folder.ts';

const PATH = 'case.vtu';
const SLACK_BYTES = 64 * 1024;
const content = await resultFile(resultMesh(20_000, TWELVE_FIELDS));

function open(source: MemorySource, cacheDir: string): DataStreamer {
  const streamer = new DataStreamer(source, { cacheDir, maxCacheSize: 2 ** 30 });
  onTestFinished(() => streamer.close());
  return streamer;
}

test.each([
  ['the same process', true],
  ['another process', false],
])('one field, then the whole file in %s: bytes that are here are not fetched again', async (_who, same) => {
  const source = new MemorySource();
  source.put(PATH, content);
  const cacheDir = await makeFolder();
  const first = open(source, cacheDir);
  await readMeshFrom(first, PATH, { attributes: ['pressure'], mode: 'partial' });
  expect(source.bytes).toBeLessThan(0.6 * content.byteLength);
  if (!same) await first.close();
  const streamer = same ? first : open(source, cacheDir);
  using held = await streamer.openFile(PATH);
  expect((await readFile(held.path)).equals(content)).toBe(true);
  expect(source.bytes).toBeLessThanOrEqual(content.byteLength + SLACK_BYTES);
});

test('ranges of another version of the file are none of it', async () => {
  const source = new MemorySource();
  source.put(PATH, content);
  const streamer = open(source, await makeFolder());
  await readMeshFrom(streamer, PATH, { attributes: ['pressure'], mode: 'partial' });
  const changed = await resultFile(resultMesh(20_000, TWELVE_FIELDS, 2));
  source.put(PATH, changed, '2');
  using held = await streamer.openFile(PATH);
  expect((await readFile(held.path)).equals(changed)).toBe(true);
});

test('what is left of the ranges when the whole file is here takes no room', async () => {
  const source = new MemorySource();
  source.put(PATH, content);
  const cacheDir = await makeFolder();
  const streamer = open(source, cacheDir);
  await readMeshFrom(streamer, PATH, { attributes: ['pressure'], mode: 'partial' });
  (await streamer.openFile(PATH)).release();
  await streamer.close();
  await using cache = await CacheManager.open({ cacheDir });
  expect((await cache.getCacheStats()).totalSize).toBe(content.byteLength);
});
