import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Web server with one file, which counts the bytes that it gives, and may cut answers. */
export interface ArchiveServer {
  /** Address of its folder. */
  readonly url: string;
  readonly bytes: number;
  readonly requests: number;
  /** Bytes of an answer after which it is cut; undefined for never. */
  cutAfter: number | undefined;
  /** Milliseconds between two chunks of 64 KiB, so that next to nothing waits in the sockets. @defaultValue none */
  paceMs: number | undefined;
  /** Called with the bytes that were given in all. */
  onBytes: ((bytes: number) => void) | undefined;
}

const CHUNK_BYTES = 64 * 1024;

export async function serveArchive(content: Uint8Array): Promise<ArchiveServer> {
  const state = {
    url: '',
    bytes: 0,
    requests: 0,
    cutAfter: undefined as number | undefined,
    paceMs: undefined as number | undefined,
    onBytes: undefined as ((bytes: number) => void) | undefined,
  };
  const send = (response: ServerResponse, body: Uint8Array): void => {
    let at = 0;
    const more = (): void => {
      while (at < body.length && !response.destroyed) {
        if (state.cutAfter !== undefined && at >= state.cutAfter) return void response.destroy();
        const chunk = body.subarray(at, at + CHUNK_BYTES);
        at += chunk.length;
        state.bytes += chunk.length;
        state.onBytes?.(state.bytes);
        const isFull = !response.write(chunk);
        if (state.paceMs !== undefined) return void setTimeout(more, state.paceMs);
        if (isFull) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };
  const server = createServer((request, response) => {
    state.requests++;
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to === undefined || to === '' ? content.length : Number(to) + 1;
    const headers: Record<string, string | number> = { 'content-length': end - start, etag: '"1"' };
    if (from !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${content.length}`;
    response.writeHead(from === undefined ? 200 : 206, headers);
    if (request.method === 'HEAD') response.end();
    else send(response, content.subarray(start, end));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(state, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` });
}
