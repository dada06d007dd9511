import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { smallVtu } from '../test/dataset/small-mesh.ts';

/** Lines that are made at a time. */
const LINES_PER_CHUNK = 4000;

const ANATOMIES = ['Aorta', 'Coronary', 'Carotid', 'Cerebral', 'Pulmonary'];

/** Writes the path of a sample: folders of 1,000. */
export function pathOf(index: number): string {
  const folder = String(Math.floor(index / 1000)).padStart(4, '0');
  return `cases/${folder}/case_${String(index).padStart(7, '0')}.vtu`;
}

const MESH = Buffer.from(smallVtu());
const MESH_SHA256 = createHash('sha256').update(MESH).digest('hex');

const LINES = {
  'files.jsonl': (index: number): object => ({
    path: pathOf(index),
    size: MESH.byteLength,
    sha256: MESH_SHA256,
  }),
  'metadata.jsonl': (index: number): object => ({
    file_name: pathOf(index),
    patient_age: 20 + (index % 70),
    is_healthy: index % 3 === 0,
    anatomy: ANATOMIES[index % ANATOMIES.length],
    reynolds: 100 + index / 7,
  }),
} as const;

/** Writes a line of a file of a dataset. */
export function lineOf(name: keyof typeof LINES, index: number): string {
  return `${JSON.stringify(LINES[name](index))}\n`;
}

/** Bytes of a file of a dataset of so many samples. */
function contentOf(name: keyof typeof LINES, count: number): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 0; from < count; from += LINES_PER_CHUNK) {
    const length = Math.min(LINES_PER_CHUNK, count - from);
    const lines = Array.from({ length }, (_, step) => lineOf(name, from + step));
    chunks.push(Buffer.from(lines.join('')));
  }
  return Buffer.concat(chunks);
}

/** Web server of datasets of one mesh that many paths have, a list and a table: `/COUNT/` is one of so many samples. */
export class CatalogueServer implements AsyncDisposable {
  readonly #contents = new Map<string, Buffer>();
  readonly #server = createServer((request, response) => this.#answer(request, response));
  /** Bodies that were sent. */
  bodies = 0;

  static async start(): Promise<CatalogueServer> {
    const server = new CatalogueServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** Address of the dataset of so many samples, whose files are made now. */
  url(count: number): string {
    this.#contents.clear();
    const table = contentOf('metadata.jsonl', count);
    const sha256 = createHash('sha256').update(table).digest('hex');
    const listed = JSON.stringify({ path: 'metadata.jsonl', size: table.byteLength, sha256 });
    const list = Buffer.concat([contentOf('files.jsonl', count), Buffer.from(`${listed}\n`)]);
    this.#contents.set(`/${count}/files.jsonl`, list);
    this.#contents.set(`/${count}/metadata.jsonl`, table);
    this.#contents.set(
      '/1/files.jsonl',
      Buffer.from('{"path":"a.vtu","size":1,"sha256":"' + '0'.repeat(64) + '"}\n'),
    );
    return this.#url(count);
  }

  /** Address of a dataset of one sample. */
  get emptyUrl(): string {
    return this.#url(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #url(count: number): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${count}/`;
  }

  #answer({ url = '', method, headers }: IncomingMessage, response: ServerResponse): void {
    const content = this.#contents.get(url) ?? (url.endsWith('.vtu') ? MESH : undefined);
    if (content === undefined) return void response.writeHead(404).end();
    const etag = `"${url.length}-${content.byteLength}"`;
    const facts = { etag, 'last-modified': new Date(0).toUTCString(), 'content-length': content.byteLength };
    if (headers['if-none-match'] === etag) return void response.writeHead(304, { etag }).end();
    response.writeHead(200, facts);
    if (method === 'HEAD') return void response.end();
    this.bodies++;
    response.end(content);
  }
}
