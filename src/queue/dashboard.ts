import { createServer, type Server } from 'node:http';
import { ConfigError } from '../core/errors.ts';
import type { FleetQueue } from './fleet-queue.ts';

/** Policy of its pages: nothing is asked of any other host, which is where its fonts would come from. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** Names of this machine by which the dashboard may be asked for: a page of elsewhere has another one. */
const OWN_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Page that shows a queue, on this machine alone; nothing can be changed by it. */
export class Dashboard implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/`;
  }

  /**
   * Serves the page.
   *
   * @param port - 0 for any that is free
   * @throws ConfigError where bull-board is not installed, or the port is taken
   */
  static async serve(queue: FleetQueue, port: number): Promise<Dashboard> {
    const { createBullBoard, BullMQAdapter, ExpressAdapter } = await loadBoard();
    const adapter = new ExpressAdapter();
    adapter.setBasePath('/');
    createBullBoard({
      queues: [new BullMQAdapter(queue.queue, { readOnlyMode: true })],
      serverAdapter: adapter,
    });
    const router = adapter.getRouter() as (request: unknown, response: unknown, next: () => void) => void;
    const server = createServer((request, response) => {
      response.setHeader('Content-Security-Policy', POLICY);
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Referrer-Policy', 'no-referrer');
      const isAllowed =
        OWN_HOST.test(request.headers.host ?? '') && ['GET', 'HEAD'].includes(request.method ?? '');
      if (!isAllowed) {
        response.writeHead(403).end();
        return;
      }
      router(request, response, () => void response.writeHead(404).end());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'another program has it' : `the system says ${error.code}`;
        reject(
          new ConfigError('dashboard', `Port ${port} cannot be used: ${why}. Give another one, or none.`, {
            cause: error,
          }),
        );
      });
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    return new Dashboard(server, typeof address === 'object' && address !== null ? address.port : port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }
}

/** Loads bull-board, which is installed by those who want the page. */
async function loadBoard(): Promise<
  Pick<typeof import('@bull-board/api'), 'createBullBoard'> &
    Pick<typeof import('@bull-board/api/bullMQAdapter'), 'BullMQAdapter'> &
    Pick<typeof import('@bull-board/express'), 'ExpressAdapter'>
> {
  try {
    const [{ createBullBoard }, { BullMQAdapter }, { ExpressAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/express'),
    ]);
    return { createBullBoard, BullMQAdapter, ExpressAdapter };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError(
      'dashboard',
      'The dashboard needs bull-board, which is not installed: npm install @bull-board/api@9 @bull-board/express@9.',
      { cause: error },
    );
  }
}
