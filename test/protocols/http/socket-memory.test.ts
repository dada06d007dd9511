import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { HttpClient } from '../../../src/protocols/http/client.ts';

const SIZE = 300_000;

/** Bytes of the body at a path, none of which is that of another. */
function bodyOf(path: string): Buffer {
  const seed = Number(path.slice(1));
  return Buffer.from(Uint32Array.from({ length: SIZE / 4 }, (_, at) => at * 64 + seed).buffer);
}

async function start(connections: number): Promise<{ client: HttpClient; url: string }> {
  const server = createServer((request, response) => {
    const body = bodyOf(request.url ?? '');
    response.writeHead(200, { 'content-length': body.byteLength });
    // In pieces of odd lengths, so that reads begin and end anywhere.
    for (let at = 0; at < body.byteLength; at += 7777) response.write(body.subarray(at, at + 7777));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new HttpClient({ maxConnections: connections });
  onTestFinished(async () => {
    await client.close();
    server.close();
  });
  return { client, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('bytes of earlier bodies stay what they are while later ones come over the same connection', async () => {
  const { client, url } = await start(1);
  const bodies: Uint8Array[][] = [];
  for (let index = 0; index < 5; index++) {
    const { body } = await client.request({ url: `${url}/${index}` });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    bodies.push(chunks);
  }
  for (const [index, chunks] of bodies.entries())
    expect(Buffer.concat(chunks).equals(bodyOf(`/${index}`))).toBe(true);
});

test('bytes that wait for a slow reader stay what they are', async () => {
  const { client, url } = await start(8);
  const read = async (index: number): Promise<boolean> => {
    const { body } = await client.request({ url: `${url}/${index}` });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) {
      chunks.push(chunk);
      await delay(1);
    }
    return Buffer.concat(chunks).equals(bodyOf(`/${index}`));
  };
  expect(await Promise.all([0, 1, 2, 3, 4, 5].map(read))).toEqual([true, true, true, true, true, true]);
});
