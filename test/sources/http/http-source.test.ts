import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import type { FileEntry } from '../../../src/core/source.ts';
import { HttpSource } from '../../../src/sources/http/http-source.ts';
import type { HttpSourceOptions } from '../../../src/sources/http/options.ts';
import { type Certificate, makeCertificate } from '../../servers/certificates.ts';
import { describeWithNginx, type Nginx, startNginx } from '../../servers/nginx.ts';
import { failureOf } from '../../temporary-folder.ts';
import { FILES, testSource } from '../conformance.ts';

type IndexKind = 'sha256' | 'size and modified' | 'size' | 'paths' | 'autoindex';

/** A folder that nginx serves, with an index that is kept in step. */
class ServedFolder {
  readonly url: string;
  readonly #folder: string;
  readonly #kind: IndexKind;

  constructor(folder: string, url: string, kind: IndexKind) {
    this.#folder = folder;
    this.url = url;
    this.#kind = kind;
  }

  async write(path: string, content: string): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    // nginx's ETag and dates have whole seconds: another content of the same length gets another second.
    const before = await stat(file).catch(() => undefined);
    await writeFile(file, content);
    const seconds = before === undefined ? 1_700_000_000 : before.mtimeMs / 1000 + 1;
    await utimes(file, seconds, seconds);
    await this.index();
  }

  /** Writes the list anew. */
  async index(): Promise<void> {
    const paths = (await readdir(this.#folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#folder.length + 1));
    const lines = await Promise.all(paths.map((path) => this.#line(path)));
    const name = {
      sha256: 'files.jsonl',
      size: 'files.jsonl',
      'size and modified': 'files.jsonl',
      paths: 'files.txt',
    };
    if (this.#kind === 'autoindex') return;
    const list = join(this.#folder, name[this.#kind]);
    await writeFile(`${list}.new`, `${lines.join('\n')}\n`);
    await rename(`${list}.new`, list);
  }

  async #line(path: string): Promise<string> {
    if (this.#kind === 'paths') return `./${path}`;
    const content = await readFile(join(this.#folder, path));
    const { size, mtime } = await stat(join(this.#folder, path));
    const sha256 = createHash('sha256').update(content).digest('hex');
    const more = {
      sha256: { sha256 },
      'size and modified': { size, modified: mtime },
      size: { size },
      autoindex: {},
    };
    return JSON.stringify({ path, ...more[this.#kind] });
  }
}

describeWithNginx('over real nginx', () => {
  let root: string;
  let nginx: Nginx;
  let tls: Certificate;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'vascusim-http-'));
    tls = makeCertificate();
    nginx = await startNginx({
      folder: root,
      certificate: tls,
      directives: `
        location ~ /autoindex-\\d+/ { autoindex on; autoindex_format json; }
        location /html/ { autoindex on; }
        location /secret/ { if ($http_authorization != "Bearer right") { return 401; } }
        location /compressed/ { gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any; }`,
    });
  });
  afterAll(async () => {
    await nginx?.[Symbol.asyncDispose]();
    await rm(root, { recursive: true, force: true });
  });

  let count = 0;
  async function serve(kind: IndexKind, files: Readonly<Record<string, string>>): Promise<ServedFolder> {
    const name = `${kind === 'autoindex' ? 'autoindex' : 'a b#'}-${count++}`;
    const folder = new ServedFolder(join(root, name), `${nginx.url}/${encodeURIComponent(name)}/`, kind);
    await mkdir(join(root, name));
    for (const [path, content] of Object.entries(files)) await folder.write(path, content);
    return folder;
  }
  function open(url: string, options: Partial<HttpSourceOptions> = {}): HttpSource {
    const source = new HttpSource({ url, proxy: false, ...options });
    onTestFinished(() => source.close());
    return source;
  }

  for (const kind of ['sha256', 'size and modified', 'size', 'paths', 'autoindex'] as const) {
    testSource(`http with ${kind}`, async () => {
      const folder = await serve(kind, FILES);
      return {
        source: open(folder.url),
        write: (path, content) => folder.write(path, content),
      };
    });
  }

  async function collect(source: HttpSource, prefix?: string): Promise<FileEntry[]> {
    const entries: FileEntry[] = [];
    for await (const entry of source.list({ prefix })) entries.push(entry);
    return entries;
  }

  describe('names', () => {
    const names = [
      'a+b.vtu',
      'a b.vtu',
      '100%.vtu',
      '%41.vtu',
      '#1?x=2&y.vtu',
      "q'(1)!*~;,@$=[].vtu",
      '"quoted" \\ back.vtu',
      'Gefäß.vtu',
      'Gefa\u0308ß.vtu',
      '血管/动脉 🫀.vtu',
    ];
    test.each(['sha256', 'paths', 'autoindex'] as const)('of every kind arrive, with %s', async (kind) => {
      const folder = await serve(
        kind,
        Object.fromEntries(names.map((name, index) => [name, `content ${index}`])),
      );
      const source = open(folder.url);
      expect((await collect(source)).map(({ path }) => path)).toEqual(names.toSorted());
      for (const [index, name] of names.entries()) {
        expect(await new Response((await source.open(name)).body).text()).toBe(`content ${index}`);
      }
    });
  });

  test('the autoindex reads only folders that the prefix touches', async () => {
    const folder = await serve('autoindex', { 'a/x.vtu': '1', 'a/b/y.vtu': '2', 'c/z.vtu': '3' });
    const source = open(folder.url, { index: 'autoindex' });
    expect((await collect(source, 'a/b')).map(({ path }) => path)).toEqual(['a/b/y.vtu']);
    const asked = (await nginx.requests()).filter((line) => line.includes(new URL(folder.url).pathname));
    expect(asked.map((line) => line.split(new URL(folder.url).pathname)[1])).toEqual([
      ' 200',
      'a/ 200',
      'a/b/ 200',
    ]);
  });

  test('the first listing of an autoindex asks for its lists and its page once', async () => {
    const folder = await serve('autoindex', { 'x.vtu': '1' });
    expect(await collect(open(folder.url))).toHaveLength(1);
    const { pathname } = new URL(folder.url);
    const asked = (await nginx.requests()).filter((line) => line.includes(pathname));
    expect(asked.map((line) => line.split(pathname)[1]).sort()).toEqual([
      ' 200',
      'files.jsonl 404',
      'files.txt 404',
    ]);
  });

  test('a second listing of an autoindex reads it anew', async () => {
    const folder = await serve('autoindex', { 'x.vtu': '1' });
    const source = open(folder.url);
    await collect(source);
    await folder.write('y.vtu', '2');
    expect(await collect(source)).toHaveLength(2);
  });

  test('a link in a circle is told, not followed for ever', async () => {
    const folder = await serve('autoindex', { 'a/x.vtu': '1' });
    const { symlink } = await import('node:fs/promises');
    await symlink('..', join(root, decodeURIComponent(new URL(folder.url).pathname), 'a', 'up'));
    const error = await failureOf(collect(open(folder.url)));
    expect(isVascuError(error, 'FORMAT')).toBe(true);
    expect(String(error)).toContain('circle');
  });

  test('a server without any index can be read, but not listed, and says how it could', async () => {
    await mkdir(join(root, 'html'), { recursive: true });
    await writeFile(join(root, 'html/x.vtu'), 'content');
    const source = open(`${nginx.url}/html/`);
    expect(await new Response((await source.open('x.vtu')).body).text()).toBe('content');
    const error = await failureOf(collect(source));
    expect(isVascuError(error, 'UNSUPPORTED') && error.feature).toBe('listing');
    expect(String(error)).toMatch(
      /files\.jsonl \(404\), files\.txt \(404\), a JSON autoindex \(an HTML page\)/,
    );
    expect(String(error)).toContain('autoindex_format json');
  });

  test('a token is sent, and a missing one is told', async () => {
    await mkdir(join(root, 'secret'), { recursive: true });
    await writeFile(join(root, 'secret/files.txt'), 'x.vtu\n');
    await writeFile(join(root, 'secret/x.vtu'), 'content');
    const source = open(`${nginx.url}/secret/`, { token: 'right' });
    expect((await collect(source)).map(({ size }) => size)).toEqual([7]);
    const error = await failureOf(open(`${nginx.url}/secret/`).stat('x.vtu'));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('token-required');
    expect(String(error)).toContain('token');
  });

  test('over https with the certificate pinned', async () => {
    const folder = await serve('sha256', FILES);
    const url = folder.url.replace(nginx.url, nginx.httpsUrl);
    const source = open(url, { tls: { fingerprint256: tls.fingerprint256 } });
    expect((await collect(source)).map(({ path }) => path)).toEqual(Object.keys(FILES));
    const error = await failureOf(open(url).stat('a0.vtu'));
    expect(isVascuError(error, 'AUTH') && error.reason).toBe('certificate');
  });

  test('compression that is configured is not used, since none is asked for', async () => {
    await mkdir(join(root, 'compressed'), { recursive: true });
    await writeFile(join(root, 'compressed/files.txt'), 'x.vtu\n');
    await writeFile(join(root, 'compressed/x.vtu'), 'y'.repeat(10_000));
    expect((await collect(open(`${nginx.url}/compressed/`)))[0]?.size).toBe(10_000);
  });

  test('a list that has not changed is asked for and not sent again', async () => {
    const folder = await serve('sha256', FILES);
    const past = 1_600_000_000;
    await utimes(join(root, decodeURIComponent(new URL(folder.url).pathname), 'files.jsonl'), past, past);
    const source = open(folder.url);
    for (let round = 0; round < 3; round++) await collect(source);
    const asked = (await nginx.requests()).filter((line) =>
      line.includes(`${new URL(folder.url).pathname}files.jsonl`),
    );
    expect(asked.map((line) => line.slice(-3))).toEqual(['200', '304', '304']);
  });
});
