import { connect, createServer, type Socket } from 'node:net';

/*
 * A line on loopback: connections to several servers that share one way down, each byte of which takes its time.
 *
 *   node bench/line-proxy.ts RTT_MS MBPS PORT...
 *
 * Prints the ports it listens at, one for each PORT, as JSON. Both directions take half of the round trip; downwards all
 * connections together get MBPS·10⁶ bytes a second, by turns of 16 KiB, as a router with fair queues gives them. It ends
 * with its standard input.
 */
const [rttMs = 0, megabytes = 25, ...targets] = process.argv.slice(2).map(Number);
const bytesPerMs = (megabytes * 1e6) / 1000;
const PART_BYTES = 16 * 1024;

/** Bytes of one connection that wait before the line, from which on its server has to wait. */
const MAX_QUEUED_BYTES = 256 * 1024;

/** Bytes that the line may be ahead of the clock, whose ticks are a millisecond. */
const BURST_BYTES = Math.max(PART_BYTES, 2 * bytesPerMs);

interface Flow {
  readonly to: Socket;
  readonly from: Socket;
  readonly parts: Buffer[];
  bytes: number;
}

/** What is on the way, in the order of its arrival. */
class Delay {
  readonly #queue: { readonly due: number; readonly to: Socket; readonly piece: Buffer | undefined }[] = [];
  #at = 0;
  #isAwake = false;

  send(to: Socket, piece: Buffer | undefined): void {
    this.#queue.push({ due: performance.now() + rttMs / 2, to, piece });
    if (!this.#isAwake) this.#wake(rttMs / 2);
  }

  #deliver(): void {
    const now = performance.now() + 0.5;
    for (let next = this.#queue[this.#at]; next !== undefined && next.due <= now; ) {
      if (next.piece === undefined) next.to.destroy();
      else next.to.write(next.piece);
      next = this.#queue[++this.#at];
    }
    this.#queue.splice(0, this.#at);
    this.#at = 0;
    const [first] = this.#queue;
    this.#isAwake = false;
    if (first !== undefined) this.#wake(first.due - performance.now());
  }

  #wake(ms: number): void {
    this.#isAwake = true;
    setTimeout(() => this.#deliver(), Math.max(0, ms));
  }
}

const down = new Delay();
const up = new Delay();
const flows: Flow[] = [];
/** When the line has sent all that was given to it, ms. */
let free = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

function pump(): void {
  timer = undefined;
  const now = performance.now();
  free = Math.max(free, now - BURST_BYTES / bytesPerMs);
  while (flows.length > 0 && free <= now) {
    const flow = flows.shift() as Flow;
    const part = flow.parts.shift() as Buffer;
    flow.bytes -= part.byteLength;
    free += part.byteLength / bytesPerMs;
    down.send(flow.to, part);
    if (flow.parts.length > 0) flows.push(flow);
    if (flow.bytes < MAX_QUEUED_BYTES) flow.from.resume();
  }
  if (flows.length > 0) timer = setTimeout(pump, Math.max(1, free - now));
}

function carry(client: Socket, target: number): void {
  const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
  const flow: Flow = { to: client, from: server, parts: [], bytes: 0 };
  server.on('data', (piece: Buffer) => {
    if (flow.parts.length === 0) flows.push(flow);
    for (let at = 0; at < piece.byteLength; at += PART_BYTES)
      flow.parts.push(piece.subarray(at, at + PART_BYTES));
    flow.bytes += piece.byteLength;
    if (flow.bytes >= MAX_QUEUED_BYTES) server.pause();
    if (timer === undefined) pump();
  });
  client.on('data', (piece: Buffer) => up.send(server, piece));
  client.on('close', () => up.send(server, undefined)).on('error', () => server.destroy());
  server.on('close', () => down.send(client, undefined)).on('error', () => client.destroy());
}

const ports = await Promise.all(
  targets.map(
    (target) =>
      new Promise<number>((resolve) => {
        const server = createServer({ noDelay: true }, (client) => carry(client, target));
        server.listen(0, '127.0.0.1', () => {
          const address = server.address();
          resolve(address === null || typeof address === 'string' ? 0 : address.port);
        });
      }),
  ),
);
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.resume().on('end', () => process.exit());
