import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, inject } from 'vitest';
import { freePorts } from './free-ports.ts';
import { type Signer, signedHeaders } from './s3-signature.ts';

const hasSwift = existsSync('/usr/bin/swift-proxy-server');
if (!hasSwift) {
  const advice =
    'Swift not found (Debian: apt install swift-proxy swift-account swift-container swift-object memcached)';
  if (process.env['CI'] !== undefined) throw new Error(advice);
  process.stderr.write(`${advice}: tests against it are skipped\n`);
}

/** A suite that needs real Swift: skipped without it, an error in CI. */
export const describeWithSwift: (name: string, body: () => void) => void = describe.skipIf(!hasSwift);

/** Keys of the server's account, and its region. */
export const SWIFT_KEYS: Signer = { keyId: 'test:tester', secret: 'testing', region: 'us-east-1' };

/** Longest time that the server may take to start, with all of the tests beside it, milliseconds. */
const MAX_START_MS = 180_000;

/** Bucket of a running server. */
export interface SwiftBucket {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly bucket: string;
  put(key: string, body: string | Uint8Array): Promise<void>;
  putInParts(key: string, parts: readonly string[]): Promise<void>;
  remove(key: string): Promise<void>;
}

let buckets = 0;

/** Makes a bucket of its own at the server that all test files share; it is started by the first that asks. */
export async function makeSwiftBucket(): Promise<SwiftBucket> {
  const endpoint = await startedServer();
  const bucket = `bucket-${process.pid}-${process.hrtime.bigint()}-${buckets++}`;
  const address = `${endpoint}/${bucket}`;
  const put = async (key: string, body: string | Uint8Array): Promise<void> => {
    await send('PUT', `${address}/${encode(key)}`, body);
  };
  await send('PUT', address);
  return {
    endpoint,
    bucket,
    put,
    async putInParts(key, parts) {
      const object = `${address}/${encode(key)}`;
      const id = /<UploadId>(.*)<\/UploadId>/.exec(await send('POST', `${object}?uploads=`))?.[1];
      let list = '';
      for (const [index, part] of parts.entries()) {
        const { etag } = await sendFor('PUT', `${object}?partNumber=${index + 1}&uploadId=${id}`, part);
        list += `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`;
      }
      const body = `<CompleteMultipartUpload>${list}</CompleteMultipartUpload>`;
      await send('POST', `${object}?uploadId=${id}`, body);
    },
    async remove(key) {
      await send('DELETE', `${address}/${encode(key)}`);
    },
  };
}

async function startedServer(): Promise<string> {
  const folder = join(inject('serversFolder'), 'swift');
  const portFile = join(folder, 'port');
  const deadline = performance.now() + MAX_START_MS;
  if (mkdirIfNone(folder)) {
    const ports = await freePorts(5);
    const script = join(import.meta.dirname, 'swift_server.py');
    // Debian's own Python has Swift's modules, whichever one comes first otherwise.
    const server = spawn(
      '/usr/bin/python3',
      [script, folder, String(inject('mainProcess')), ...ports.map(String)],
      {
        detached: true,
        stdio: ['ignore', 'ignore', openSync(join(folder, 'errors'), 'w')],
      },
    );
    server.once('exit', () => void writeFile(join(folder, 'ended'), ''));
    server.unref();
    await writeFile(portFile, String(ports[0]));
  }
  while (!existsSync(join(folder, 'ready'))) {
    if (performance.now() > deadline || existsSync(join(folder, 'ended')))
      throw new Error(`Swift does not start: ${await readFile(join(folder, 'errors'), 'utf8')}`);
    await delay(50);
  }
  return `http://127.0.0.1:${await readFile(portFile, 'utf8')}`;
}

function mkdirIfNone(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function send(method: string, url: string, body: string | Uint8Array = ''): Promise<string> {
  return (await sendFor(method, url, body)).text;
}

/** Sends a signed request. The path goes out as it is: `URL` would fold dots in it. */
async function sendFor(
  method: string,
  url: string,
  body: string | Uint8Array,
): Promise<{ readonly text: string; readonly etag: string }> {
  const [, host = '', target = '/'] = /^http:\/\/([^/]+)(.*)$/.exec(url) ?? [];
  const [path, search = ''] = target.split('?');
  const asked = { host, pathname: path, search: search === '' ? '' : `?${search}` } as unknown as URL;
  const headers = signedHeaders(method, asked, body, SWIFT_KEYS);
  const [hostname, port] = host.split(':');
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      method,
      path: target,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    sent.on('error', reject).on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      answer.on('error', reject).on('end', () => {
        const status = answer.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve({ text, etag: answer.headers.etag ?? '' });
        else reject(new Error(`${method} ${url}: ${status} ${text}`));
      });
    });
    sent.end(body);
  });
}

function encode(key: string): string {
  return key
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/');
}
