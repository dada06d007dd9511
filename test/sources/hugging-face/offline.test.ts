import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { cachedRepoFolder } from '../../../src/sources/hugging-face/hub-cache.ts';
import { readSnapshot } from '../../../src/sources/hugging-face/hub-snapshot.ts';
import { failureOf } from '../../temporary-folder.ts';
import { fetchFile } from './fetch-file.ts';
import { listAll, makeHub } from './hub-fixture.ts';
import { downloadAsPython } from './python-cache.ts';

const FILES = { 'a.vtu': 'one', 'cases/b.vtu': 'two', 'c.json': '{}' };
const OFFLINE = { HF_HUB_OFFLINE: '1' };

describe('offline', () => {
  test('reads what the Python library has downloaded, and makes no request', async () => {
    const { hub, repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, Object.keys(FILES));
    const source = connect({ hubCacheDir, environment: OFFLINE });
    expect((await listAll(source)).map(({ path }) => path)).toEqual(['a.vtu', 'c.json', 'cases/b.vtu']);
    for (const [path, content] of Object.entries(FILES)) {
      expect(new TextDecoder().decode(await fetchFile(source, path))).toBe(content);
    }
    expect(await source.commit()).toMatchObject({ from: 'hub-cache', complete: false });
    expect(hub.requests).toEqual([]);
  });

  test('finds the cache where HF_HUB_CACHE says', async () => {
    const { repository, connect } = await makeHub(FILES);
    const HF_HUB_CACHE = await downloadAsPython(repository, ['a.vtu']);
    const source = connect({ hubCacheDir: undefined, environment: { ...OFFLINE, HF_HUB_CACHE } });
    expect(new TextDecoder().decode(await fetchFile(source, 'a.vtu'))).toBe('one');
  });

  test('what was not downloaded is an error that names the file and the variable; not NOT_FOUND', async () => {
    const { repository, connect } = await makeHub(FILES);
    for (const tree of [true, false]) {
      const hubCacheDir = await downloadAsPython(repository, ['a.vtu'], { tree });
      const source = connect({ hubCacheDir, environment: OFFLINE });
      const error = await failureOf(source.open('c.json'));
      expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
      expect(String(error)).toMatch(/"c\.json".*HF_HUB_OFFLINE/);
    }
  });

  test('with the listing of the whole commit, a file that does not exist is NOT_FOUND', async () => {
    const { repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, ['a.vtu'], { tree: true });
    const source = connect({ hubCacheDir, environment: OFFLINE });
    expect(await listAll(source)).toHaveLength(3);
    expect(isVascuError(await failureOf(source.stat('nope.vtu')), 'NOT_FOUND')).toBe(true);
  });

  test('a revision that was not downloaded is an error', async () => {
    const { repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, ['a.vtu']);
    for (const revision of ['v1', 'f'.repeat(40)]) {
      const error = await failureOf(listAll(connect({ hubCacheDir, revision, environment: OFFLINE })));
      expect(String(error)).toContain(`revision "${revision}"`);
    }
  });

  test('a snapshot that was kept says the commit and the files', async () => {
    const { hub, connect } = await makeHub(FILES);
    const kept = JSON.stringify(await connect().snapshot());
    const before = hub.requests.length;
    const source = connect({ offline: true });
    const snapshot = readSnapshot(JSON.parse(kept), source.place);
    const offline = connect({ offline: true, snapshot });
    expect(await listAll(offline)).toEqual(await listAll(connect({ snapshot })));
    expect(await offline.commit()).toMatchObject({ from: 'snapshot', complete: true });
    expect(isVascuError(await failureOf(offline.stat('nope')), 'NOT_FOUND')).toBe(true);
    expect(await offline.snapshot()).toEqual(JSON.parse(kept));
    // Online the snapshot of the same commit saves the listing.
    expect(hub.requests.length - before).toBe(1);
  });
});

