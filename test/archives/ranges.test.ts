import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ArchiveSource } from '../../src/archives/archive-source.ts';
import { MemoryKeeper } from '../../src/archives/memory-keeper.ts';
import { withArchives } from '../../src/archives/with-archives.ts';
import type { Keeper } from '../../src/core/keeper.ts';
import { fc } from '../property.ts';
import { buildTar } from './build-tar.ts';
import { buildZip } from './build-zip.ts';
import { CountingSource, meshLike, readAll } from './counting-source.ts';

const MIB = 1024 ** 2;
const content = meshLike(14 * MIB + 12_345);
const other = meshLike(5 * MIB, 7);
const zip = buildZip([
  { name: 'a.vtu', data: content },
  { name: 'b.vtu', data: other },
]);
const tgz = new Uint8Array(gzipSync(buildTar([{ name: 'a.vtu', data: content }])));
const gz = new Uint8Array(
  Buffer.concat([content.subarray(0, 7 * MIB), content.subarray(7 * MIB)].map((part) => gzipSync(part))),
);
const packedBytes = zip.length;

function open(keeper?: Keeper): { readonly inner: CountingSource; readonly source: ArchiveSource } {
  const inner = new CountingSource();
  inner.put('x.zip', zip);
  inner.put('x.tgz', tgz);
  inner.put('x.vtu.gz', gz);
  const source = withArchives(inner, { keeper });
  onTestFinished(() => source[Symbol.asyncDispose]());
  return { inner, source };
}

const ranges = fc.array(
  fc.tuple(fc.integer({ min: 0, max: content.length }), fc.oneof(fc.nat(70_000), fc.nat(6 * MIB))),
  { minLength: 1, maxLength: 6 },
);

describe.each(['x.zip/a.vtu', 'x.tgz/a.vtu', 'x.vtu'])('ranges of %s', (path) => {
  test.each(['cold', 'warm', 'half warm', 'in another process'])(
    'are slices of the whole, %s',
    async (state) => {
      const keeper = new MemoryKeeper();
      const first = open(keeper).source;
      if (state === 'warm' || state === 'in another process') await readAll(first, path);
      if (state === 'half warm') await readAll(first, path, { range: { start: 9 * MIB, end: 9 * MIB + 1 } });
      if (state === 'in another process') await first[Symbol.asyncDispose]();
      const source = state === 'cold' || state === 'in another process' ? open(keeper).source : first;
      await fc.assert(
        fc.asyncProperty(ranges, fc.boolean(), async (wanted, together) => {
          const asked = wanted.map(([start, length]) => ({
            start,
            end: Math.min(content.length, start + length),
          }));
          const check = async (range: { start: number; end: number }): Promise<void> => {
            const bytes = await readAll(source, path, { range });
            expect(bytes.equals(content.subarray(range.start, range.end))).toBe(true);
          };
          if (together) await Promise.all(asked.map(check));
          else for (const range of asked) await check(range);
        }),
        { numRuns: 8 },
      );
    },
  );
});

describe('what ranges of deflated members fetch', () => {
  test.each([
    ['x.zip/a.vtu', zip],
    ['x.vtu', gz],
  ])('of %s asked for at once, one pass', async (path, { length }) => {
    const { inner, source } = open();
    const { size } = await source.stat(path);
    expect(size).toBe(content.length);
    const before = inner.taken;
    const wanted = [12, 3, 0, 13].map((mib) => ({ start: mib * MIB, end: mib * MIB + 1000 }));
    await Promise.all(wanted.map((range) => readAll(source, path, { range })));
    expect(inner.taken - before).toBeLessThan(length * 1.02 + 200_000);
  });

  test('of a member that nothing is known of, asked for at once, begin at no restart point', async () => {
    const { source } = open();
    const wanted = [12, 3, 0, 13].map((mib) => ({ start: mib * MIB, end: mib * MIB + 1000 }));
    await Promise.all(wanted.map((range) => readAll(source, 'x.zip/a.vtu', { range })));
    expect(source.stats().restarts).toBe(0);
  });

  test('ascending, one pass', async () => {
    const { inner, source } = open();
    for (let start = 0; start + 10_000 < content.length; start += 3 * MIB)
      await readAll(source, 'x.zip/a.vtu', { range: { start, end: start + 10_000 } });
    expect(inner.taken).toBeLessThan(packedBytes + 300_000);
    expect(source.stats().inflatedBytes).toBeLessThanOrEqual(content.length);
  });

  test.each([
    ['x.zip/a.vtu', zip],
    ['x.vtu', gz],
  ])('of %s with restart points, the pieces on either side', async (path, { length }) => {
    const keeper = new MemoryKeeper();
    const first = open(keeper).source;
    await readAll(first, path);
    await first[Symbol.asyncDispose]();
    const { inner, source } = open(keeper);
    await readAll(source, path, { range: { start: 9 * MIB, end: 9 * MIB + 65_536 } });
    expect(inner.taken).toBeLessThan((4 * MIB * length) / content.length + 300_000);
    expect(source.stats()).toMatchObject({ restarts: 1 });
  });

  test('of a file whose beginning is wanted, not all', async () => {
    const { inner, source } = open();
    await readAll(source, 'x.zip/a.vtu', { range: { start: 0, end: 65_536 } });
    expect(inner.taken).toBeLessThan(600_000);
  });
});

