import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../../temporary-folder.ts';
import { fetchFile } from './fetch-file.ts';
import { leakedTokens, listAll, makeHub, TOKEN } from './hub-fixture.ts';

const text = async (file: { readonly body: ReadableStream<Uint8Array> }): Promise<string> =>
  new Response(file.body).text();
const many = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`cases/${index}.vtu`, String(index)]));

describe('HuggingFaceSource', () => {
  test.each(['user/cases', 'hf://datasets/user/cases', 'hf://datasets/user/cases@v1', 'user/cases@v1/cases'])(
    'reads %s',
    async (repoId) => {
      const { repository, connect } = await makeHub({ 'cases/1.vtu': 'one' });
      repository.commit({ 'cases/1.vtu': 'uno' }, 'v1');
      const source = connect({ repoId });
      expect(await text(await source.open('cases/1.vtu'))).toBe(repoId.includes('@v1') ? 'uno' : 'one');
    },
  );

  test('names the dataset, and the folder that its address named', async () => {
    const { hub, connect } = await makeHub({});
    const source = connect({ repoId: `${hub.url}/datasets/user/cases/tree/v1/some%20folder` });
    expect(source.id).toBe(`${hub.url}/datasets/user/cases`);
    expect(source.place).toMatchObject({ repoId: 'user/cases', revision: 'v1', path: 'some folder' });
    expect(connect({ endpoint: 'https://huggingface.co' }).id).toBe('hf://datasets/user/cases');
  });

  test('gives sizes and checksums with the listing: one call for the commit, one for each 1000 entries', async () => {
    const { hub, connect } = await makeHub(many(2500));
    const entries = await listAll(connect());
    expect(entries).toHaveLength(2500);
    const sha256 = createHash('sha256').update('7').digest('hex');
    expect(entries.find(({ path }) => path === 'cases/7.vtu')).toEqual({
      path: 'cases/7.vtu',
      size: 1,
      version: sha256,
      checksum: { algorithm: 'sha256', value: sha256 },
    });
    expect(hub.requests).toHaveLength(1 + 3);
  });

  test('as many files run as wait for the Hub and for its store together', async () => {
    const { connect } = await makeHub({ 'a.vtu': 'one', 'b.json': '{}' });
    const source = connect();
    await text(await source.open('b.json'));
    const alone = source.maxConcurrency;
    await text(await source.open('a.vtu'));
    expect(source.maxConcurrency).toBe(2 * alone);
  });

  test('after a listing a file costs two requests, and what does not exist none', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': 'one', 'b.json': '{}' });
    const source = connect();
    await listAll(source);
    const before = hub.requests.length;
    await text(await source.open('a.vtu'));
    await text(await source.open('b.json'));
    await failureOf(source.open('c.json'));
    await source.stat('a.vtu');
    expect(hub.requests.length - before).toBe(4);
  });

  test('files of a folder that was not listed cost no call each', async () => {
    const { hub, connect } = await makeHub(many(500));
    const source = connect();
    for (let index = 0; index < 500; index++) await source.stat(`cases/${index}.vtu`);
    expect(hub.count('api')).toBeLessThanOrEqual(6);
    await failureOf(source.stat('cases/500.vtu'));
    expect(hub.count('api')).toBeLessThanOrEqual(6);
  });

  test('asks for the commit and a listing once, however many ask at a time', async () => {
    const { hub, connect } = await makeHub(many(20));
    const source = connect();
    const all = await Promise.all(Array.from({ length: 10 }, () => listAll(source)));
    expect(new Set(all.map((entries) => entries.length))).toEqual(new Set([20]));
    expect(hub.count('api')).toBe(2);
  });

  test('one caller that gives up does not end the listing of the others', async () => {
    const { hub, connect } = await makeHub(many(20));
    const source = connect();
    const controller = new AbortController();
    const reason = new Error('stop');
    hub.onRequest = ({ url }) => {
      if (url.includes('/tree/')) controller.abort(reason);
    };
    const first = failureOf(source.list({ signal: controller.signal }).next());
    const second = listAll(source);
    expect(await first).toBe(reason);
    expect(await second).toHaveLength(20);
  });

  test('a listing that nobody waits for any more is given up', async () => {
    const { hub, connect } = await makeHub(many(20));
    hub.pageSize = 5;
    const source = connect();
    await source.commit();
    const controller = new AbortController();
    hub.onRequest = ({ url }) => {
      if (url.includes('cursor=')) controller.abort(new Error('stop'));
    };
    await failureOf(source.list({ signal: controller.signal }).next());
    const asked = hub.count('api');
    expect(await listAll(source)).toHaveLength(20);
    expect(asked).toBe(3);
    expect(hub.count('api')).toBe(3 + 5);
  });

  test('lists one folder without the rest', async () => {
    const { hub, connect } = await makeHub({ ...many(30), 'other/x.vtu': 'x', 'other/y/z.vtu': 'z' });
    hub.pageSize = 5;
    const entries = await listAll(connect(), 'other/');
    expect(entries.map(({ path }) => path)).toEqual(['other/x.vtu', 'other/y/z.vtu']);
    expect(hub.count('api')).toBe(2);
  });

  test('a branch that moves between two pages mixes nothing', async () => {
    const { hub, repository, connect } = await makeHub(many(50));
    const old = repository.refs.get('main');
    hub.pageSize = 10;
    hub.onRequest = ({ url }) => {
      if (url.includes('cursor='))
        repository.commit(Object.fromEntries(Object.keys(many(50)).map((path) => [path, 'new'])));
    };
    const source = connect();
    const entries = await listAll(source);
    expect(entries.map(({ size }) => size)).toEqual(
      entries.map(({ path }) => path.length - 'cases/.vtu'.length),
    );
    expect(entries).toHaveLength(50);
    expect(await text(await source.open('cases/7.vtu'))).toBe('7');
    expect(await source.commit()).toEqual({ commit: old, from: 'hub', complete: true });
    source.refresh();
    expect(await text(await source.open('cases/7.vtu'))).toBe('new');
  });

  test('reads a branch with a slash in its name, a tag and a commit', async () => {
    const { repository, connect } = await makeHub({ 'a.vtu': 'one' });
    const commit = repository.commit({ 'a.vtu': 'two' }, 'feature/x');
    repository.refs.set('refs/pr/1', repository.commit({ 'a.vtu': 'three' }, 'other'));
    expect(await text(await connect({ revision: 'feature/x' }).open('a.vtu'))).toBe('two');
    expect(await text(await connect({ revision: commit }).open('a.vtu'))).toBe('two');
    expect(await text(await connect({ revision: 'refs/pr/1' }).open('a.vtu'))).toBe('three');
  });

  test('reads a renamed dataset, and asks for it by its new name afterwards', async () => {
    const { hub, repository, connect } = await makeHub({ 'a.vtu': 'one', 'b.vtu': 'two' });
    hub.rename(repository, 'group/vessels');
    const source = connect();
    expect(await listAll(source)).toHaveLength(2);
    expect(await text(await source.open('a.vtu'))).toBe('one');
    expect(hub.requests.filter(({ url }) => url.includes('user/cases'))).toHaveLength(1);
  });

  test('a token goes to every request of the Hub and to none of the CDN', async () => {
    const { hub, repository, connect } = await makeHub({ 'a.vtu': 'one', 'b.json': '{}' });
    repository.access = 'private';
    repository.readers.add(TOKEN);
    const source = connect({ environment: { HF_TOKEN: TOKEN } });
    await listAll(source);
    for (const path of ['a.vtu', 'b.json']) await fetchFile(source, path);
    const sent = hub.requests.map(({ route, headers }) => [route, headers.authorization]);
    expect(sent.filter(([route]) => route === 'cdn')).toEqual([['cdn', undefined]]);
    expect(sent.filter(([route]) => route !== 'cdn').every(([, value]) => value === `Bearer ${TOKEN}`)).toBe(
      true,
    );
    expect(leakedTokens(hub)).toBe(0);
  });

  test('a token that is a function is asked each time, so that it may change', async () => {
    const { hub, repository, connect } = await makeHub({ 'a.vtu': 'one' });
    hub.tokens.add('hf_first').add('hf_second');
    repository.access = 'private';
    repository.readers.add('hf_first');
    let token = 'hf_first';
    const source = connect({ token: () => token });
    await source.stat('a.vtu');
    repository.readers.delete('hf_first');
    repository.readers.add('hf_second');
    token = 'hf_second';
    expect(await text(await source.open('a.vtu'))).toBe('one');
  });

  test('asks for no compression, and never for the same address of the CDN twice', async () => {
    const { hub, connect } = await makeHub({ 'a.vtu': 'one', 'b.json': '{}' });
    const source = connect();
    for (let round = 0; round < 2; round++)
      for (const path of ['a.vtu', 'b.json']) await text(await source.open(path));
    expect(new Set(hub.requests.map(({ headers }) => headers['accept-encoding']))).toEqual(
      new Set(['identity']),
    );
    expect(hub.count('resolve')).toBe(4);
  });

  test('an empty file and an empty range need no download', async () => {
    const { hub, connect } = await makeHub({ 'empty.vtu': '', 'empty.json': '', 'a.vtu': 'one' });
    const source = connect();
    expect(await text(await source.open('empty.vtu'))).toBe('');
    expect(await text(await source.open('empty.json'))).toBe('');
    expect(await text(await source.open('a.vtu', { range: { start: 2, end: 2 } }))).toBe('');
    expect(hub.count('resolve')).toBe(0);
  });

  test('names with signs that addresses use for themselves', async () => {
    const names = [
      'a b#c%20?.json',
      'é/ü&=+.vtu',
      "it's (1).vtu",
      'a@b:c;d,e.vtu',
      '100%.vtu',
      '漢字.vtu',
      'a\\b.vtu',
    ];
    const { connect } = await makeHub(Object.fromEntries(names.map((name) => [name, name])));
    const source = connect();
    expect((await listAll(source)).map(({ path }) => path)).toEqual(
      names.toSorted((a, b) => (a < b ? -1 : 1)),
    );
    const fresh = connect();
    for (const name of names) expect(await text(await fresh.open(name))).toBe(name);
  });

  test('passes over names that begin with a dot, unless they are asked for', async () => {
    const { connect } = await makeHub({ '.gitattributes': 'x', 'a/._b.vtu': 'y', 'a/b.vtu': 'z' });
    const source = connect();
    expect((await listAll(source)).map(({ path }) => path)).toEqual(['a/b.vtu']);
    expect(await text(await source.open('.gitattributes'))).toBe('x');
  });

  test('a wait that the Hub asks for by its rate limit is kept', async () => {
    const { hub, connect } = await makeHub(many(3));
    hub.limits.quotas.api = { requests: 2, windowSeconds: 1 };
    hub.pageSize = 1;
    expect(await listAll(connect())).toHaveLength(3);
    const refused = hub.requests.length - (1 + 3 + 1);
    expect(refused).toBe(0);
  });

  test('closing ends a listing that runs', async () => {
    const { hub, connect } = await makeHub(many(3));
    const source = connect();
    hub.faults.add({ at: 'api', effect: { kind: 'silence' } });
    const listing = failureOf(listAll(source));
    await new Promise<void>((resolve) => {
      hub.onRequest = () => resolve();
    });
    await source.close();
    expect(await listing).toHaveProperty('code', 'DISPOSED');
  });
});
