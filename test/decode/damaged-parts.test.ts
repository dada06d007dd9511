import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { isVascuError } from '../../src/core/errors.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { stageParts } from '../dataset/stage-parts.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf } from '../temporary-folder.ts';

const mesh = resultMesh(5000, TWELVE_FIELDS);
const content = await resultFile(mesh, { compressor: 'zlib' });
const PRESSURE = mesh.pointData.get('pressure')?.data;

const stage = (bytes: Uint8Array) => stageParts({ 'a.vtu': bytes });

/** Makes the largest object of a cache into nonsense of the same length. */
async function damageLargest(cacheDir: string): Promise<void> {
  const names = await readdir(join(cacheDir, 'objects'), { recursive: true, withFileTypes: true });
  const files = names.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const contents = await Promise.all(files.map(async (file) => ({ file, bytes: await readFile(file) })));
  const [largest] = contents.sort((a, b) => b.bytes.byteLength - a.bytes.byteLength);
  if (largest === undefined) throw new Error('the cache is empty');
  await writeFile(largest.file, largest.bytes.fill(0xa5, largest.bytes.byteLength >> 1));
}

test('parts that cannot be read are fetched once more', async () => {
  const { server, cacheDir, open } = await stage(content);
  const first = await open();
  await first.get(0);
  await first.close();
  await damageLargest(cacheDir);
  const before = server.requestsOf('a.vtu').length;
  const dataset = await open();
  expect((await dataset.get(0)).node['pressure']?.data).toEqual(PRESSURE);
  const after = server.requestsOf('a.vtu').length;
  expect(after).toBeGreaterThan(before);
  await dataset.get(0);
  expect(server.requestsOf('a.vtu').length).toBe(after);
});

test.each([0, 1])('so they are for a loader with %i workers', async (numWorkers) => {
  const { cacheDir, open } = await stage(content);
  const first = await open();
  await first.get(0);
  await first.close();
  await damageLargest(cacheDir);
  await using loader = new DataLoader(await open(), { numWorkers });
  for await (const batch of loader) expect(batch.node['pressure']?.data).toEqual(PRESSURE);
});

test('those of a file that is broken are fetched twice, end in an error, and do not stay', async () => {
  const broken = content.slice();
  broken.fill(0xa5, Math.floor(0.9 * content.byteLength), content.byteLength - 2000);
  const { cacheDir, open } = await stage(broken);
  const dataset = await open();
  const error = await failureOf(dataset.get(0));
  expect(isVascuError(error, 'FORMAT')).toBe(true);
  await dataset.close();
  await using cache = await CacheManager.open({ cacheDir });
  expect(await cache.getCacheStats()).toMatchObject({ fileCount: 0, totalSize: 0 });
});
