import dns from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import net, { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { HttpClient } from '../../../src/protocols/http/client.ts';
import { DialError, dial } from '../../../src/protocols/tcp/dial.ts';
import { checkPort } from '../../../src/sources/connection-steps.ts';
import { SmbSource } from '../../../src/sources/smb/smb-source.ts';
import { failureOf } from '../../temporary-folder.ts';

const HOST = 'data.example';

/** How addresses that are no loopback behave: they never answer, or there is no way to them. */
type Network = Readonly<Record<string, 'silent' | 'no way'>>;

/** The name {@link HOST} has these addresses; returns the sockets that are made, by address. */
function resolveTo(addresses: readonly string[], network: Network = {}): Map<string, Socket> {
  const sockets = new Map<string, Socket>();
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((...given: readonly unknown[]) => {
    const callback = given.at(-1) as (error: null, all: typeof found) => void;
    setImmediate(() => callback(null, found));
  }) as never);
  const connectTo = net.connect;
  const connect = vi.spyOn(net, 'connect').mockImplementation(((to: { host: string; port: number }) => {
    const kind = network[to.host];
    const socket = kind === undefined ? connectTo(to) : new Socket();
    sockets.set(to.host, socket);
    if (kind === 'no way')
      setImmediate(() => socket.destroy(Object.assign(new Error('no way'), { code: 'ENETUNREACH' })));
    return socket;
  }) as never);
  syncBuiltinESMExports();
  onTestFinished(() => {
    lookup.mockRestore();
    connect.mockRestore();
    syncBuiltinESMExports();
  });
  return sockets;
}

/** A server on 127.0.0.1 alone, so that other addresses of loopback refuse. */
async function listen(server: Server = createServer()): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function listenHttp(): Promise<number> {
  return listen(createHttpServer((_, response) => response.end('content')));
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('a name with several addresses', () => {
  test('families take turns, the first one first, and none is tried twice', async () => {
    const port = await listen();
    const sockets = resolveTo(['2001:db8::1', '2001:db8::2', '2001:db8::1', '192.0.2.1', '127.0.0.1'], {
      '2001:db8::1': 'no way',
      '2001:db8::2': 'no way',
      '192.0.2.1': 'no way',
    });
    const socket = await dial({ host: HOST, port }, 10_000).socket;
    socket.destroy();
    expect([...sockets.keys()]).toEqual(['2001:db8::1', '192.0.2.1', '2001:db8::2', '127.0.0.1']);
  });

  test('an address that is slow has its time after all others have failed', async () => {
    const sockets = resolveTo(['192.0.2.1', '2001:db8::1', '192.0.2.2'], {
      '192.0.2.1': 'silent',
      '2001:db8::1': 'no way',
      '192.0.2.2': 'no way',
    });
    const { socket } = dial({ host: HOST, port: 80 }, 10_000);
    await vi.waitUntil(() => sockets.get('192.0.2.2')?.destroyed === true);
    await new Promise((resolve) => setImmediate(resolve));
    const slow = sockets.get('192.0.2.1') as Socket;
    expect(slow.destroyed).toBe(false);
    slow.emit('connect');
    expect(await socket).toBe(slow);
  });

  test.each([['192.0.2.1'], ['2001:db8::1', '192.0.2.1', '192.0.2.2', '2001:db8::2']])(
    'addresses that never answer (%s …) are closed when another one does',
    async (...silent) => {
      const port = await listen();
      const network = Object.fromEntries(silent.map((address) => [address, 'silent' as const]));
      const sockets = resolveTo([...silent, '127.0.0.1'], network);
      const socket = await dial({ host: HOST, port }, 10_000).socket;
      expect(socket.remoteAddress).toBe('127.0.0.1');
      expect(silent.every((address) => sockets.get(address)?.destroyed === true)).toBe(true);
      socket.destroy();
    },
  );

  test('where none works the failure is that of a server, not of a missing way, and has all of them', async () => {
    const port = await closedPort();
    resolveTo(['2001:db8::1', '127.0.0.2', '192.0.2.1'], { '2001:db8::1': 'no way', '192.0.2.1': 'no way' });
    const error = await failureOf(dial({ host: HOST, port }, 10_000).socket);
    expect(error).toBeInstanceOf(DialError);
    expect((error as DialError).code).toBe('ECONNREFUSED');
    expect((error as DialError).addresses).toBe(
      ' (2001:db8::1: ENETUNREACH, 127.0.0.2: ECONNREFUSED, 192.0.2.1: ENETUNREACH)',
    );
  });

  test('who cancels closes them all', async () => {
    const sockets = resolveTo(['192.0.2.1', '192.0.2.2'], { '192.0.2.1': 'silent', '192.0.2.2': 'silent' });
    const dialing = dial({ host: HOST, port: 80 }, 10_000);
    await vi.waitUntil(() => sockets.size === 2);
    dialing.cancel();
    expect([...sockets.values()].every(({ destroyed }) => destroyed)).toBe(true);
  });
});

describe('what connects to servers', () => {
  test('HTTP takes the address that answers', async () => {
    const port = await listenHttp();
    resolveTo(['2001:db8::1', '192.0.2.1', '127.0.0.1'], { '2001:db8::1': 'no way', '192.0.2.1': 'silent' });
    await using client = new HttpClient({ proxy: false });
    expect(await (await client.request({ url: `http://${HOST}:${port}/` })).text()).toBe('content');
  });

  test('the same through a proxy', async () => {
    const port = await listenHttp();
    resolveTo(['192.0.2.1', '127.0.0.1'], { '192.0.2.1': 'silent' });
    await using client = new HttpClient({ proxy: `http://${HOST}:${port}` });
    expect(await (await client.request({ url: 'http://origin.example/' })).text()).toBe('content');
  });

  test('HTTP says what each address said, when one refuses and when time is up', async () => {
    const port = await closedPort();
    resolveTo(['2001:db8::1', '127.0.0.1', '192.0.2.1'], { '2001:db8::1': 'no way', '192.0.2.1': 'silent' });
    await using client = new HttpClient({ proxy: false, connectTimeoutMs: 300 });
    const error = await failureOf(client.request({ url: `http://${HOST}:${port}/` }));
    expect(isVascuError(error, 'NETWORK') && error.retryable).toBe(true);
    expect(String(error)).toContain('within 300 ms');
    expect(String(error)).toContain(
      '(2001:db8::1: ENETUNREACH, 127.0.0.1: ECONNREFUSED, 192.0.2.1: no answer)',
    );
  });

  test('SMB tries all addresses and says what each said', async () => {
    const port = await closedPort();
    const sockets = resolveTo(['192.0.2.1', '127.0.0.1'], { '192.0.2.1': 'silent' });
    await using source = new SmbSource({ host: HOST, port, share: 's', guest: true, connectTimeoutMs: 400 });
    const error = await failureOf(source.stat('x'));
    expect(String(error)).toContain('(127.0.0.1: ECONNREFUSED, 192.0.2.1: no answer)');
    expect(sockets.get('192.0.2.1')?.destroyed).toBe(true);
  });

  test('a check of a port takes the address that answers', async () => {
    const port = await listen();
    resolveTo(['192.0.2.1', '127.0.0.1'], { '192.0.2.1': 'silent' });
    expect(await checkPort(HOST, port, 'help', undefined)).toMatchObject({ ok: true });
  });
});
