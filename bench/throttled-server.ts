import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * A web server on loopback as far away as it is told: every answer waits LATENCY ms, all of them together send
 * MBPS·10⁶ bytes a second, and a part SLOW of the requests waits 600 ms more.
 *
 *   node bench/throttled-server.ts LATENCY MBPS SLOW
 *
 * Files come by one line of JSON each on standard input: {"path", "text"} with base64, {"path", "file"} to be read from
 * disk, or {"path", "as"} with the content of another. After the line `start` it prints
 * its address; on the line `count` it prints its requests and bytes since the last one as JSON. It ends with its input.
 */
const [latencyMs = 0, megabytes = 25, slow = 0] = process.argv.slice(2).map(Number);
const files = new Map<string, Buffer>();
const bytesPerMs = (megabytes * 1e6) / 1000;
const PART = 32 * 1024;
let requests = 0;
let bytes = 0;
let turn = 0;
/** When the line is free again, ms. */
let free = 0;

async function send(response: ServerResponse, content: Buffer): Promise<void> {
  for (let at = 0; at < content.byteLength && !response.destroyed; at += PART) {
    const part = content.subarray(at, at + PART);
    free = Math.max(free, performance.now()) + part.byteLength / bytesPerMs;
    // Timers are coarse: what is due within a millisecond goes out at once.
    const wait = free - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    response.write(part);
    bytes += part.byteLength;
  }
  response.end();
}

const server = createServer((request, response) => {
  const path = decodeURIComponent((request.url ?? '/').slice(1));
  const file = path === 'files.jsonl' ? list() : files.get(path);
  if (path !== 'files.jsonl') requests++;
  if (file === undefined) return void response.writeHead(404).end();
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range === null || range[2] === '' ? file.byteLength : Number(range[2]) + 1;
  const content = file.subarray(start, end);
  const headers: Record<string, string | number> = {
    'content-length': content.byteLength,
    'access-control-allow-origin': '*',
    'last-modified': 'Mon, 01 Jun 2026 10:00:00 GMT',
    etag: '"1"',
  };
  if (range !== null) headers['content-range'] = `bytes ${start}-${end - 1}/${file.byteLength}`;
  // As by chance but the same each time; not every so many, which might be those that are asked for again.
  turn = (Math.imul(turn, 1664525) + 1013904223) >>> 0;
  const isSlow = turn / 2 ** 32 < slow;
  setTimeout(
    () => {
      response.writeHead(range === null ? 200 : 206, headers);
      if (request.method === 'HEAD') response.end();
      else void send(response, content);
    },
    latencyMs + (isSlow ? 600 : 0),
  );
});
server.keepAliveTimeout = 60_000;

function list(): Buffer {
  const lines = [...files].map(([path, { byteLength }]) =>
    JSON.stringify({ path, size: byteLength, modified: '2026-01-01T00:00:00Z' }),
  );
  return Buffer.from(`${lines.join('\n')}\n`);
}

function command(line: string): void {
  if (line === 'start') {
    server.listen(0, '127.0.0.1', () => {
      process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
    });
  } else if (line === 'count') {
    process.stdout.write(`${JSON.stringify({ requests, bytes })}\n`);
    requests = 0;
    bytes = 0;
  } else if (line !== '') {
    const { path, text, file, as } = JSON.parse(line) as Record<string, string> & { path: string };
    if (as !== undefined) files.set(path, files.get(as) ?? Buffer.alloc(0));
    else files.set(path, file === undefined ? Buffer.from(text ?? '', 'base64') : readFileSync(file));
  }
}

let rest = '';
for await (const chunk of process.stdin) {
  rest += String(chunk);
  const lines = rest.split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) command(line);
}
process.exit(0);
