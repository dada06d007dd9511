import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  downloadFile,
  downloadFileToCacheDir,
  listFiles,
  pathsInfo,
  snapshotDownload,
} from '@huggingface/hub';
import { describe, expect, test, vi } from 'vitest';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import type { Hub } from './hub.ts';
import { startHub } from './start-hub.ts';

const FILES = { 'README.md': 'read me', 'cases/1.vtu': 'one', 'cases/1.json': '{}', 'cases/a b.vtu': 'two' };
const repo = { type: 'dataset', name: 'user/cases' } as const;

async function startWith(change: (hub: Hub) => void = () => undefined): Promise<Hub> {
  const hub = await startHub();
  hub.add('user/cases', FILES);
  change(hub);
  return hub;
}

async function list(hubUrl: string, accessToken?: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of listFiles({
    repo,
    hubUrl,
    recursive: true,
    ...(accessToken && { accessToken }),
  })) {
    if (entry.type === 'file') paths.push(entry.path);
  }
  return paths.toSorted();
}

describe('the loopback Hub, as @huggingface/hub sees it', () => {
  test('lists a repository over several pages', async () => {
    const hub = await startWith((it) => {
      it.pageSize = 2;
    });
    expect(await list(hub.url)).toEqual(Object.keys(FILES).toSorted());
    expect(hub.count('api')).toBe(3);
  });

  test('downloads files that lie in git and in LFS', async () => {
    const hub = await startWith();
    for (const path of ['README.md', 'cases/1.vtu', 'cases/1.json'] as const) {
      expect(await (await downloadFile({ repo, path, hubUrl: hub.url }))?.text()).toBe(FILES[path]);
    }
    expect(hub.count('cdn')).toBe(2);
    expect(hub.count('resolve-cache')).toBeGreaterThan(0);
  });

  test('downloads to a cache folder, one file and all of them', async () => {
    vi.spyOn(console, 'debug').mockReturnValue();
    const hub = await startWith();
    const cacheDir = await makeFolder();
    const one = await downloadFileToCacheDir({ repo, path: 'cases/1.vtu', hubUrl: hub.url, cacheDir });
    expect(await readFile(one, 'utf8')).toBe('one');
    const all = await snapshotDownload({ repo, hubUrl: hub.url, cacheDir });
    for (const path of ['README.md', 'cases/1.vtu', 'cases/1.json'] as const) {
      expect(await readFile(join(all, path), 'utf8')).toBe(FILES[path]);
    }
  });

  test('describes paths, and leaves out those that do not exist', async () => {
    const hub = await startWith();
    const found = await pathsInfo({ repo, paths: ['cases/1.vtu', 'nope', 'cases'], hubUrl: hub.url });
    expect(found.map(({ path, type, size, lfs }) => [path, type, size, lfs?.size])).toEqual([
      ['cases/1.vtu', 'file', 3, 3],
      ['cases', 'directory', 0, undefined],
    ]);
  });

  test('a private repository answers 401 without a token, 404 to a stranger, and lists to a reader', async () => {
    const hub = await startWith((it) => {
      it.tokens.add('hf_reader').add('hf_stranger');
      for (const repository of it.repositories) {
        repository.access = 'private';
        repository.readers.add('hf_reader');
      }
    });
    expect(await failureOf(list(hub.url))).toHaveProperty('statusCode', 401);
    expect(await failureOf(list(hub.url, 'hf_stranger'))).toHaveProperty('statusCode', 404);
    expect(await failureOf(list(hub.url, 'hf_wrong'))).toHaveProperty('statusCode', 401);
    expect(await list(hub.url, 'hf_reader')).toHaveLength(4);
  });

  test('a gated repository is listed to everyone and downloaded by those who were let in', async () => {
    const hub = await startWith((it) => {
      it.tokens.add('hf_reader').add('hf_stranger');
      for (const repository of it.repositories) {
        repository.access = 'gated';
        repository.readers.add('hf_reader');
      }
    });
    const get = (accessToken?: string): Promise<Blob | null> =>
      downloadFile({ repo, path: 'README.md', hubUrl: hub.url, ...(accessToken && { accessToken }) });
    expect(await list(hub.url)).toHaveLength(4);
    expect(await failureOf(get())).toHaveProperty('statusCode', 401);
    expect(await failureOf(get('hf_stranger'))).toHaveProperty('statusCode', 403);
    expect(await (await get('hf_reader'))?.text()).toBe('read me');
  });

  test('a renamed repository is redirected', async () => {
    const hub = await startWith((it) => {
      for (const repository of it.repositories) it.rename(repository, 'group/cases');
    });
    expect(await list(hub.url)).toHaveLength(4);
  });

  test('requests beyond the quota are refused with the time to wait', async () => {
    const hub = await startWith((it) => {
      it.limits.quotas.api = { requests: 1, windowSeconds: 300 };
    });
    await list(hub.url);
    expect(await failureOf(list(hub.url))).toHaveProperty('statusCode', 429);
    const { headers } = await fetch(`${hub.url}/api/datasets/user/cases`);
    expect(headers.get('RateLimit')).toMatch(/^"api";r=0;t=\d+$/);
  });

  test('signed addresses stop working', async () => {
    const hub = await startWith();
    const address = await fetch(`${hub.url}/datasets/user/cases/resolve/main/cases/1.vtu`, {
      redirect: 'manual',
    });
    const location = address.headers.get('Location') ?? '';
    expect(new URL(location).origin).toBe(hub.cdnUrl);
    const before = await fetch(location);
    expect(before.status).toBe(200);
    expect(before.headers.get('ETag')).not.toBe(address.headers.get('X-Linked-Etag'));
    hub.cdn.expireAll();
    expect((await fetch(location)).status).toBe(403);
  });

  test('sends one range of a file, and 416 for one outside it', async () => {
    const hub = await startWith();
    const get = (Range: string): Promise<Response> =>
      fetch(`${hub.url}/datasets/user/cases/resolve/main/cases/1.vtu`, { headers: { Range } });
    const part = await get('bytes=1-1');
    expect([part.status, part.headers.get('Content-Range'), await part.text()]).toEqual([
      206,
      'bytes 1-1/3',
      'n',
    ]);
    expect((await get('bytes=3-')).status).toBe(416);
  });
});
