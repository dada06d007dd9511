import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import { failureOf } from '../../temporary-folder.ts';
import { listAll } from '../list-all.ts';

const mtime = 'Tue, 24 Nov 2026 23:10:16 GMT';

/** A web server with nginx's JSON lists over these files; `refused` are folders and the status that they answer. */
async function serve(
  files: readonly string[],
  refused: Readonly<Record<string, number>> = {},
  lists: Readonly<Record<string, string>> = {},
): Promise<HttpSource> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const list = lists[path];
    const status = refused[path];
    if (list !== undefined) return void response.writeHead(200).end(list);
    if (status !== undefined) return void response.writeHead(status).end();
    if (files.includes(path)) {
      return void response.writeHead(200, { 'Content-Length': 1, 'Last-Modified': mtime }).end('x');
    }
    const inside = files.filter((file) => file.startsWith(path)).map((file) => file.slice(path.length));
    if (lists['files.txt'] !== undefined || !(path === '' || path.endsWith('/')) || inside.length === 0)
      return void response.writeHead(404).end();
    const names = [...new Set(inside.map((name) => name.replace(/(?<=\/).*/, '')))];
    const items = names.map((name) =>
      name.endsWith('/')
        ? { name: name.slice(0, -1), type: 'directory', mtime }
        : { name, type: 'file', mtime, size: 1 },
    );
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(items));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

function open(url: string): HttpSource {
  const source = new HttpSource({ url, proxy: false });
  onTestFinished(() => source.close());
  return source;
}

describe('the lists of a web server', () => {
  const SYSTEM = [
    '$Recycle.Bin',
    '@eaDir',
    '@recycle',
    'System Volume Information',
    'a/lost+found',
    '~snapshot',
  ];

  test('pass over the folders of systems, and tell of them', async () => {
    const source = await serve(['a/1.vtu', '.snapshot/x', ...SYSTEM.map((name) => `${name}/x.vtu`)]);
    expect(await listAll(source)).toEqual({
      paths: ['a/1.vtu'],
      leftOut: SYSTEM.map((path) => ({ path, reason: 'system-folder' })),
    });
  });

  test.each(['@recycle/', '@recycle', '@recycle/old/', '.snapshot/'])(
    'are followed into one that the prefix names: %s',
    async (prefix) => {
      const source = await serve(['@recycle/old/x.vtu', '.snapshot/x.vtu', 'x.vtu']);
      const { paths, leftOut } = await listAll(source, prefix);
      expect(paths).toHaveLength(1);
      expect(leftOut).toEqual([]);
    },
  );

  test('that somebody wrote are taken as they are', async () => {
    const source = await serve(['@Recycle/x.vtu', 'a.vtu'], {}, { 'files.txt': '@Recycle/x.vtu\na.vtu\n' });
    expect(await listAll(source)).toEqual({ paths: ['@Recycle/x.vtu', 'a.vtu'], leftOut: [] });
  });

  test.each([401, 403, 404, 410])('go on beside a folder that answers %i', async (status) => {
    const source = await serve(['a/1.vtu', 'b/2.vtu', 'c/deep/3.vtu'], { 'b/': status, 'c/deep/': status });
    expect(await listAll(source)).toEqual({
      paths: ['a/1.vtu'],
      leftOut: ['b', 'c/deep'].map((path) => ({ path, reason: 'no-permission' })),
    });
  });

  test.each([401, 403])('are an error where the folder that is meant answers %i', async (status) => {
    const source = await serve(['a/1.vtu', 'b/2.vtu'], { 'b/': status });
    for (const prefix of ['b/', 'b/2']) {
      expect(isVascuError(await failureOf(listAll(source, prefix)), 'AUTH')).toBe(true);
    }
  });
});

describe('a place of a web server that is no folder', () => {
  test.each([
    ['its own lists', {}],
    ['a list', { 'files.txt': 'a/1.vtu\nb.vtu\n' }],
  ])('is said to be a file, or to be missing: %s', async (_, lists) => {
    const source = await serve(['a/1.vtu', 'b.vtu'], {}, lists);
    await source.assertFolder('a');
    for (const [path, text] of [
      ['b.vtu', 'is a file, not a folder'],
      ['c', 'There is no folder "c"'],
      ['a/1.vtu/x', 'There is no folder'],
    ] as const) {
      const error = await failureOf(source.assertFolder(path));
      expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
      expect(String(error)).toContain(text);
    }
  });

  test('is said to be a file where it is the address itself', async () => {
    const { id } = await serve(['a/1.vtu']);
    const error = await failureOf(listAll(open(`${id}a/1.vtu`)));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('a/1.vtu is a file, not a folder');
    expect(isVascuError(await failureOf(listAll(open(`${id}nope.d`))), 'UNSUPPORTED')).toBe(true);
  });
});
