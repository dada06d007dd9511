import assert from 'node:assert/strict';
import { type ErrorCode, isVascuError } from '../core/errors.ts';
import type { FileEntry, Source } from '../core/source.ts';

/** Files that {@link testSource} expects in a source: text by path, in the order of their paths. */
export const sourceFiles: Readonly<Record<string, string>> = {
  'a-b/1.vtu': 'before a/',
  'a/1.json': '{}',
  'a/1.vtu': 'one',
  'a/10.vtu': 'ten',
  'a/deep/er/3.vtp': '',
  'a0.vtu': 'after a/',
  'b/2 é #%?.vtu': 'two',
};

/** Source over {@link sourceFiles}, and a way to change what lies in it. */
export interface SourceFixture {
  readonly source: Source;
  /** Replaces the content of a file. */
  write(path: string, text: string): Promise<void>;
}

/** Test of any runner: vitest's `test`, `node:test`'s, jest's; it fails when `run` rejects. */
export type RunTest = (name: string, run: () => Promise<void>) => unknown;

const PREFIXES = ['a', 'a/', 'a/1', 'a/deep/', 'a/1.vtu', 'nope', 'nope/'];
const RANGES: readonly (readonly [start: number, end: number, text: string])[] = [
  [0, 9, 'before a/'],
  [1, 3, 'ef'],
  [8, 9, '/'],
  [4, 4, ''],
];
const WRONG_RANGES: readonly (readonly [start: number, end: number])[] = [
  [0, 10],
  [-1, 2],
  [3, 2],
  [0.5, 2],
];
const NO_FILES = [
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
];
const WAYS_OUT = ['..', '../x', 'a/../../x', 'a/../a/1.vtu', 'a/1.vtu\0'];
const LARGE_CHARACTERS = 3_000_000;
const LARGE_WORDS = 150_000;

/**
 * Defines the tests of the contract that every {@link Source} keeps. Each makes a source of its own; what does not hold
 * is thrown.
 *
 * @param name - of the kind of source, before the name of each test
 * @param make - builds a source over {@link sourceFiles}
 * @param test - defines one test
 *
 * @example
 * import { test } from 'node:test';
 * testSource('my store', async () => ({ source: new MyStore(sourceFiles), write }), test);
 */
