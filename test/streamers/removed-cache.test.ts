import { readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readMeshHeaderFrom } from '../../src/mesh/mesh-header.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { downloadFiles } from '../../src/streamers/download-files.ts';
import { makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from './result-file.ts';

const MESH = await resultFile(resultMesh(5000, TWELVE_FIELDS, 1), { compressor: 'none' });
const PATHS = ['a.vtu', 'b.vtu', 'c.vtu'];

/** A streamer whose cache is removed each time that something in it was asked for, so many times. */
class RemovingStreamer extends DataStreamer {
  left = 0;
  cacheDir = '';

  override async openFile(
    ...given: Parameters<DataStreamer['openFile']>
  ): ReturnType<DataStreamer['openFile']> {
    const held = await super.openFile(...given);
    this.#remove();
    return held;
  }

  override async openParts(
    ...given: Parameters<DataStreamer['openParts']>
  ): ReturnType<DataStreamer['openParts']> {
    const held = await super.openParts(...given);
    this.#remove();
    return held;
  }

  #remove(): void {
    if (this.left-- > 0) rmSync(this.cacheDir, { recursive: true, force: true });
  }
}

async function open(
  times: number,
): Promise<{ readonly streamer: RemovingStreamer; readonly source: MemorySource }> {
  const source = new MemorySource();
  for (const path of PATHS) source.put(path, MESH);
  source.put('a.json', new TextEncoder().encode('{"age": 70}'));
  const cacheDir = join(await makeFolder(), 'cache');
  const streamer = new RemovingStreamer(source, { cacheDir });
  onTestFinished(() => streamer.close());
  streamer.cacheDir = cacheDir;
  streamer.left = times;
  return { streamer, source };
}

test.each([1, 3])('metadata are read though the cache is removed %i times meanwhile', async (times) => {
  const { streamer } = await open(times);
  expect(await streamer.getMetadata('a.vtu')).toEqual({ age: 70 });
});

test.each([
  ['whole', undefined],
  ['partial', ['pressure']],
] as const)('a mesh is read %s though the cache is removed meanwhile', async (mode, attributes) => {
  const { streamer } = await open(3);
  const mesh = await readMeshFrom(streamer, 'a.vtu', { attributes, mode });
  expect(mesh.points.shape).toEqual([5000, 3]);
});

test('a header is read though the cache is removed meanwhile', async () => {
  const { streamer } = await open(3);
  expect((await readMeshHeaderFrom(streamer, 'a.vtu', { measure: true })).points).toBe(5000);
});

test('files are copied into a folder though the cache is removed meanwhile', async () => {
  const { streamer } = await open(4);
  const to = await makeFolder();
  const report = await downloadFiles(streamer, await streamer.listFiles({ pattern: '*.vtu' }), {
    to,
    concurrency: 3,
  });
  expect(report).toMatchObject({ got: 3, failed: [] });
  for (const path of PATHS) expect((await readFile(join(to, path))).equals(MESH)).toBe(true);
});

test('parts are planned, fetched and joined though the cache is removed at each answer', async () => {
  const { streamer, source } = await open(0);
  let left = 12;
  source.onOpen = () => {
    if (left-- > 0) rmSync(streamer.cacheDir, { recursive: true, force: true });
  };
  for (const path of PATHS) {
    const mesh = await readMeshFrom(streamer, path, {
      attributes: ['pressure', 'velocity'],
      mode: 'partial',
    });
    expect(mesh.points.shape).toEqual([5000, 3]);
  }
  expect(left).toBeLessThanOrEqual(0);
});

test('a part that is gone is fetched again alone', async () => {
  const { streamer, source } = await open(0);
  const wish = { attributes: ['pressure'], mode: 'partial' } as const;
  await readMeshFrom(streamer, 'a.vtu', wish);
  const before = source.bytes;
  const objects = join(streamer.cacheDir, 'objects');
  const [first = ''] = readdirSync(objects);
  rmSync(join(objects, first), { recursive: true });
  await readMeshFrom(streamer, 'a.vtu', wish);
  expect(source.bytes - before).toBeLessThan(before);
});
