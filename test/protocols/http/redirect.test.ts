import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient, startServer } from './start.ts';

const SECRETS = {
  Authorization: 'Bearer secret-word',
  Cookie: 'id=secret-word',
  'X-SYNO-TOKEN': 'secret-word',
  'X-Api-Key': 'secret-word',
};

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])('with status %i is followed and kept', async (status) => {
    const server = await startServer({ y: 'content' });
    server.always('x', { kind: 'redirect', to: 'y?q=1', status });
    const response = await makeClient().request({ url: `${server.url}/x` });
    expect(await response.text()).toBe('content');
    expect(response.url.href).toBe(`${server.url}/y?q=1`);
    expect(
      response.redirects.map((step) => [step.status, step.url.pathname, step.headers.get('location')]),
    ).toEqual([[status, '/x', 'y?q=1']]);
    expect(server.connections).toBe(1);
  });

  test('to the same origin takes all headers along', async () => {
    const server = await startServer({ y: 'content' });
    server.always('x', { kind: 'redirect', to: '/y' });
    await (await makeClient().request({ url: `${server.url}/x`, headers: SECRETS })).text();
    expect(server.requests[1]?.headers).toMatchObject({
      authorization: 'Bearer secret-word',
      'x-api-key': 'secret-word',
    });
  });

  test('to another origin takes along what is wanted and nothing secret, also on the way back', async () => {
    const [server, other] = [await startServer({ z: 'content' }), await startServer()];
    server.always('x', { kind: 'redirect', to: `${other.url}/y` });
    other.always('y', { kind: 'redirect', to: `${server.url}/z` });
    const response = await makeClient().request({
      url: `${server.url}/x`,
      headers: { ...SECRETS, Range: 'bytes=0-2' },
    });
    expect(await response.text()).toBe('con');
    expect(other.requests[0]?.headers).toMatchObject({ range: 'bytes=0-2', 'accept-encoding': 'identity' });
    expect(JSON.stringify([other.requests[0], server.requests[1]])).not.toContain('secret-word');
  });

  test.each([
    [301, 'GET'],
    [302, 'GET'],
    [303, 'GET'],
    [307, 'POST'],
    [308, 'POST'],
  ])('of a POST with status %i goes on as %s', async (status, method) => {
    const server = await startServer({ y: 'content' });
    server.always('x', { kind: 'redirect', to: '/y', status });
    await (await makeClient().request({ url: `${server.url}/x`, method: 'POST', body: 'data' })).text();
    expect(server.requests[1]).toMatchObject({ method, body: method === 'POST' ? 'data' : '' });
  });

  test('is the answer when none may be followed', async () => {
    const server = await startServer();
    server.always('x', { kind: 'redirect', to: '/y' });
    const response = await makeClient().request({ url: `${server.url}/x`, redirects: 0 });
    expect(response.status).toBe(302);
    expect(await response.text()).toBe('moved');
  });

  test('in a circle ends', async () => {
    const server = await startServer();
    server.always('x', { kind: 'redirect', to: '/x' });
    const error = await failureOf(makeClient().request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(server.requests).toHaveLength(6);
  });

  test.each([
    ['ftp://127.0.0.1/secret-word', 'the scheme "ftp:"'],
    ['http://user:secret-word@127.0.0.1/', 'user name or password'],
    ['http://[secret-word', 'what is no URL'],
  ])('to %s is not followed', async (to, why) => {
    const server = await startServer();
    server.always('x', { kind: 'redirect', to });
    const error = await failureOf(makeClient().request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain(why);
    expect(String(error)).not.toContain('secret-word');
  });

  test('from https to http is not followed', async () => {
    const tls = makeCertificate();
    const [server, plain] = [await startServer({}, { tls }), await startServer({ x: 'content' })];
    server.always('x', { kind: 'redirect', to: `${plain.url}/x` });
    const error = await failureOf(makeClient({ tls: { ca: tls.cert } }).request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(plain.requests).toEqual([]);
  });
});
