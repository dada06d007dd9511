import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ArchiveSource } from '../../src/archives/archive-source.ts';
import { MemoryKeeper } from '../../src/archives/memory-keeper.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import { NetworkError } from '../../src/core/errors.ts';
import type { Keeper } from '../../src/core/keeper.ts';
import { buildTar } from './build-tar.ts';
import { buildZip } from './build-zip.ts';
import { CountingSource, listAll, meshLike } from './counting-source.ts';

const MIB = 1024 ** 2;
const members = [
  { name: 'a.vtu', data: meshLike(14 * MIB) },
  { name: 'b.vtu', data: meshLike(MIB, 3) },
];
const tar = buildTar(members);
const archives: readonly [string, Uint8Array][] = [
  ['x.zip', buildZip(members)],
  ['x.tar', tar],
  ['x.tgz', new Uint8Array(gzipSync(tar))],
  ['x.vtu.gz', new Uint8Array(gzipSync(members[0]?.data ?? ''))],
];
const packed = archives.slice(2);

function open(
  [path, content]: readonly [string, Uint8Array],
  keeper: Keeper,
): { readonly inner: CountingSource; readonly source: ArchiveSource } {
  const inner = new CountingSource();
  inner.put(path, content);
  const source = withArchives(inner, { keeper });
  onTestFinished(() => source[Symbol.asyncDispose]());
  return { inner, source };
}

describe.each(archives)('what is kept of %s', (...archive) => {
  test('is not read again, and where a byte of it has changed it is, once', async () => {
    const keeper = new MemoryKeeper();
    const paths: string[] = [];
    const keep = keeper.keep.bind(keeper);
    keeper.keep = (path, version, bytes) => {
      if (!path.includes('#points')) paths.push(path);
      return keep(path, version, bytes);
    };
    const first = open(archive, keeper);
    const listed = await listAll(first.source);
    await first.source[Symbol.asyncDispose]();
    const next = open(archive, keeper);
    expect(await listAll(next.source)).toEqual(listed);
    expect(next.inner.taken).toBe(0);

    // As the cache does: what is there stays, until it is forgotten.
    const recall = keeper.recall.bind(keeper);
    const forgotten = new Set<string>();
    const forget = keeper.forget.bind(keeper);
    keeper.forget = async (path, version) => {
      forgotten.add(path);
      await forget(path, version);
    };
    for (const place of [0, 5, -2]) {
      forgotten.clear();
      keeper.recall = async (path, version) => {
        const bytes = await recall(path, version);
        if (bytes === undefined || path.includes('#points') || forgotten.has(path)) return bytes;
        const copy = Uint8Array.from(bytes);
        const at = (place + copy.length) % copy.length;
        copy[at] = (copy[at] as number) ^ 1;
        return copy;
      };
      const changed = open(archive, keeper);
      expect(await listAll(changed.source)).toEqual(listed);
      await changed.source[Symbol.asyncDispose]();
      keeper.recall = recall;
      expect(forgotten.size).toBeGreaterThan(0);
      const again = open(archive, keeper);
      expect(await listAll(again.source)).toEqual(listed);
      expect(again.inner.taken).toBe(0);
    }
    expect(paths.length).toBeGreaterThan(0);
  });
});

describe.each([...packed, ['y.zip', buildZip([{ name: 'x.tar', data: tar }])] as const])(
  'the pass that lists %s',
  (...archive) => {
    test('goes on where its line was cut', async () => {
      const { inner, source } = open(archive, new MemoryKeeper());
      let cuts = 0;
      inner.breakAfter = 7 * MIB;
      inner.onOpen = () => {
        if (++cuts > 2) inner.breakAfter = undefined;
      };
      const listed = await listAll(source);
      expect(listed).toEqual(await listAll(open(archive, new MemoryKeeper()).source));
      expect(inner.taken).toBeLessThan(archive[1].length + 2 * (4 * MIB + 300_000));
    });

    test('ends with what is no cut', async () => {
      const { inner, source } = open(archive, new MemoryKeeper());
      const error = new NetworkError('no', { retryable: false });
      inner.onOpen = ({ start }) => {
        if (start > 0) throw error;
      };
      inner.breakAfter = 7 * MIB;
      await expect(listAll(source)).rejects.toBe(error);
    });
  },
);

test('the pass that measures a packed file goes on from what another process has left', async () => {
  const archive = packed[1] as [string, Uint8Array];
  const keeper = new MemoryKeeper();
  const first = open(archive, keeper);
  first.inner.breakAfter = 10 * MIB;
  first.inner.onOpen = ({ start }) => {
    if (start > 0) throw new NetworkError('gone', { retryable: false });
  };
  await expect(listAll(first.source)).rejects.toMatchObject({ code: 'NETWORK' });
  await first.source[Symbol.asyncDispose]();
  const { inner, source } = open(archive, keeper);
  expect(await source.stat('x.vtu')).toMatchObject({ size: 14 * MIB });
  expect(inner.taken).toBeLessThan(archive[1].length - 6 * MIB);
});
