import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withArchives } from '../../src/archives/with-archives.ts';
import { CacheManager } from '../../src/cache/cache-manager.ts';
import { openStreamer } from '../../src/io.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { serveArchive } from '../archives/archive-server.ts';
import { buildZip } from '../archives/build-zip.ts';
import { makeFolder } from '../temporary-folder.ts';
import { MemorySource } from './memory-source.ts';

const ZIP = buildZip([{ name: 'a.vtu', data: 'content' }]);

function withZip(): MemorySource {
  const source = new MemorySource();
  source.put('x.zip', ZIP);
  return source;
}

test('what reading archives did is counted, whoever opened them', async () => {
  for (const streamer of [
    new DataStreamer(withArchives(withZip()), { cacheDir: await makeFolder() }),
    new DataStreamer(withZip(), { cacheDir: await makeFolder(), archives: true }),
  ]) {
    onTestFinished(() => streamer.close());
    await streamer.readWhole('x.zip/a.vtu');
    expect(streamer.stats().archives).toMatchObject({ opened: 1, inflatedBytes: 7 });
  }
});

test('a source whose own counts are of something else has none of archives', () => {
  const source = Object.assign(withZip(), { stats: () => ({ opened: 5 }) });
  expect(new DataStreamer(source).stats().archives.opened).toBe(0);
  expect(() => new DataStreamer(source, { archives: true })).not.toThrow();
});

test.each([
  ['archives', { archives: 'y.zip' }],
  ['archives', { archives: true, maxExpansion: 4 }],
  ['maxExpansion', { maxExpansion: 4 }],
])('%s of a streamer is refused where the archives are open already', (option, options) => {
  const open = (): DataStreamer => new DataStreamer(withArchives(withZip()), options);
  expect(open).toThrow(expect.objectContaining({ code: 'CONFIG', option }));
  expect(() => new DataStreamer(withArchives(withZip()), { archives: false })).not.toThrow();
});

test('a cleanup of all removes what was made of the files too', async () => {
  const server = await serveArchive(ZIP);
  const cacheDir = join(await makeFolder(), 'cache');
  const { streamer } = openStreamer({ sourceUrl: `${server.url}x.zip`, cacheDir });
  await streamer.readWhole('a.vtu');
  await streamer.keep('a.vtu#made', '1', new Uint8Array(10));
  await streamer.cleanup('all');
  await streamer.close();
  await using cache = await CacheManager.open({ cacheDir });
  expect(await cache.listSources()).toEqual([]);
});
