import { onTestFinished } from 'vitest';
import { HttpClient } from '../../../src/protocols/http/client.ts';
import type { HttpClientOptions } from '../../../src/protocols/http/exchange-types.ts';
import { FaultServer, type FaultServerOptions } from '../../servers/fault-server.ts';

/** A server that stops when the test has ended. */
export async function startServer(
  files: Readonly<Record<string, string | Uint8Array>> = {},
  options: FaultServerOptions = {},
): Promise<FaultServer> {
  const server = await FaultServer.start(files, options);
  onTestFinished(() => server.close());
  return server;
}

/** A client that passes over the proxies of the environment and is closed when the test has ended. */
export function makeClient(options: HttpClientOptions = {}): HttpClient {
  const client = new HttpClient({ proxy: false, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Resolves once `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
