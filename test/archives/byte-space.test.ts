import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type ByteSpace, JoinedSpace, type OpenedBytes } from '../../src/archives/byte-space.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { ZipData } from '../../src/archives/zip-data.ts';
import type { Body } from '../../src/core/exact-body.ts';
import type { ByteRange } from '../../src/core/source.ts';
import { buildTar } from './build-tar.ts';
import { CountingSource, listAll, meshLike, readAll } from './counting-source.ts';

/** Bytes that come in chunks and then not at all, and whether their body was cancelled. */
class StallingSpace implements ByteSpace {
  readonly path = 'x';
  readonly size = 1000;
  readonly version = '1';
  readonly opened: ByteRange[] = [];
  cancelled = 0;
  readonly #chunks: readonly Uint8Array<ArrayBuffer>[];

  constructor(chunks: readonly Uint8Array<ArrayBuffer>[] = []) {
    this.#chunks = chunks;
  }

  open(range: ByteRange): Promise<OpenedBytes> {
    this.opened.push(range);
    const left = [...this.#chunks];
    const body: Body = new ReadableStream(
      {
        pull: (controller) => {
          const chunk = left.shift();
          if (chunk === undefined) return new Promise(() => undefined);
          controller.enqueue(chunk);
          return undefined;
        },
        cancel: () => void this.cancelled++,
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve({ body });
  }
}

const { signal } = new AbortController();
const joined = (space: ByteSpace): Promise<OpenedBytes> =>
  new JoinedSpace({ path: 'x', size: 2000, version: '1' }, [space, space]).open(
    { start: 0, end: 2000 },
    signal,
  );
const behindHeader = (space: ByteSpace): Promise<OpenedBytes> => {
  const entry = { path: 'x', size: 900, packedSize: 900, method: 0, flags: 0, crc: 0, offset: 0 };
  return new ZipData(space, { ...entry, headerBytes: 31 }, 1000).open({ start: 0, end: 900 }, signal);
};

describe.each([
  ['volumes', joined],
  ['a member behind its header', behindHeader],
])('the body of %s', (_, open) => {
  test('that is cancelled before its first read cancels the one it is made of', async () => {
    const space = new StallingSpace();
    await (await open(space)).body.cancel();
    expect(space.cancelled).toBe(1);
  });

  test('that is cancelled while nothing comes does not wait for it, and opens no other', async () => {
    const space = new StallingSpace([new Uint8Array(10)]);
    const reader = (await open(space)).body.getReader();
    const pending = reader.read().then(() => reader.read());
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    await reader.cancel();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(space).toMatchObject({ cancelled: 1, opened: [{}] });
  });
});

test('an archive of a server that sends all for each part is refused, not fetched once a member', async () => {
  class WholeSource extends CountingSource {
    override async open(...[path, options = {}]: Parameters<CountingSource['open']>) {
      const file = await super.open(path, options);
      return (options.range?.start ?? 0) > 0 ? { ...file, fromStart: true } : file;
    }
  }
  const inner = new WholeSource();
  const members = [1, 2, 3].map((seed) => ({ name: `${seed}.vtu`, data: meshLike(200_000, seed) }));
  inner.put('x.tar', buildTar(members));
  inner.put('y.tgz', new Uint8Array(gzipSync(buildTar(members))));
  const source = withArchives(inner, { archives: '*.tar' });
  await expect(listAll(source)).rejects.toMatchObject({ code: 'UNSUPPORTED', feature: 'range' });
  await expect(readAll(source, 'x.tar/3.vtu')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  // What one pass from the front gives is given.
  const packed = withArchives(inner, { archives: '*.tgz' });
  expect((await readAll(packed, 'y.tgz/3.vtu')).equals(meshLike(200_000, 3))).toBe(true);
});
