import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Keeper } from '../../../src/core/keeper.ts';
import type { FileEntry } from '../../../src/core/source.ts';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import { makeFolder } from '../../temporary-folder.ts';

/** Web server of one list, which says whether it has changed. */
class ListServer {
  list: string;
  /** Statuses of the answers that had to do with the list. */
  readonly statuses: number[] = [];
  /** Requests for the list that come to no answer, from the next one on. */
  failures = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  constructor(list: string) {
    this.list = list;
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void this.#server.close());
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  #answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const etag = `"${this.list.length}-${this.list.at(-3) ?? ''}"`;
    const isSame = headers['if-none-match'] === etag;
    const status = url !== '/files.jsonl' ? 404 : isSame ? 304 : 200;
    if (url === '/files.jsonl' && this.failures-- > 0) return void response.destroy();
    if (url === '/files.jsonl') this.statuses.push(status);
    response.writeHead(status, { etag }).end(status === 200 ? this.list : undefined);
  }
}

/** Keeper in memory. */
class MemoryKeeper implements Keeper {
  readonly kept = new Map<string, Uint8Array<ArrayBuffer>>();

  async keep(path: string, version: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.kept.set(`${path} ${version}`, bytes);
  }

  async recall(path: string, version: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.kept.get(`${path} ${version}`);
  }

  async forget(path: string, version: string): Promise<void> {
    this.kept.delete(`${path} ${version}`);
  }
}

/** Writes a list of so many files, the last ones first. */
function listOf(count: number, size = 7): string {
  const paths = Array.from({ length: count }, (_, index) => `cases/${String(index).padStart(5, '0')}.vtu`);
  return paths
    .reverse()
    .map((path) => `${JSON.stringify({ path, size, modified: '2026-01-01T00:00:00Z' })}\n`)
    .join('');
}

async function readOnce(url: string, keeper: Keeper, prefix?: string): Promise<FileEntry[]> {
  await using source = new HttpSource({ url, keeperOf: () => Promise.resolve(keeper) });
  const entries: FileEntry[] = [];
  for await (const entry of source.list({ prefix })) entries.push(entry);
  return entries;
}

async function begin(count: number) {
  const server = new ListServer(listOf(count));
  return { server, url: await server.start(), keeper: new MemoryKeeper() };
}

test('a list that has not changed is not sent again to another source', async () => {
  const { server, url, keeper } = await begin(1500);
  const first = await readOnce(url, keeper);
  expect(first).toHaveLength(1500);
  expect(first[0]?.path).toBe('cases/00000.vtu');
  expect(await readOnce(url, keeper)).toEqual(first);
  expect(await readOnce(url, keeper, 'cases/0100')).toEqual(first.slice(1000, 1010));
  expect(server.statuses).toEqual([200, 304, 304]);
});

test('a list that has changed is read, and kept in place of the old one', async () => {
  const { server, url, keeper } = await begin(1500);
  await readOnce(url, keeper);
  server.list = listOf(1600, 88);
  const changed = await readOnce(url, keeper);
  expect(changed).toHaveLength(1600);
  expect(changed[0]?.size).toBe(88);
  expect(await readOnce(url, keeper)).toEqual(changed);
  expect(server.statuses).toEqual([200, 200, 304]);
});

test('what was kept and is damaged is as if it were not there, and kept anew', async () => {
  const { server, url, keeper } = await begin(1500);
  const first = await readOnce(url, keeper);
  for (const bytes of keeper.kept.values()) bytes[bytes.byteLength - 9] = 1 ^ (bytes.at(-9) as number);
  expect(await readOnce(url, keeper)).toEqual(first);
  expect(await readOnce(url, keeper)).toEqual(first);
  expect(server.statuses).toEqual([200, 200, 304]);
});

test('a list that goes first and is new is found, though another one was kept', async () => {
  const lists = new Map([['/files.txt', Array.from({ length: 1000 }, (_, at) => `${at}.vtu\n`).join('')]]);
  const asked: string[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    const list = lists.get(url);
    const isSame = list !== undefined && headers['if-none-match'] === '"1"';
    const status = list === undefined ? 404 : isSame ? 304 : 200;
    asked.push(`${url} ${status}`);
    response.writeHead(status, { etag: '"1"' }).end(status === 200 ? list : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const keeper = new MemoryKeeper();
  const asEarlier = ['/files.jsonl 404', '/files.txt 304'];
  expect(await readOnce(url, keeper, 'none/')).toEqual([]);
  expect(await readOnce(url, keeper, 'none/')).toEqual([]);
  const modified = '2026-01-01T00:00:00Z';
  lists.set('/files.jsonl', `${JSON.stringify({ path: 'new.vtu', size: 1, modified })}\n`);
  expect((await readOnce(url, keeper)).map(({ path }) => path)).toEqual(['new.vtu']);
  expect(asked).toEqual(['/files.jsonl 404', '/files.txt 200', ...asEarlier, '/files.jsonl 200']);
});

test('a list that has not changed is not sent where the line breaks first', async () => {
  const { server, url, keeper } = await begin(1500);
  const first = await readOnce(url, keeper);
  server.failures = 1;
  expect(await readOnce(url, keeper)).toEqual(first);
  expect(server.statuses).toEqual([200, 304]);
});

test('a short list is not kept', async () => {
  const { url, keeper } = await begin(20);
  await readOnce(url, keeper);
  expect(keeper.kept.size).toBe(0);
});

test('a dataset is opened again with one conditional request, with the same samples', async () => {
  const { server, url } = await begin(1200);
  const cacheDir = join(await makeFolder(), 'cache');
  const open = async (sourceDir?: string) => {
    await using dataset = await VascuDataset.open({ sourceUrl: url, sourceDir, cacheDir });
    return dataset.samples.map(({ path, files }) => [path, files[0]?.size, files[0]?.version]);
  };
  const first = await open();
  expect(first).toHaveLength(1200);
  expect(await open()).toEqual(first);
  expect(await open('cases')).toEqual(first);
  expect(server.statuses).toEqual([200, 304, 304]);
});

test('a list that does not say all of a few files is a table all the same, of all names that can be asked for', async () => {
  const asked: string[] = [];
  const list = `${listOf(3)}${JSON.stringify({ path: 'metadata.jsonl' })}\n${JSON.stringify({ path: 'fälle/ü.vtu', size: 2, modified: '2026-01-01T00:00:00Z' })}\n`;
  const server = createServer(({ method, url = '' }, response) => {
    if (url === '/files.jsonl') return void response.end(list);
    asked.push(`${method} ${url}`);
    const isTable = url === '/metadata.jsonl';
    response.writeHead(isTable ? 200 : 404, { etag: '"7"', 'content-length': 5 }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await using source = new HttpSource({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    index: 'files.jsonl',
  });
  const { table, entries } = await source.list().begin();
  const found: FileEntry[] = [];
  for await (const entry of entries()) found.push(entry);
  expect(table).toBeDefined();
  expect(found.map(({ path, size }) => [path, size])).toEqual([
    ['cases/00000.vtu', 7],
    ['cases/00001.vtu', 7],
    ['cases/00002.vtu', 7],
    ['fälle/ü.vtu', 2],
    ['metadata.jsonl', 5],
  ]);
  expect(found.at(-1)).toEqual(await source.stat('metadata.jsonl'));
  expect(asked.filter((each) => each === 'HEAD /metadata.jsonl')).toHaveLength(2);
  const below: string[] = [];
  for await (const { path } of source.list({ prefix: 'fäl' })) below.push(path);
  expect(below).toEqual(['fälle/ü.vtu']);
});
