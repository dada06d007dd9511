import { expect, onTestFinished, test } from 'vitest';
import type { ReadOptions, Source } from '../../src/core/source.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { makeFolder } from '../temporary-folder.ts';

/** A source of which only `here.vtu` lies on this machine. */
async function stage(inPlace?: boolean) {
  const folder = await makeFolder({ 'here.vtu': 'here', 'there.vtu': 'there' });
  const local = new LocalSource({ sourceUrl: folder });
  const source: Source = {
    id: 'half:here',
    ...(inPlace === undefined ? {} : { inPlace }),
    list: (options) => local.list(options),
    stat: (path, options) => local.stat(path, options),
    open: (path, options) => local.open(path, options),
    locate: async (path: string, _options?: ReadOptions) =>
      path === 'here.vtu' ? local.locate(path) : undefined,
    [Symbol.asyncDispose]: () => local.close(),
  };
  const cacheDir = await makeFolder();
  const streamer = new DataStreamer(source, { cacheDir });
  onTestFinished(() => streamer.close());
  return { streamer, folder, cacheDir };
}

test('a file that a source locates is used where it lies, others are cached', async () => {
  const { streamer, folder, cacheDir } = await stage();
  expect(await streamer.getFile('here.vtu')).toBe(`${folder}/here.vtu`);
  expect(await streamer.getFile('there.vtu')).toMatch(new RegExp(`^${cacheDir}/`));
  expect(streamer.stats()).toMatchObject({ hits: 1, misses: 1 });
});

test('what a source locates does not count where it says so', async () => {
  const { streamer, cacheDir } = await stage(false);
  expect(await streamer.getFile('here.vtu')).toMatch(new RegExp(`^${cacheDir}/`));
});

test('a source whose files all lie here has no cache', async () => {
  const { streamer } = await stage(true);
  expect(await streamer.capacity()).toBeUndefined();
  const [entry] = await streamer.listFiles({ pattern: 'here.vtu' });
  if (entry === undefined) throw new Error('There is no file.');
  expect(await streamer.isHere(entry)).toBe(true);
});
