import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cachedRepoFolder,
  findCachedCommit,
  findInHubCache,
  hasContent,
  listHubCache,
} from '../../../src/sources/hugging-face/hub-cache.ts';
import { makeFolder } from '../../temporary-folder.ts';

const COMMIT = 'a'.repeat(40);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const gitId = (text: string): string =>
  createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');

/** A dataset as the Python library lays it out: blobs, a ref, a snapshot of links. */
async function makeCache(): Promise<string> {
  const cache = await makeFolder();
  const repo = cachedRepoFolder(cache, 'user/cases');
  await write(repo, `blobs/${sha256('one')}`, 'one');
  await write(repo, `blobs/${gitId('{}')}`, '{}');
  await write(repo, 'refs/main', COMMIT);
  await write(repo, 'refs/refs/pr/1', COMMIT);
  await link(repo, `snapshots/${COMMIT}/a/1.vtu`, `../../../blobs/${sha256('one')}`);
  await link(repo, `snapshots/${COMMIT}/1.json`, `../../blobs/${gitId('{}')}`);
  return repo;
}

async function write(folder: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

async function link(folder: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await symlink(target, join(folder, path));
}

describe('a cache of the Python library', () => {
  test('knows the commit that a revision was at', async () => {
    const repo = await makeCache();
    expect(await findCachedCommit(repo, 'main')).toBe(COMMIT);
    expect(await findCachedCommit(repo, 'refs/pr/1')).toBe(COMMIT);
    expect(await findCachedCommit(repo, COMMIT)).toBe(COMMIT);
    expect(await findCachedCommit(repo, 'v1')).toBeUndefined();
    expect(await findCachedCommit(repo, '../main')).toBeUndefined();
  });

  test('finds a downloaded file, and none that leads out of it', async () => {
    const repo = await makeCache();
    expect(await findInHubCache(repo, COMMIT, 'a/1.vtu')).toBe(join(repo, 'snapshots', COMMIT, 'a/1.vtu'));
    expect(await findInHubCache(repo, COMMIT, 'a/2.vtu')).toBeUndefined();
    expect(await findInHubCache(repo, COMMIT, 'a')).toBeUndefined();
    expect(await findInHubCache(repo, COMMIT, '../../refs/main')).toBeUndefined();
    expect(await findInHubCache(repo, 'b'.repeat(40), 'a/1.vtu')).toBeUndefined();
  });

  test('lists what was downloaded, with the checksums that the names of the blobs are', async () => {
    const listing = await listHubCache(await makeCache(), COMMIT);
    expect(listing?.complete).toBe(false);
    const entries = listing?.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    expect(entries).toEqual([
      {
        path: '1.json',
        size: 2,
        version: gitId('{}'),
        checksum: { algorithm: 'git-sha1', value: gitId('{}') },
      },
      {
        path: 'a/1.vtu',
        size: 3,
        version: sha256('one'),
        checksum: { algorithm: 'sha256', value: sha256('one') },
      },
    ]);
  });

  test('takes the name of the blob, not that of a shared store behind it', async () => {
    const repo = await makeCache();
    await write(repo, `../blobs/${'f'.repeat(64)}`, 'two');
    await link(repo, `blobs/${sha256('two')}`, `../../blobs/${'f'.repeat(64)}`);
    await link(repo, `snapshots/${COMMIT}/2.vtu`, `../../blobs/${sha256('two')}`);
    const entry = (await listHubCache(repo, COMMIT))?.entries.find(({ path }) => path === '2.vtu');
    expect(entry?.version).toBe(sha256('two'));
  });

  test('a file that is no link, as without symbolic links, is listed without a checksum', async () => {
    const repo = await makeCache();
    await write(repo, `snapshots/${COMMIT}/copy.vtu`, 'copy');
    const entry = (await listHubCache(repo, COMMIT))?.entries.find(({ path }) => path === 'copy.vtu');
    expect(entry).toMatchObject({ size: 4 });
    expect(entry?.checksum).toBeUndefined();
  });

  test('the listing of a whole commit is complete, also of files that were not downloaded', async () => {
    const repo = await makeCache();
    const files = {
      'a/1.vtu': { size: 3, blob_id: gitId('pointer'), lfs_sha256: sha256('one'), lfs_size: 3 },
      'b.json': { size: 7, blob_id: gitId('b') },
    };
    await write(repo, `trees/${COMMIT}.json`, JSON.stringify({ format_version: 1, files }));
    const listing = await listHubCache(repo, COMMIT);
    expect(listing?.complete).toBe(true);
    expect(listing?.entries.map(({ path, version }) => [path, version])).toEqual([
      ['a/1.vtu', sha256('one')],
      ['b.json', gitId('b')],
    ]);
  });

  test.each([
    'not JSON',
    '{"format_version": 2, "files": {}}',
    '{"format_version": 1, "files": {"../x": {"size": 1, "blob_id": "0"}}}',
  ])('a listing that is not understood is passed over: %s', async (text) => {
    const repo = await makeCache();
    await write(repo, `trees/${COMMIT}.json`, text);
    expect((await listHubCache(repo, COMMIT))?.complete).toBe(false);
  });

  test('tells right bytes from wrong ones', async () => {
    const folder = await makeFolder({ x: 'one' });
    const entry = { path: 'x', size: 3, version: '1' };
    const check = (algorithm: 'sha256' | 'git-sha1', value: string, size = 3): Promise<boolean> =>
      hasContent(join(folder, 'x'), { ...entry, size, checksum: { algorithm, value } });
    expect(await check('sha256', sha256('one'))).toBe(true);
    expect(await check('git-sha1', gitId('one'))).toBe(true);
    expect(await check('sha256', sha256('two'))).toBe(false);
    expect(await check('git-sha1', gitId('two'))).toBe(false);
    expect(await check('sha256', sha256('one'), 4)).toBe(false);
    expect(await hasContent(join(folder, 'gone'), entry)).toBe(false);
  });

  test('knows nothing of a dataset that was never downloaded', async () => {
    const repo = cachedRepoFolder(await makeFolder(), 'user/other');
    expect(await findCachedCommit(repo, 'main')).toBeUndefined();
    expect(await listHubCache(repo, COMMIT)).toBeUndefined();
  });
});
