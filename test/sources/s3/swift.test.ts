import { expect, test, vi } from 'vitest';
import type { S3SourceOptions } from '../../../src/sources/s3/options.ts';
import { S3Source } from '../../../src/sources/s3/s3-source.ts';
import { describeWithSwift, makeSwiftBucket, SWIFT_KEYS, type SwiftBucket } from '../../servers/swift.ts';
import { proxyToLoopback } from '../../servers/to-loopback.ts';
import { FILES, testSource } from '../conformance.ts';
import { list, listAll, read } from './read-source.ts';

// The first test waits for the server, which may have to share the machine.
vi.setConfig({ testTimeout: 240_000 });

const credentials = { accessKeyId: SWIFT_KEYS.keyId, secretAccessKey: SWIFT_KEYS.secret };

/** Every printable character of ASCII in a name, and more. */
const NAMES = [
  ...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
    .filter((character) => character !== '/')
    .map((character) => `names/x${character}y`),
  'names/ leading and trailing ',
  'names/100%25',
  'names/a+b c%20d',
  'names/é ü ß',
  'names/e\u0301',
  'names/日本語/ファイル.vtu',
  'names/\u{e000}private',
  'names/\u{ffee}',
  'names/\u{1f9e0} brain',
  'names/tab\there',
  "names/!'()*~",
];

function sourceOf({ bucket, endpoint }: SwiftBucket, more: Partial<S3SourceOptions> = {}): S3Source {
  return new S3Source({ bucket, endpoint, credentials, environment: {}, ...more });
}

describeWithSwift('S3Source on Swift', () => {
  testSource('Swift', async () => {
    const store = await makeSwiftBucket();
    await Promise.all(Object.entries(FILES).map(([path, text]) => store.put(path, text)));
    return { source: sourceOf(store), write: (path, text) => store.put(path, text) };
  });

  test('names with every character are listed by code units, found and read', async () => {
    const store = await makeSwiftBucket();
    for (const name of NAMES) await store.put(name, name);
    await using source = sourceOf(store);
    const entries = await list(source);
    expect(entries.map(({ path }) => path)).toEqual(NAMES.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const entry of entries) {
      expect(await source.stat(entry.path)).toEqual(entry);
      expect(await read(source, entry.path, { ifVersion: entry.version })).toBe(entry.path);
    }
  });

  test('keys that are no paths are left out, each once; markers of folders and hidden names without a word', async () => {
    const store = await makeSwiftBucket();
    for (const key of ['a//b', '/lead', 'a/./b', 'a/../b', 'good', '.hidden/x', 'a/.b'])
      await store.put(key, key);
    await store.put('folder/', '');
    await using source = sourceOf(store);
    const { paths, leftOut } = await listAll(source);
    expect(paths).toEqual(['good']);
    expect(leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      ['/lead', 'a/../b', 'a/./b', 'a//b'].map((path) => ({ path, reason: 'path' })),
    );
    await source.assertFolder('folder');
    await expect(source.assertFolder('good')).rejects.toThrow(/is a file, not a folder/);
    await expect(source.assertFolder('nope')).rejects.toThrow(/There is no folder "nope"/);
  });

  test('several pages come one after the other', async () => {
    const store = await makeSwiftBucket();
    const keys = Array.from({ length: 1003 }, (_, index) => `step ${String(index).padStart(4, '0')}.vtu`);
    for (let at = 0; at < keys.length; at += 32)
      await Promise.all(keys.slice(at, at + 32).map((key) => store.put(key, '')));
    await using source = sourceOf(store);
    expect((await list(source)).map(({ path }) => path)).toEqual(keys);
  });

  test('an object of several parts is read whole and in ranges', async () => {
    const store = await makeSwiftBucket();
    await store.putInParts('parts/mesh.vtu', ['first part, ', 'second part']);
    await using source = sourceOf(store);
    const entries = await list(source, 'parts/');
    expect(entries).toEqual([expect.objectContaining({ path: 'parts/mesh.vtu', size: 23 })]);
    const [{ version = '' } = {}] = entries;
    expect(version).toMatch(/-2$/);
    expect(await read(source, 'parts/mesh.vtu', { ifVersion: version })).toBe('first part, second part');
    const range = { start: 6, end: 18 };
    expect(await read(source, 'parts/mesh.vtu', { ifVersion: version, range })).toBe('part, second');
  });

  test('a wrong secret and a wrong key are an AuthError that says what to change and none of them', async () => {
    const store = await makeSwiftBucket();
    for (const wrong of [
      { accessKeyId: 'test:tester', secretAccessKey: 'wr0ng-secret' },
      { accessKeyId: 'nobody', secretAccessKey: 'wr0ng-secret' },
    ]) {
      await using source = sourceOf(store, { credentials: wrong });
      const error = await list(source).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'AUTH', reason: 'bad-credentials' });
      expect(String(error)).toMatch(/key id or the secret key from the option "credentials" is wrong/);
      expect(String(error)).not.toMatch(/wr0ng|nobody/);
    }
  });

  test('a wrong region is put right', async () => {
    const store = await makeSwiftBucket();
    await store.put('x', 'there');
    await using source = sourceOf(store, { region: 'eu-central-1' });
    expect(await read(source, 'x')).toBe('there');
  });

  test('a bucket that is not there, and a port where no S3 is, are said', async () => {
    const store = await makeSwiftBucket();
    await using none = sourceOf(store, { bucket: 'no-such-bucket' });
    await expect(list(none)).rejects.toThrow(/There is no bucket "no-such-bucket" at 127.0.0.1/);
    await using elsewhere = sourceOf(store, { endpoint: `${store.endpoint}/healthcheck` });
    await expect(list(elsewhere)).rejects.toThrow(/check its name|check the endpoint/);
  });

  test('buckets in the name of the host are reached', async () => {
    const store = await makeSwiftBucket();
    await store.put('é/x', 'by host');
    const { port } = new URL(store.endpoint);
    await using proxy = await proxyToLoopback(Number(port));
    await using source = sourceOf(store, {
      endpoint: `http://s3.localhost:${port}`,
      pathStyle: false,
      proxy: proxy.url,
    });
    expect(await read(source, 'é/x')).toBe('by host');
    expect(proxy.hosts).toEqual([`${store.bucket}.s3.localhost:${port}`]);
  });

  test('check says each step', async () => {
    const store = await makeSwiftBucket();
    await store.put('x.vtu', 'bytes');
    await using source = sourceOf(store);
    const steps = await source.check();
    expect(steps.map(({ name, ok }) => [name, ok])).toEqual(
      ['settings', 'keys', 'name', 'port', 'list', 'read a sample'].map((name) => [name, true]),
    );
    expect(steps.at(-1)?.found).toBe('read 5 of the 5 bytes of "x.vtu"');
  });
});
