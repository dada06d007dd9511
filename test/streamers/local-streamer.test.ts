import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FILES = {
  'a/1.vtu': 'mesh',
  'a/1.json': '{"age": 50, "flow": NaN}',
  'a/2.vtu': 'mesh two',
  'b.list.vtp': '',
  'b.list.json': '\ufeff{"name": "é"}',
  'array.json': '[1]',
  'array.vtu': '',
  'latin.json': Uint8Array.of(0x22, 0xe9, 0x22),
};

async function make() {
  const folder = await makeFolder(FILES);
  return { folder, streamer: new LocalStreamer({ sourceUrl: folder }) };
}

describe('LocalStreamer', () => {
  test('lists files by pattern and prefix', async () => {
    const { streamer } = await make();
    const list = async (options: Parameters<LocalStreamer['listFiles']>[0]): Promise<string[]> =>
      (await streamer.listFiles(options)).map(({ path }) => path);
    expect(await list({})).toEqual(Object.keys(FILES).toSorted());
    expect(await list({ pattern: '*.vtu' })).toEqual(['a/1.vtu', 'a/2.vtu', 'array.vtu']);
    expect(await list({ pattern: '*.vtu', prefix: 'a/' })).toEqual(['a/1.vtu', 'a/2.vtu']);
  });

  test('gives the file where it lies, and leaves it there', async () => {
    const { folder, streamer } = await make();
    expect(await streamer.getFile('a/1.vtu')).toBe(join(folder, 'a', '1.vtu'));
    {
      using held = await streamer.openFile('a/2.vtu');
      expect({ ...held }).toMatchObject({ path: join(folder, 'a', '2.vtu'), size: 8 });
    }
    await streamer.close();
    await access(join(folder, 'a', '2.vtu'));
  });

  test('counts files as found, nothing as downloaded', async () => {
    const { streamer } = await make();
    await streamer.getFile('a/1.vtu');
    await streamer.getFile('a/2.vtu');
    expect(streamer.stats()).toMatchObject({
      hits: 2,
      misses: 0,
      bytesDownloaded: 0,
      retries: 0,
      evictions: 0,
    });
  });

  test('reads the sidecar of a mesh, or the .json itself', async () => {
    const { streamer } = await make();
    expect(await streamer.getMetadata('a/1.vtu')).toEqual({ age: 50, flow: Number.NaN });
    expect(await streamer.getMetadata('a/1.json')).toEqual({ age: 50, flow: Number.NaN });
    expect(await streamer.getMetadata('b.list.vtp')).toEqual({ name: 'é' });
  });

  test('a mesh without a sidecar has no metadata; what does not exist is NOT_FOUND', async () => {
    const { streamer } = await make();
    expect(await streamer.getMetadata('a/2.vtu')).toEqual({});
    for (const path of ['a/3.vtu', 'a/3.json', '../x.json']) {
      expect(isVascuError(await failureOf(streamer.getMetadata(path)), 'NOT_FOUND')).toBe(true);
      expect(isVascuError(await failureOf(streamer.getFile(path)), 'NOT_FOUND')).toBe(true);
    }
  });

  test.each([
    ['array.vtu', 'an array'],
    ['latin.json', 'UTF-8'],
  ])('%s has metadata that cannot be used: %s', async (path, why) => {
    const error = await failureOf((await make()).streamer.getMetadata(path));
    expect(error).toMatchObject({ code: 'FORMAT', path: path.replace('.vtu', '.json') });
    expect(String(error)).toContain(why);
  });

  test('its signal ends every call, with its reason', async () => {
    const controller = new AbortController();
    const streamer = new LocalStreamer({ sourceUrl: await makeFolder(FILES), signal: controller.signal });
    await streamer.getFile('a/1.vtu');
    const reason = new Error('stop');
    controller.abort(reason);
    for (const use of [streamer.listFiles(), streamer.getFile('a/1.vtu'), streamer.getMetadata('a/1.vtu')]) {
      expect(await failureOf(use)).toBe(reason);
    }
  });

  test('is DISPOSED after it was closed', async () => {
    const { streamer } = await make();
    await streamer.close();
    for (const use of [streamer.listFiles(), streamer.getFile('a/1.vtu'), streamer.getMetadata('a/1.vtu')]) {
      expect(isVascuError(await failureOf(use), 'DISPOSED')).toBe(true);
    }
  });

  test('an unknown option is a ConfigError that names it', () => {
    const options = { sourceUrl: '.', cachDir: '/tmp' };
    expect(() => new LocalStreamer(options)).toThrow(/"cachDir"/);
  });
});
