import { AuthError, NotFoundError } from '../../src/core/errors.ts';
import type { FileEntry, ReadOptions, Source, SourceFile } from '../../src/core/source.ts';
import type { SourceKind } from '../../src/core/source-kind.ts';

interface DavOptions {
  readonly username?: string | undefined;
  readonly password?: (() => Promise<string>) | undefined;
  readonly depth?: number | undefined;
  readonly realm?: string | undefined;
}

/** Kind of place that nothing in the package knows of. */
export const dav: SourceKind<DavOptions, 'dav'> = {
  name: 'dav',
  title: 'a WebDAV server',
  label: 'WebDAV',
  address: 'dav://host/dir',
  schemes: ['dav'],
  options: {
    username: { summary: 'account', value: 'text', flag: '--user <name>', required: 'an account' },
    password: { summary: 'its password', value: 'text', noun: 'the password', secret: 'password' },
    depth: {
      summary: 'deepest folder listed',
      value: 'count',
      flag: '--depth <n>',
      config: 'anyone',
    },
    realm: { summary: 'realm of the login', value: 'text', flag: '--realm <name>', config: 'user' },
  },
  open: (address, options) => Promise.resolve({ source: new DavSource(address, options) }),
};

class DavSource implements Source {
  readonly id: string;
  readonly #options: DavOptions;

  constructor(address: string, options: DavOptions) {
    [this.id, this.#options] = [address, options];
  }

  async *list({ prefix = '', signal }: ReadOptions & { readonly prefix?: string | undefined } = {}) {
    const text = await (await this.#send('PROPFIND', '', {}, signal)).text();
    const { depth = 99 } = this.#options;
    const files: FileEntry[] = [];
    for (const [, href = '', size, version = ''] of text.matchAll(
      /<d:href>\/(.*?)<.*?length>(\d+)<.*?etag>(.*?)</g,
    )) {
      const path = decodeURI(href);
      if (path.startsWith(prefix) && path.split('/').length - 1 <= depth)
        files.push({ path, size: Number(size), version });
    }
    yield* files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  async stat(path: string, options?: ReadOptions): Promise<FileEntry> {
    for await (const entry of this.list({ ...options, prefix: path })) if (entry.path === path) return entry;
    throw new NotFoundError(`${this.id} has no file ${path}.`);
  }

  async open(path: string, { range, signal }: Parameters<Source['open']>[1] = {}): Promise<SourceFile> {
    const entry = await this.stat(path, { signal });
    const headers = range === undefined ? {} : { range: `bytes=${range.start}-${range.end - 1}` };
    const { body } = await this.#send('GET', path, headers, signal);
    return { ...entry, body: body as SourceFile['body'] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #send(method: string, path: string, more: Record<string, string>, signal: AbortSignal | undefined) {
    const { username, password } = this.#options;
    const login = Buffer.from(`${username}:${await password?.()}`).toString('base64');
    const url = new URL(encodeURI(path), this.id.replace(/^dav:/, 'http:'));
    const headers = { authorization: `Basic ${login}`, ...more };
    const response = await fetch(url, { method, headers, signal: signal ?? null });
    if (response.status === 401) throw new AuthError('bad-credentials', `${url.host} refuses the login.`);
    return response;
  }
}
