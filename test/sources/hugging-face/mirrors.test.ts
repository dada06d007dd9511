import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import { DataStreamer } from '../../../src/streamers/data-streamer.ts';
import { serve, serveOddly } from '../../servers/odd-server.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { listAll, makeHub, TOKEN } from './hub-fixture.ts';

const FILES = { 'README.md': '# about', 'a.json': '{}', 'cases/a.vtu': 'mesh' };

/** A mirror that sends all, or what it is asked for here, on to the Hub. */
async function mirrorOf(url: string, isSent: (path: string) => boolean = () => true): Promise<string> {
  const mirror = await serve((request, response) => {
    if (!isSent(request.url ?? '')) return void response.writeHead(404).end();
    response.writeHead(308, { location: url + (request.url ?? '') }).end();
  });
  return mirror.replace(/\/$/, '');
}

describe('a mirror that sends on to another host', () => {
  test.each([
    ['listing', (source: Parameters<typeof listAll>[0]) => listAll(source)],
    ['opening', (source: Parameters<typeof listAll>[0]) => source.open('cases/a.vtu')],
    ['describing', (source: Parameters<typeof listAll>[0]) => source.stat('cases/a.vtu')],
  ])('%s: says where the token is not sent, and what to do', async (_, action) => {
    const { hub, repository, connect } = await makeHub(FILES);
    repository.access = 'private';
    repository.readers.add(TOKEN);
    const endpoint = await mirrorOf(hub.url);
    const error = await failureOf(action(connect({ endpoint, token: TOKEN })));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('token-required');
    const { host } = new URL(hub.url);
    expect(String(error)).toContain(`on to ${host}`);
    expect(String(error)).toContain(`not sent to another host`);
    expect(String(error)).toContain(`HF_ENDPOINT=${hub.url} `);
    expect(String(error)).not.toContain(TOKEN);
    expect(hub.requests.every(({ headers }) => headers['authorization'] === undefined)).toBe(true);
  });

  test('without a token says that none was given', async () => {
    const { hub, repository, connect } = await makeHub(FILES);
    repository.access = 'private';
    const error = await failureOf(listAll(connect({ endpoint: await mirrorOf(hub.url) })));
    expect(String(error)).toMatch(/sends requests .* no token was given.*HF_ENDPOINT=/);
  });

  test('serves a public dataset', async () => {
    const { hub, connect } = await makeHub(FILES);
    const source = connect({ endpoint: await mirrorOf(hub.url), token: TOKEN });
    expect(await listAll(source)).toHaveLength(3);
  });
});

describe('a commit that is gone', () => {
  test.each([
    ['open', (source: Parameters<typeof listAll>[0]) => source.open('cases/a.vtu')],
    ['list', (source: Parameters<typeof listAll>[0]) => listAll(source, 'other/')],
    ['stat', (source: Parameters<typeof listAll>[0]) => source.stat('x/y.vtu')],
  ])('%s: is named, with what to do', async (_, action) => {
    const { hub, repository, connect } = await makeHub(FILES);
    const source = connect();
    const { commit } = await source.commit();
    await source.stat('cases/a.vtu');
    const find = repository.find.bind(repository);
    repository.find = (revision) => (revision === commit ? undefined : find(revision));
    const error = await failureOf(action(source));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toMatch(new RegExp(`commit ${commit}.*"main".*is gone.*[Oo]pen the dataset again`));
    expect(hub.requests.length).toBeGreaterThan(0);
  });

  test('that the caller named is a revision that there is not', async () => {
    const { connect } = await makeHub(FILES);
    const error = await failureOf(listAll(connect({ revision: 'f'.repeat(40) })));
    expect(String(error)).toMatch(/has no revision "f+"/);
  });
});

describe('the sample of a check', () => {
  test('is a mesh, read from the store where meshes lie, which is named', async () => {
    const { hub, connect } = await makeHub(FILES);
    const found = (await connect().check()).at(-1);
    expect(found).toMatchObject({ name: 'read a sample', ok: true });
    expect(found?.found).toBe(`4 of 4 bytes of cases/a.vtu read from ${new URL(hub.cdnUrl).host}`);
  });

  test('that the store does not give is a failed step that names the store', async () => {
    const { hub, connect } = await makeHub(FILES);
    hub.cdn.answer = () => ({ status: 403, headers: {}, body: new Uint8Array(0), isFile: false });
    const found = (await connect().check()).at(-1);
    expect([found?.ok, found?.found.includes(new URL(hub.cdnUrl).host)]).toEqual([false, true]);
  });

  test('of a web server is a mesh, and the host is named that it is redirected to', async () => {
    const files = { 'a.txt': new Uint8Array(5), 'b.vtu': new Uint8Array(7) };
    const store = await serveOddly(files);
    const url = await serve((request, response) => {
      if (request.url === '/files.txt') return void response.end('a.txt\nb.vtu\n');
      if (request.url?.startsWith('/files') === true) return void response.writeHead(404).end();
      response.writeHead(302, { location: new URL(request.url ?? '', store.url).href }).end();
    });
    const source = new HttpSource({ url, proxy: false });
    const streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
    onTestFinished(() => streamer.close());
    const { steps } = await streamer.checkConnection();
    expect(steps.find(({ name }) => name === 'read a sample')?.found).toBe(
      `7 of 7 bytes of b.vtu read from ${new URL(store.url).host}`,
    );
  });
});