export function testSource(name: string, make: () => Promise<SourceFixture>, test: RunTest): void {
  const define = (what: string, run: (fixture: SourceFixture) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const fixture = await make();
      try {
        await run(fixture);
      } finally {
        await fixture.source[Symbol.asyncDispose]();
      }
    });
  };

  define('lists every file in the order of paths by code units', async ({ source }) => {
    assert.deepEqual(pathsOf(await collect(source)), Object.keys(sourceFiles));
  });
  for (const prefix of PREFIXES) {
    define(`lists what begins with ${prefix}`, async ({ source }) => {
      const expected = Object.keys(sourceFiles).filter((path) => path.startsWith(prefix));
      assert.deepEqual(pathsOf(await collect(source, prefix)), expected);
    });
  }
  define('says the size of each file, and the same version each time', async ({ source }) => {
    for (const entry of await collect(source)) {
      assert.equal(entry.size, new TextEncoder().encode(sourceFiles[entry.path]).byteLength);
      assert.deepEqual(await source.stat(entry.path), entry);
    }
  });
  define('streams the bytes of every file with what describes it', async ({ source }) => {
    for (const [path, text] of Object.entries(sourceFiles)) {
      const { body, size, version } = await source.open(path);
      assert.equal(await new Response(body).text(), text);
      const entry = await source.stat(path);
      assert.deepEqual({ size, version }, { size: entry.size, version: entry.version });
    }
  });
  for (const [start, end, text] of RANGES) {
    define(`reads bytes ${start} to ${end}, the end exclusive`, async ({ source }) => {
      assert.equal(await read(source, 'a-b/1.vtu', { range: { start, end } }), text);
    });
  }
  define('describes the whole file where a range of it is opened', async ({ source }) => {
    const { body, size } = await source.open('a-b/1.vtu', { range: { start: 1, end: 3 } });
    await body.cancel();
    assert.equal(size, 9);
  });
  for (const [start, end] of WRONG_RANGES) {
    define(`refuses the range ${start} to ${end} of 9 bytes with a RangeError`, async ({ source }) => {
      await assert.rejects(read(source, 'a-b/1.vtu', { range: { start, end } }), RangeError);
    });
  }
  for (const path of [...NO_FILES, ...WAYS_OUT]) {
    define(`has no file ${JSON.stringify(path)}`, async ({ source }) => {
      await rejectsWith('NOT_FOUND', source.open(path));
      await rejectsWith('NOT_FOUND', source.stat(path));
    });
  }
  define('a changed file has another version, and its old one is not found', async ({ source, write }) => {
    const before = await source.stat('a/1.vtu');
    assert.equal(await read(source, 'a/1.vtu', { ifVersion: before.version }), 'one');
    await write('a/1.vtu', 'uno');
    assert.notEqual((await source.stat('a/1.vtu')).version, before.version);
    await rejectsWith('NOT_FOUND', source.open('a/1.vtu', { ifVersion: before.version }));
  });
  define('rejects with the reason of a signal that was aborted before', async ({ source }) => {
    const reason = new Error('stop');
    const signal = AbortSignal.abort(reason);
    await rejectsBy(reason, source.open('a/1.vtu', { signal }));
    await rejectsBy(reason, source.stat('a/1.vtu', { signal }));
    await rejectsBy(reason, source.list({ signal })[Symbol.asyncIterator]().next());
  });
  define('a body that is being read fails with the reason of an abort', async ({ source, write }) => {
    await write('a/1.vtu', 'x'.repeat(LARGE_CHARACTERS));
    const controller = new AbortController();
    const { body } = await source.open('a/1.vtu', { signal: controller.signal });
    const reader = body.getReader();
    await reader.read();
    const reason = new Error('stop');
    controller.abort(reason);
    await rejectsBy(
      reason,
      reader.read().then(() => reader.read()),
    );
  });
  define('a listing stops at an abort with its reason', async ({ source }) => {
    const controller = new AbortController();
    const listing = source.list({ signal: controller.signal })[Symbol.asyncIterator]();
    await listing.next();
    const reason = new Error('stop');
    controller.abort(reason);
    await rejectsBy(reason, listing.next());
  });
  define('a large file arrives whole, in chunks', async ({ source, write }) => {
    const text = Array.from({ length: LARGE_WORDS }, (_, index) => index.toString(36)).join(' ');
    await write('a/1.vtu', text);
    const decoder = new TextDecoder();
    let [chunks, received] = [0, ''];
    for await (const chunk of (await source.open('a/1.vtu')).body) {
      chunks++;
      received += decoder.decode(chunk, { stream: true });
    }
    assert.ok(received === text, 'other bytes came');
    assert.ok(chunks > 1, 'it came in one chunk');
  });
  define('is DISPOSED after it was closed', async ({ source }) => {
    await source[Symbol.asyncDispose]();
    await source[Symbol.asyncDispose]();
    await rejectsWith('DISPOSED', source.stat('a/1.vtu'));
    await rejectsWith('DISPOSED', source.open('a/1.vtu'));
    await rejectsWith('DISPOSED', collect(source));
  });
}

async function collect(source: Source, prefix?: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

function pathsOf(entries: readonly FileEntry[]): string[] {
  return entries.map(({ path }) => path);
}

async function read(source: Source, ...given: Parameters<Source['open']>): Promise<string> {
  return new Response((await source.open(...given)).body).text();
}

async function rejectsWith(code: ErrorCode, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => isVascuError(error, code));
}

async function rejectsBy(reason: Error, promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, (error) => error === reason);
}
