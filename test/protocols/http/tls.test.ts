import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { TlsOptions } from '../../../src/protocols/http/tls.ts';
import { type Certificate, makeCertificate } from '../../servers/certificates.ts';
import { describeWithNginx, startNginx } from '../../servers/nginx.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { makeClient, startServer, until } from './start.ts';

let authority: Certificate;
let signed: Certificate;
let selfSigned: Certificate;
let expired: Certificate;
let otherName: Certificate;
beforeAll(() => {
  authority = makeCertificate({ authority: true });
  signed = makeCertificate({ issuer: authority });
  selfSigned = makeCertificate();
  expired = makeCertificate({ dates: ['20200101000000Z', '20210101000000Z'] });
  otherName = makeCertificate({ issuer: authority, names: 'DNS:other.example' });
});

/** The outcome of one request to a server with this certificate: the text, or the error, and what the server saw. */
async function ask(
  certificate: Certificate,
  tls: TlsOptions,
): Promise<{ outcome: unknown; requests: number; port: string }> {
  const server = await startServer({ x: 'content' }, { tls: certificate });
  const outcome = await makeClient({ tls })
    .request({ url: `${server.url}/x`, headers: { Authorization: 'Bearer secret-word' } })
    .then((response) => response.text())
    .catch((error: unknown) => error);
  return { outcome, requests: server.requests.length, port: new URL(server.url).port };
}

describe('a certificate', () => {
  test('of an authority that is passed is trusted', async () => {
    expect((await ask(signed, { ca: authority.cert })).outcome).toBe('content');
    expect((await ask(signed, { ca: Buffer.from(authority.cert) })).outcome).toBe('content');
    expect((await ask(signed, { ca: [selfSigned.cert, authority.cert] })).outcome).toBe('content');
  });

  test('that is self-signed is trusted when it is passed itself', async () => {
    expect((await ask(selfSigned, { ca: selfSigned.cert })).outcome).toBe('content');
  });

  test.each([
    ['self-signed', () => selfSigned, () => ({}), 'is self-signed'],
    ['of an unknown authority', () => signed, () => ({}), 'authority that is not trusted'],
    ['expired', () => expired, () => ({ ca: expired.cert }), 'has expired (Jan  1 00:00:00 2021 GMT)'],
    ['of another name', () => otherName, () => ({ ca: authority.cert }), 'DNS:other.example'],
    ['of another authority', () => signed, () => ({ ca: selfSigned.cert }), 'not trusted'],
  ])(
    '%s is refused before a request is sent, with fingerprint and remedy',
    async (_, which, tls, problem) => {
      const { outcome, requests, port } = await ask(which(), tls());
      expect(isVascuError(outcome, 'AUTH') && outcome.reason).toBe('certificate');
      const message = String(outcome);
      expect(message).toContain(problem);
      expect(message).toContain(`127.0.0.1:${port}`);
      expect(message).toContain(which().fingerprint256);
      expect(message).toContain('tls: { ca }');
      expect(message).toContain('tls: { fingerprint256:');
      expect(requests).toBe(0);
    },
  );

  test('that is pinned is taken whatever else is wrong with it', async () => {
    for (const certificate of [selfSigned, expired, otherName]) {
      const { fingerprint256 } = certificate;
      expect((await ask(certificate, { fingerprint256 })).outcome).toBe('content');
      const plain = fingerprint256.replaceAll(':', '').toLowerCase();
      expect((await ask(certificate, { fingerprint256: plain })).outcome).toBe('content');
    }
  });

  test('other than the pinned one is refused before a request is sent, even if an authority vouches for it', async () => {
    const { outcome, requests } = await ask(signed, {
      ca: authority.cert,
      fingerprint256: selfSigned.fingerprint256,
    });
    expect(isVascuError(outcome, 'AUTH') && outcome.reason).toBe('certificate');
    expect(String(outcome)).toContain(signed.fingerprint256);
    expect(String(outcome)).toContain(selfSigned.fingerprint256);
    expect(requests).toBe(0);
  });

  test('is not looked at when insecure is asked for', async () => {
    expect((await ask(selfSigned, { insecure: true })).outcome).toBe('content');
  });

  test('can be asked for without sending a request', async () => {
    const server = await startServer({}, { tls: selfSigned });
    expect(await makeClient().peerCertificate(server.url)).toMatchObject({
      fingerprint256: selfSigned.fingerprint256,
      subject: 'Test server',
      issuer: 'Test server',
      problem: 'is self-signed',
    });
    const trusting = makeClient({ tls: { ca: selfSigned.cert } });
    expect((await trusting.peerCertificate(server.url)).problem).toBeUndefined();
    expect(server.requests).toEqual([]);
    await until(() => server.sockets.size === 0);
  });
});

describe('the wrong scheme for a port', () => {
  test('https to a plain HTTP port is told', async () => {
    const server = await startServer();
    const error = await failureOf(makeClient().request({ url: server.url.replace('http:', 'https:') }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('does not speak TLS');
    expect(String(error)).toContain('http://');
  });

  test('http to a TLS port of Node.js is told as far as it can be known', async () => {
    const server = await startServer({}, { tls: selfSigned });
    const error = await failureOf(makeClient().request({ url: server.url.replace('https:', 'http:') }));
    expect(isVascuError(error, 'NETWORK')).toBe(true);
    expect(String(error)).toContain('https://');
  });

  test('http to a server that answers with a TLS alert is told', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) =>
      socket.once('data', () => socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 70]))),
    );
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const error = await failureOf(makeClient().request({ url: `http://127.0.0.1:${port}/` }));
    server.close();
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('write https://');
  });
});

describeWithNginx('TLS of real nginx', () => {
  test('http to its https port is told, and another 400 stays an answer', async () => {
    await using nginx = await startNginx({
      folder: await makeFolder(),
      certificate: signed,
      directives: 'location /bad { return 400 "no"; }',
    });
    const client = makeClient();
    const error = await failureOf(client.request({ url: nginx.httpsUrl.replace('https:', 'http:') }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(false);
    expect(String(error)).toContain('write https://');
    const answer = await client.request({ url: `${nginx.url}/bad` });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe('no');
  });

  test('its certificate is checked', async () => {
    await using nginx = await startNginx({ folder: await makeFolder({ x: 'content' }), certificate: signed });
    const client = makeClient({ tls: { ca: authority.cert } });
    expect(await (await client.request({ url: `${nginx.httpsUrl}/x` })).text()).toBe('content');
    const error = await failureOf(makeClient().request({ url: `${nginx.httpsUrl}/x` }));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
  });
});

test('a port that is closed during the handshake is a retryable failure', async () => {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => socket.once('data', () => socket.destroy()));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  connect(port, '127.0.0.1').destroy();
  const error = await failureOf(makeClient().request({ url: `https://127.0.0.1:${port}/` }));
  server.close();
  expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
});