describe('a pass', () => {
  test('that breaks goes on from the last restart point', async () => {
    const { inner, source } = open();
    inner.breakAfter = 8 * MIB;
    const received: Buffer[] = [];
    const { body } = await source.open('x.zip/a.vtu');
    const failure = await (async () => {
      for await (const chunk of body) received.push(Buffer.from(chunk));
      return undefined;
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NETWORK' });
    inner.breakAfter = undefined;
    const start = Buffer.concat(received).length;
    const rest = await readAll(source, 'x.zip/a.vtu', { range: { start, end: content.length } });
    expect(Buffer.concat([...received, rest]).equals(content)).toBe(true);
    expect(inner.taken).toBeLessThan(packedBytes + 4 * MIB + 300_000);
    expect(source.stats().restarts).toBe(1);
  });

  test('holds its source back when its reader is slow', async () => {
    const { inner, source } = open();
    const { body } = await source.open('x.zip/a.vtu');
    const reader = body.getReader();
    await reader.read();
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(inner.taken).toBeLessThan(2 * MIB);
    await reader.cancel();
  });

  test('whose reader waits for another one goes on without it', async () => {
    const { source } = open();
    const first = await source.open('x.zip/a.vtu', { range: { start: 0, end: content.length } });
    const second = await readAll(source, 'x.zip/a.vtu', { range: { start: 9 * MIB, end: 9 * MIB + 10 } });
    expect(second.equals(content.subarray(9 * MIB, 9 * MIB + 10))).toBe(true);
    expect(Buffer.from(await new Response(first.body).arrayBuffer()).equals(content)).toBe(true);
  });

  test('that is aborted ends with the reason, and leaves its restart points', async () => {
    const { inner, source } = open();
    const controller = new AbortController();
    const { body } = await source.open('x.zip/a.vtu', { signal: controller.signal });
    const reader = body.getReader();
    for (let bytes = 0; bytes < 9 * MIB; ) bytes += (await reader.read()).value?.length ?? 0;
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
    const before = inner.taken;
    await readAll(source, 'x.zip/a.vtu', { range: { start: 8 * MIB, end: 8 * MIB + 10 } });
    expect(source.stats().restarts).toBe(1);
    expect(inner.taken - before).toBeLessThan(4 * MIB);
  });

  test('with other bytes than before is an error, and the next one is from the front', async () => {
    const keeper = new MemoryKeeper();
    await readAll(open(keeper).source, 'x.zip/a.vtu');
    const { inner, source } = open(keeper);
    const range = { start: 9 * MIB, end: 9 * MIB + 100 };
    inner.forge = (bytes) => {
      const at = Math.floor(bytes.length / 2);
      if (bytes.length > 100_000) bytes[at] = (bytes[at] as number) ^ 255;
      return bytes;
    };
    await expect(readAll(source, 'x.zip/a.vtu', { range })).rejects.toMatchObject({
      code: expect.stringMatching(/INTEGRITY|FORMAT/),
    });
    inner.forge = undefined;
    expect(
      (await readAll(source, 'x.zip/a.vtu', { range })).equals(content.subarray(range.start, range.end)),
    ).toBe(true);
  });
});