describe('without a network', () => {
  test('a snapshot serves, and it is said that the Hub was not asked', async () => {
    const { hub, connect } = await makeHub(FILES);
    const snapshot = await connect().snapshot();
    await hub.close();
    const source = connect({ snapshot, maxWaitMs: 10 });
    expect(await listAll(source)).toHaveLength(3);
    expect(await source.commit()).toMatchObject({ from: 'snapshot' });
    const error = await failureOf(source.open('a.vtu'));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
  });

  test('so does what the Python library has downloaded', async () => {
    const { hub, repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, ['a.vtu'], { tree: true });
    await hub.close();
    const source = connect({ hubCacheDir, maxWaitMs: 10 });
    expect(await listAll(source)).toHaveLength(3);
    expect(await source.locate('a.vtu')).toContain('snapshots');
    expect(await source.commit()).toMatchObject({ from: 'hub-cache', complete: true });
  });

  test('a Hub that answers, if only with an error, is no reason to read an old commit', async () => {
    const { hub, repository, connect } = await makeHub(FILES);
    const snapshot = await connect().snapshot();
    repository.disabled = true;
    expect(isVascuError(await failureOf(listAll(connect({ snapshot }))), 'AUTH')).toBe(true);
    repository.disabled = false;
    hub.limits.quotas.api = { requests: 0, windowSeconds: 300 };
    const error = await failureOf(listAll(connect({ snapshot, maxWaitMs: 10 })));
    expect(isVascuError(error, 'NETWORK') && error.status).toBe(429);
  });
});

describe('snapshots', () => {
  test('one of another dataset, revision or Hub is not taken', async () => {
    const { hub, connect } = await makeHub(FILES);
    hub.add('user/other', FILES).commit({}, 'v1');
    const snapshot = await connect().snapshot();
    for (const other of [
      { repoId: 'user/other' },
      { revision: 'v1' },
      { endpoint: 'https://huggingface.co' },
    ]) {
      expect(() => connect({ ...other, snapshot })).toThrow(/snapshot/);
    }
  });

  test.each([
    null,
    1,
    {},
    { format: 2 },
    { commit: 'x' },
    { files: [['../x', 1, 'a'.repeat(40)]] },
    { files: [['x', -1, 'a'.repeat(40)]] },
    { files: [['x', 1, 'a']] },
    { files: [1] },
  ])('%j in a kept one makes it useless', async (change) => {
    const { connect } = await makeHub(FILES);
    const source = connect();
    const value: unknown =
      typeof change === 'object' && change !== null && Object.keys(change).length > 0
        ? { ...(await source.snapshot()), ...change }
        : change;
    expect(readSnapshot(value, source.place)).toBeUndefined();
  });

  test('one of an older commit is replaced by what the Hub says', async () => {
    const { repository, connect } = await makeHub(FILES);
    const snapshot = await connect().snapshot();
    repository.commit({ 'd.vtu': 'new' });
    expect(await listAll(connect({ snapshot }))).toHaveLength(4);
  });
});

describe('locate', () => {
  test('gives the path of a file that the Python library has downloaded for this commit', async () => {
    const { hub, repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, ['a.vtu']);
    const source = connect({ hubCacheDir });
    expect(await source.locate('a.vtu')).toBe(
      join(
        cachedRepoFolder(hubCacheDir, 'user/cases'),
        'snapshots',
        repository.refs.get('main') ?? '',
        'a.vtu',
      ),
    );
    expect(await source.locate('c.json')).toBeUndefined();
    expect(isVascuError(await failureOf(source.locate('nope')), 'NOT_FOUND')).toBe(true);
    expect(hub.count('resolve')).toBe(0);
    repository.commit({ 'a.vtu': 'uno' });
    source.refresh();
    expect(await source.locate('a.vtu')).toBeUndefined();
  });

  test.each(['onE', 'on', ''])('passes over a file whose bytes are wrong: %j', async (content) => {
    const { repository, connect } = await makeHub(FILES);
    const hubCacheDir = await downloadAsPython(repository, ['a.vtu'], { content });
    expect(await connect({ hubCacheDir }).locate('a.vtu')).toBeUndefined();
  });

  test('knows nothing without a cache', async () => {
    const { connect } = await makeHub(FILES);
    expect(await connect().locate('a.vtu')).toBeUndefined();
  });
});
