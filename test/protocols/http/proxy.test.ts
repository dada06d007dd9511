import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { isExempt, proxyChooser } from '../../../src/protocols/http/proxy.ts';
import { type Certificate, makeCertificate } from '../../servers/certificates.ts';
import { failureOf } from '../../temporary-folder.ts';
import { makeClient, startServer, until } from './start.ts';

interface TestProxy {
  readonly url: string;
  /** `METHOD target`, one per request. */
  readonly seen: string[];
  readonly authorizations: (string | undefined)[];
}

/** A forward proxy; with `password` it wants `user:PASSWORD`. */
async function startProxy(
  options: { password?: string; tls?: Certificate; refuse?: number } = {},
): Promise<TestProxy> {
  const seen: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const wanted =
    options.password === undefined
      ? undefined
      : `Basic ${Buffer.from(`user:${options.password}`).toString('base64')}`;
  const sockets = new Set<Socket>();
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  server.on('request', (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted)
      return void response.writeHead(407).end();
    const { 'proxy-authorization': _, ...headers } = request.headers;
    request.pipe(
      forward(request.url ?? '', { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  server.on('connect', (request, socket: Socket) => {
    seen.push(`CONNECT ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    if (options.refuse !== undefined) return void socket.end(`HTTP/1.1 ${options.refuse} No\r\n\r\n`);
    if (wanted !== undefined && request.headers['proxy-authorization'] !== wanted)
      return void socket.end('HTTP/1.1 407 No\r\n\r\n');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    sockets.add(target.on('error', () => socket.destroy()));
    socket.on('error', () => undefined).on('close', () => target.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, seen, authorizations };
}

describe('the user name and password in the URL of a proxy', () => {
  test.each([
    ['user:p%ss', 'user:p%ss'],
    ['user:50%', 'user:50%'],
    ['us%er:%', 'us%er:%'],
    ['user:%zz%4', 'user:%zz%4'],
    ['user:p%25ss', 'user:p%ss'],
    ['us%40er:p%3a%2F%C3%BC', 'us@er:p:/ü'],
    ['user:ü', 'user:ü'],
    ['user:%41%', 'user:A%'],
    ['user', 'user:'],
    [':%', ':%'],
    ['DOMAIN\\user:p', 'DOMAIN\\user:p'],
    ['user:p/s?s#s', 'user:p/s?s#s'],
    ['user:8080/p@ss:word', 'user:8080/p@ss:word'],
    ['user:[p]', 'user:[p]'],
    ['us er:p w', 'us er:p w'],
  ])('%s is sent as %s', (given, sent) => {
    const expected = `Basic ${Buffer.from(sent).toString('base64')}`;
    const url = new URL('http://origin.example/');
    const option = proxyChooser(`http://${given}@proxy.example:3128`)(url);
    const variables = proxyChooser(undefined, { http_proxy: `${given}@proxy.example:3128` })(url);
    expect([option?.authorization, variables?.authorization]).toEqual([expected, expected]);
    expect([option?.url.host, variables?.url.host]).toEqual(['proxy.example:3128', 'proxy.example:3128']);
  });

  test('bytes that are no UTF-8 are sent as they are', () => {
    const proxy = proxyChooser('http://user:%e9@proxy.example')(new URL('http://origin.example/'));
    expect(proxy?.authorization).toBe(`Basic ${Buffer.from('user:\xe9', 'latin1').toString('base64')}`);
  });
});

describe('through a proxy', () => {
  test('http goes in absolute form, over kept connections', async () => {
    const server = await startServer({ x: 'content' });
    const proxy = await startProxy();
    const client = makeClient({ proxy: proxy.url });
    for (let count = 0; count < 3; count++)
      expect(await (await client.request({ url: `${server.url}/x?q=1#h` })).text()).toBe('content');
    expect(proxy.seen).toEqual(Array.from({ length: 3 }, () => `GET ${server.url}/x?q=1`));
    expect(server.requests[0]?.headers['host']).toBe(new URL(server.url).host);
  });

  test('https goes through CONNECT, once per connection, and the certificate is that of the origin', async () => {
    const tls = makeCertificate();
    const server = await startServer({ x: 'content' }, { tls });
    const proxy = await startProxy();
    const client = makeClient({ proxy: proxy.url, tls: { fingerprint256: tls.fingerprint256 } });
    for (let count = 0; count < 3; count++)
      expect(await (await client.request({ url: `${server.url}/x` })).text()).toBe('content');
    expect(proxy.seen).toEqual([`CONNECT ${new URL(server.url).host}`]);
    const error = await failureOf(makeClient({ proxy: proxy.url }).request({ url: `${server.url}/x` }));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
  });

  test('that speaks TLS itself, its certificate is checked', async () => {
    const [authority, proxyTls] = [makeCertificate({ authority: true }), makeCertificate()];
    const tls = makeCertificate({ issuer: authority });
    const server = await startServer({ x: 'content' }, { tls });
    const proxy = await startProxy({ tls: proxyTls });
    const client = makeClient({ proxy: proxy.url, tls: { ca: [authority.cert, proxyTls.cert] } });
    expect(await (await client.request({ url: `${server.url}/x` })).text()).toBe('content');
    const pinning = { ca: proxyTls.cert, fingerprint256: tls.fingerprint256 };
    const pinned = makeClient({ proxy: proxy.url, tls: pinning });
    expect(await (await pinned.request({ url: `${server.url}/x` })).text()).toBe('content');
    const error = await failureOf(
      makeClient({ proxy: proxy.url, tls: { ca: authority.cert } }).request({ url: `${server.url}/x` }),
    );
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
    expect(String(error)).toContain('the proxy 127.0.0.1');
  });

  test('that speaks TLS itself, an abort closes the connection through it', async () => {
    const [tls, proxyTls] = [makeCertificate({ authority: true }), makeCertificate()];
    const server = await startServer({ x: 'content' }, { tls: makeCertificate({ issuer: tls }) });
    server.always('x', { kind: 'slow-headers' });
    const proxy = await startProxy({ tls: proxyTls });
    const controller = new AbortController();
    const failure = failureOf(
      makeClient({ proxy: proxy.url, tls: { ca: [tls.cert, proxyTls.cert] } }).request({
        url: `${server.url}/x`,
        signal: controller.signal,
      }),
    );
    await until(() => server.requests.length === 1);
    controller.abort(new Error('stop'));
    expect(await failure).toBe(controller.signal.reason);
    await until(() => server.sockets.size === 0);
  });

  test.each(['http', 'https'])('name and password are sent to it and only to it (%s)', async (scheme) => {
    const tls = makeCertificate();
    const server = await startServer({ x: 'content' }, scheme === 'https' ? { tls } : {});
    const proxy = await startProxy({ password: 'pass:w@rd' });
    const client = makeClient({
      proxy: proxy.url.replace('http://', 'http://user:pass%3Aw%40rd@'),
      tls: { ca: tls.cert },
    });
    expect(await (await client.request({ url: `${server.url}/x` })).text()).toBe('content');
    expect(server.requests[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test.each(['http', 'https'])('that wants a password it does not get is told (%s)', async (scheme) => {
    const proxy = await startProxy({ password: 'right' });
    const client = makeClient({ proxy: proxy.url.replace('http://', 'http://user:wrong-secret@') });
    const error = await failureOf(client.request({ url: `${scheme}://127.0.0.1:1/` }));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('bad-credentials');
    expect(String(error)).toContain('proxy');
    expect(String(error)).not.toContain('wrong-secret');
  });

  test('that refuses or is not there is told', async () => {
    const proxy = await startProxy({ refuse: 403 });
    const refused = await failureOf(
      makeClient({ proxy: proxy.url }).request({ url: 'https://127.0.0.1:1/' }),
    );
    expect(isVascuError(refused, 'NETWORK') && refused.retryable).toBe(false);
    expect(String(refused)).toMatch(/the proxy 127\.0\.0\.1:\d+ .* opens no way to 127\.0\.0\.1:1.*403/);
    const missing = await failureOf(
      makeClient({ proxy: '127.0.0.1:1' }).request({ url: 'https://127.0.0.1:2/' }),
    );
    expect(String(missing)).toContain('the proxy 127.0.0.1:1 (the option proxy) refuses connections');
  });

  test('an abort during CONNECT closes the connection', async () => {
    const server = await startServer();
    const open = new Set<unknown>();
    const silent = createServer().on('connect', (_, socket: Socket) => {
      open.add(socket);
      socket
        .resume()
        .on('error', () => undefined)
        .once('end', () => open.delete(socket));
    });
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const controller = new AbortController();
    const failure = failureOf(
      makeClient({ proxy: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` }).request({
        url: server.url.replace('http:', 'https:'),
        signal: controller.signal,
      }),
    );
    await until(() => open.size === 1);
    controller.abort(new Error('stop'));
    expect(await failure).toBe(controller.signal.reason);
    await until(() => open.size === 0);
  });
});

describe('the proxy of the environment', () => {
  const chosen = (url: string, environment: Record<string, string>): string | undefined =>
    proxyChooser(undefined, environment)(new URL(url))?.url.href;

  test.each([
    ['http://host/', { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'http://a:1/'],
    ['https://host/', { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }, 'http://b:2/'],
    ['https://host/', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, 'http://b:2/'],
    ['https://host/', { ALL_PROXY: 'http://a:1' }, 'http://a:1/'],
    ['https://host/', { HTTP_PROXY: 'http://a:1' }, undefined],
    ['https://host/', { HTTPS_PROXY: '' }, undefined],
    ['https://host/', { HTTPS_PROXY: 'a:3128' }, 'http://a:3128/'],
    ['https://host/', { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'host' }, undefined],
    ['https://host/', { HTTPS_PROXY: 'http://a:1', NO_PROXY: 'x', no_proxy: 'host' }, undefined],
    ['http://host/', { HTTP_PROXY: 'http://a:1', REQUEST_METHOD: 'GET' }, undefined],
  ])('for %s with %j is %s', (url, environment, expected) => {
    expect(chosen(url, environment as Record<string, string>)).toBe(expected);
  });

  test('is refused with its variable named, and its password is not shown', () => {
    expect(() => chosen('https://host/', { HTTPS_PROXY: 'socks5://u:secret-word@host' })).toThrow(
      /HTTPS_PROXY/,
    );
    expect(() => chosen('https://host/', { HTTPS_PROXY: 'socks5://u:secret-word@host' })).not.toThrow(
      /secret-word/,
    );
  });

  test.each([
    ['http://example.org/', 'example.org', true],
    ['http://sub.example.org/', 'example.org', true],
    ['http://sub.example.org/', '.example.org', true],
    ['http://sub.example.org/', '*.example.org', true],
    ['http://notexample.org/', 'example.org', false],
    ['http://EXAMPLE.org/', 'a, Example.ORG', true],
    ['http://example.org:81/', 'example.org:80', false],
    ['http://example.org/', 'example.org:80', true],
    ['https://example.org/', 'example.org:443', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true],
    ['http://11.1.2.3/', '10.0.0.0/8', false],
    ['http://10.1.2.3/', '10.0.0.0/99', false],
    ['http://[fd00::1]/', 'fd00::/8', true],
    ['http://[::1]:8080/', '[::1]:8080', true],
    ['http://[::1]/', '::1', true],
    ['http://example.org/', '*', true],
    ['http://example.org/', '', false],
    ['http://1.2.3.4/', '3.4', false],
  ])('%s under no_proxy "%s": %s', (url, noProxy, expected) => {
    expect(isExempt(new URL(url), noProxy)).toBe(expected);
  });
});
