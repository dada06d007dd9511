import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LeftOut, Source } from '../../src/core/source.ts';
import { HttpSource } from '../../src/sources/http/http-source.ts';
import { LocalSource } from '../../src/sources/local/local-source.ts';
import { describeWithNginx, startNginx } from '../servers/nginx.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Names as old archives and Windows leave them: ISO 8859-1, Shift JIS, half a surrogate pair, a cut character. */
const UNSOUND: readonly (readonly [shown: string, bytes: Buffer])[] = [
  ['caf\uFFFD.vtu', Buffer.from('caf\xe9.vtu', 'latin1')],
  ['\uFFFD\uFFFD\u0303.vtu', Buffer.from([0x8e, 0x8c, 0xcc, 0x83, 0x2e, 0x76, 0x74, 0x75])],
  ['\uFFFD\uFFFD\uFFFD.vtu', Buffer.from([0xed, 0xa0, 0x80, 0x2e, 0x76, 0x74, 0x75])],
  ['\uFFFD', Buffer.from([0xe2])],
];
/** Sound names that look like these. */
const SOUND = ['caf\u00e9.vtu', '\uFFFD.vtu', '\u{1d4d0}.vtu'];

/** A folder with all of them, in which a folder has such a name as well. */
async function makeOldArchive(): Promise<string> {
  const folder = await makeFolder(Object.fromEntries(SOUND.map((name) => [`a/${name}`, name])));
  for (const [, bytes] of UNSOUND) await writeFile(Buffer.concat([Buffer.from(`${folder}/a/`), bytes]), 'x');
  const lost = Buffer.from(`${folder}/\xfcber`, 'latin1');
  await mkdir(lost);
  await writeFile(Buffer.concat([lost, Buffer.from('/in.vtu')]), 'x');
  return folder;
}

async function look(source: Source, prefix?: string): Promise<{ paths: string[]; leftOut: LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  const paths: string[] = [];
  for await (const { path } of source.list({ prefix, onLeftOut: (each) => void leftOut.push(each) })) {
    paths.push(path);
  }
  return { paths, leftOut: leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1)) };
}

const expectedPaths = SOUND.map((name) => `a/${name}`).toSorted();
const expectedLeftOut = [...UNSOUND.map(([shown]) => `a/${shown}`), '\uFFFDber']
  .toSorted()
  .map((path) => ({ path, reason: 'name' }));

describe('LocalSource', () => {
  test('lists what lies beside names that are no UTF-8, and tells of these', async () => {
    const source = new LocalSource({ sourceUrl: await makeOldArchive() });
    expect(await look(source)).toEqual({ paths: expectedPaths, leftOut: expectedLeftOut });
  });

  test('tells of none that lie outside of what is listed, or are hidden', async () => {
    const folder = await makeOldArchive();
    await writeFile(Buffer.from(`${folder}/a/.\xe9.vtu`, 'latin1'), 'x');
    const source = new LocalSource({ sourceUrl: folder });
    expect((await look(source, 'b/')).leftOut).toEqual([]);
    expect((await look(source, 'a/')).leftOut).toEqual(expectedLeftOut.slice(0, UNSOUND.length));
  });
});

describeWithNginx('HttpSource', () => {
  test("reads nginx's list of a folder with such names, and what lies beside them", async () => {
    await using nginx = await startNginx({
      folder: await makeOldArchive(),
      directives: 'autoindex on; autoindex_format json;',
    });
    await using source = new HttpSource({ url: `${nginx.url}/`, proxy: false });
    expect(await look(source)).toEqual({ paths: expectedPaths, leftOut: expectedLeftOut });
    for (const path of expectedPaths) {
      const { body } = await source.open(path);
      expect(await new Response(body).text()).toBe(path.slice(2));
    }
  });
});

/** A server that has nothing but one list. */
async function serveList(name: string, content: Buffer): Promise<HttpSource> {
  const server = createServer((request, response) => {
    const isList = decodeURIComponent(request.url ?? '') === `/${name}`;
    response.writeHead(isList ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isList ? content : '');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const source = new HttpSource({ url: `http://127.0.0.1:${port}/`, proxy: false });
  onTestFinished(async () => {
    await source.close();
    server.close();
  });
  return source;
}

const entry = (name: string): string =>
  `{"name":"${name}","path":"${name}","type":"file","mtime":"Mon, 01 Jan 2024 00:00:00 GMT","size":1,"sha256":"${'0'.repeat(64)}"}`;

test.each([
  ['an autoindex with Latin-1', '', 'latin1', `[${entry('caf\xe9.vtu')},${entry('ok.vtu')}]`],
  ['an autoindex with half a surrogate pair', '', 'utf8', `[${entry('caf\\ud83d.vtu')},${entry('ok.vtu')}]`],
  ['files.jsonl with Latin-1', 'files.jsonl', 'latin1', `${entry('caf\xe9.vtu')}\n${entry('ok.vtu')}\n`],
  ['files.jsonl with half a pair', 'files.jsonl', 'utf8', `${entry('caf\\udc00.vtu')}\n${entry('ok.vtu')}\n`],
] as const)('%s is listed without that name', async (_, name, encoding, text) => {
  const source = await serveList(name, Buffer.from(text, encoding));
  expect(await look(source)).toEqual({
    paths: ['ok.vtu'],
    leftOut: [{ path: 'caf\uFFFD.vtu', reason: 'name' }],
  });
});

test('letters of several bytes are sound wherever the wire splits them, behind a byte order mark too', async () => {
  const path = `${'\u00e9\u20ac\u{1f600}'.repeat(1500)}.vtu`;
  const source = await serveList('files.jsonl', Buffer.from(`\uFEFF${entry(path)}\n`));
  expect((await look(source)).paths).toEqual([path]);
});
