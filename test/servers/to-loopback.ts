import { once } from 'node:events';
import { request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Proxy on loopback that sends every request to one port there, whatever host it names. */
export interface LoopbackProxy extends AsyncDisposable {
  readonly url: string;
  /** Hosts that were asked for, in their order. */
  readonly hosts: readonly string[];
}

export async function proxyToLoopback(port: number): Promise<LoopbackProxy> {
  const hosts: string[] = [];
  const server = createServer((request, response) => {
    const { host, pathname, search } = new URL(request.url ?? '');
    hosts.push(host);
    const { method, headers } = request;
    ask({ host: '127.0.0.1', port, method, headers, path: pathname + search }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    })
      .once('error', () => response.destroy())
      .end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hosts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
