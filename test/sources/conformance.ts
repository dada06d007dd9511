import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { FileEntry, Source } from '../../src/core/source.ts';

/** The files every conformance run serves, in the order of their paths. */
export const FILES: Readonly<Record<string, string>> = {
  'a-b/1.vtu': 'before a/',
  'a/1.json': '{}',
  'a/1.vtu': 'one',
  'a/10.vtu': 'ten',
  'a/deep/er/3.vtp': '',
  'a0.vtu': 'after a/',
  'b/2 é #%?.vtu': 'two',
};

/** A source over {@link FILES} and a way to change what lies in it. */
export interface SourceFixture {
  readonly source: Source;
  /** Replaces the content of a file. */
  write(path: string, content: string): Promise<void>;
}

/** Runs the contract that every {@link Source} keeps against the source that `make` builds over {@link FILES}. */
export function testSource(name: string, make: () => Promise<SourceFixture>): void {
  const collect = async (source: Source, prefix?: string): Promise<FileEntry[]> => {
    const entries: FileEntry[] = [];
    for await (const entry of source.list({ prefix })) entries.push(entry);
    return entries;
  };
  const pathsOf = (entries: readonly FileEntry[]): string[] => entries.map(({ path }) => path);
  const read = async (...options: Parameters<Source['open']>): Promise<string> =>
    new Response((await (await make()).source.open(...options)).body).text();
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  describe(`source: ${name}`, () => {
    test('lists every file in the order of paths by code units', async () => {
      expect(pathsOf(await collect((await make()).source))).toEqual(Object.keys(FILES));
    });

    test.each(['a', 'a/', 'a/1', 'a/deep/', 'a/1.vtu', 'nope', 'nope/'])(
      'lists what begins with %s',
      async (prefix) => {
        const expected = Object.keys(FILES).filter((path) => path.startsWith(prefix));
        expect(pathsOf(await collect((await make()).source, prefix))).toEqual(expected);
      },
    );

    test('says the size of each file, and the same version each time', async () => {
      const { source } = await make();
      const entries = await collect(source);
      for (const entry of entries) {
        expect(entry.size).toBe(new TextEncoder().encode(FILES[entry.path]).byteLength);
        expect(await source.stat(entry.path)).toEqual(entry);
      }
    });

    test('streams the bytes of every file with what describes it', async () => {
      const { source } = await make();
      for (const [path, content] of Object.entries(FILES)) {
        const { body, ...entry } = await source.open(path);
        expect(await new Response(body).text()).toBe(content);
        expect(entry).toMatchObject(await source.stat(path));
      }
    });

    test.each([
      [0, 9, 'before a/'],
      [1, 3, 'ef'],
      [8, 9, '/'],
      [4, 4, ''],
    ])('reads bytes %i to %i, the end exclusive', async (start, end, expected) => {
      expect(await read('a-b/1.vtu', { range: { start, end } })).toBe(expected);
    });

    test('describes the whole file where a range of it is opened', async () => {
      const { body, size } = await (await make()).source.open('a-b/1.vtu', { range: { start: 1, end: 3 } });
      await body.cancel();
      expect(size).toBe(9);
    });

    test.each([
      [0, 10],
      [-1, 2],
      [3, 2],
      [0.5, 2],
    ])('refuses the range %d to %d of 9 bytes with a RangeError', async (start, end) => {
      expect(await failure(read('a-b/1.vtu', { range: { start, end } }))).toBeInstanceOf(RangeError);
    });

    test.each([
      'nope',
      'a/nope.vtu',
      'a',
      'a/deep',
      'a/1.vtu/x',
      '',
      '/',
      '/a/1.vtu',
      './a/1.vtu',
      'a//1.vtu',
    ])('has no file %j', async (path) => {
      const { source } = await make();
      expect(isVascuError(await failure(source.open(path)), 'NOT_FOUND')).toBe(true);
      expect(isVascuError(await failure(source.stat(path)), 'NOT_FOUND')).toBe(true);
    });

    test.each(['..', '../x', 'a/../../x', 'a/../a/1.vtu', 'a/1.vtu\0'])('never follows %j', async (path) => {
      const { source } = await make();
      expect(isVascuError(await failure(source.open(path)), 'NOT_FOUND')).toBe(true);
      expect(isVascuError(await failure(source.stat(path)), 'NOT_FOUND')).toBe(true);
    });

    test('a changed file has another version, and its old one is not found', async () => {
      const { source, write } = await make();
      const before = await source.stat('a/1.vtu');
      const opened = await source.open('a/1.vtu', { ifVersion: before.version });
      expect(await new Response(opened.body).text()).toBe('one');
      await write('a/1.vtu', 'uno');
      const after = await source.stat('a/1.vtu');
      expect(after.version).not.toBe(before.version);
      const error = await failure(source.open('a/1.vtu', { ifVersion: before.version }));
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    });

    test('rejects with the reason of a signal that was aborted before', async () => {
      const { source } = await make();
      const reason = new Error('stop');
      const signal = AbortSignal.abort(reason);
      expect(await failure(source.open('a/1.vtu', { signal }))).toBe(reason);
      expect(await failure(source.stat('a/1.vtu', { signal }))).toBe(reason);
      expect(await failure(source.list({ signal })[Symbol.asyncIterator]().next())).toBe(reason);
    });

    test('a body that is being read fails with the reason of an abort', async () => {
      const { source, write } = await make();
      await write('a/1.vtu', 'x'.repeat(3_000_000));
      const controller = new AbortController();
      const { body } = await source.open('a/1.vtu', { signal: controller.signal });
      const reader = body.getReader();
      await reader.read();
      const reason = new Error('stop');
      controller.abort(reason);
      expect(await failure(reader.read().then(() => reader.read()))).toBe(reason);
    });

    test('a listing stops at an abort with its reason', async () => {
      const controller = new AbortController();
      const listing = (await make()).source.list({ signal: controller.signal })[Symbol.asyncIterator]();
      await listing.next();
      const reason = new Error('stop');
      controller.abort(reason);
      expect(await failure(listing.next())).toBe(reason);
    });

    test('a large file arrives whole, in chunks', async () => {
      const { source, write } = await make();
      const content = Array.from({ length: 150_000 }, (_, index) => index.toString(36)).join(' ');
      await write('a/1.vtu', content);
      let chunks = 0;
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of (await source.open('a/1.vtu')).body) {
        chunks++;
        text += decoder.decode(chunk, { stream: true });
      }
      expect(text === content).toBe(true);
      expect(chunks).toBeGreaterThan(1);
    });

    test('is DISPOSED after it was closed', async () => {
      const { source } = await make();
      await source[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
      expect(isVascuError(await failure(source.stat('a/1.vtu')), 'DISPOSED')).toBe(true);
      expect(isVascuError(await failure(source.open('a/1.vtu')), 'DISPOSED')).toBe(true);
      expect(isVascuError(await failure(collect(source)), 'DISPOSED')).toBe(true);
    });
  });
}
