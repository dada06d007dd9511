import { connect, createServer, type Socket } from 'node:net';

/*
 * A TCP proxy on loopback that hands each piece on after a fixed time, in a process of its own:
 *
 *   node bench/delay-proxy.ts PORT ONE_WAY_MS
 *
 * Prints the port that it listens on.
 */
const [target = '', oneWay = ''] = process.argv.slice(2);
const oneWayMs = Number(oneWay);

function forward(from: Socket, to: Socket): void {
  const queue: { readonly due: number; readonly piece: Buffer }[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = (): void => {
    timer = undefined;
    const now = performance.now();
    to.cork();
    while (queue[0] !== undefined && queue[0].due <= now)
      to.write((queue.shift() as { piece: Buffer }).piece);
    to.uncork();
    if (queue[0] !== undefined) timer = setTimeout(flush, queue[0].due - now);
  };
  from.on('data', (piece) => {
    queue.push({ due: performance.now() + oneWayMs, piece: piece as Buffer });
    timer ??= setTimeout(flush, oneWayMs);
  });
  from.on('close', () => to.destroy()).on('error', () => to.destroy());
}

const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: Number(target), host: '127.0.0.1', noDelay: true });
  forward(client, upstream);
  forward(upstream, client);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address !== 'string') process.stdout.write(`${address.port}\n`);
});
