import { expect, onTestFinished, test } from 'vitest';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { buildFile, type Storage } from '../formats/built-file.ts';
import { barOfCubes, polyhedralFile } from '../formats/polyhedral-file.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { makeFolder } from '../temporary-folder.ts';

const wish = { includeAttributes: ['q'], sourceDir: '' };

test.each<[string, Storage]>([
  ['raw', { encoding: 'raw', zlib: false, bigEndian: false, headerBits: 64 }],
  ['base64', { encoding: 'base64', zlib: false, bigEndian: false, headerBits: 32 }],
  ['raw, zlib, big endian', { encoding: 'raw', zlib: true, bigEndian: true, headerBits: 32 }],
])('one array of polyhedra of file version 2.3 by range over HTTP: %s', async (_, storage) => {
  const bytes = Uint8Array.from(buildFile(polyhedralFile([barOfCubes(4000)], 'shared'), storage));
  const server = await FaultServer.start({ 'bar.vtu': bytes }, { index: 'size' });
  onTestFinished(() => server.close());
  await using remote = await StreamingVascuDataset.open({
    sourceUrl: `${server.url}/`,
    cacheDir: await makeFolder(),
    mode: 'partial',
    ...wish,
  });
  await using local = await VascuDataset.open({ sourceUrl: await makeFolder({ 'bar.vtu': bytes }), ...wish });
  const [part, whole] = [await remote.get(0), await local.get(0)];
  expect(part.numEdges).toBe(8 + 2 * 4 * 2 * 4000);
  expect(part).toEqual(whole);
  // Of the file itself, too, only parts were asked for.
  const asked = server.requests.filter(({ method, path }) => method === 'GET' && path === 'bar.vtu');
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter(({ headers }) => headers['range'] === undefined)).toEqual([]);
});
