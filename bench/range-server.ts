import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/*
 * A web server on loopback that gives files of a folder by ranges, each answer after LATENCY ms:
 *
 *   node bench/range-server.ts FOLDER LATENCY
 *
 * It prints its address; on the line `count` its requests and bytes since the last one as JSON. It ends with its input.
 */
const [folder = '.', latency = '0'] = process.argv.slice(2);
let requests = 0;
let bytes = 0;

const server = createServer((request, response) => {
  requests++;
  const file = join(folder, decodeURIComponent((request.url ?? '/').slice(1)));
  const stats = statSync(file, { throwIfNoEntry: false });
  const size = stats?.isFile() === true ? stats.size : undefined;
  if (size === undefined) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const isSuffix = from === '';
  const start = isSuffix ? Math.max(0, size - Number(to)) : Number(from ?? 0);
  const end = isSuffix || to === undefined || to === '' ? size : Math.min(size, Number(to) + 1);
  const headers: Record<string, string | number> = {
    'content-length': end - start,
    'accept-ranges': 'bytes',
    'access-control-allow-origin': '*',
    'last-modified': 'Mon, 01 Jun 2026 10:00:00 GMT',
    etag: `"${size}"`,
  };
  if (from !== undefined) headers['content-range'] = `bytes ${start}-${end - 1}/${size}`;
  setTimeout(() => {
    response.writeHead(from === undefined ? 200 : 206, headers);
    if (request.method === 'HEAD' || end === start) return void response.end();
    const body = createReadStream(file, { start, end: end - 1, highWaterMark: 64 * 1024 });
    body.on('data', (chunk) => {
      bytes += chunk.length;
    });
    response.on('close', () => body.destroy());
    body.pipe(response);
  }, Number(latency));
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
process.stdin.on('data', () => {
  process.stdout.write(`${JSON.stringify({ requests, bytes })}\n`);
  [requests, bytes] = [0, 0];
});
process.stdin.on('end', () => process.exit());
