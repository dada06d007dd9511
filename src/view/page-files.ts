import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the built page: beside this module in the package, in `dist` where it runs from the sources. */
const PAGE_FOLDER = import.meta.url.endsWith('.ts') ? '../../dist/view/page/' : './page/';

/** Types of the files of a page, by their extensions. */
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  woff2: 'font/woff2',
  json: 'application/json',
  wasm: 'application/wasm',
};

/** File of the page. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** True when its name says its content, so that it never changes. */
  readonly isNamedByContent: boolean;
}

/** Files of the page, by their paths from its address on; nothing else is ever served from the disk. */
export class PageFiles {
  readonly #folder: string;
  readonly #names: ReadonlySet<string>;
  readonly #read = new Map<string, PageFile>();

  /** @param folder - in which the page was built */
  constructor(folder: string = fileURLToPath(new URL(PAGE_FOLDER, import.meta.url))) {
    this.#folder = folder;
    this.#names = new Set(listFiles(folder));
  }

  /** Gives a file; undefined where the page has none of that name. */
  get(path: string): PageFile | undefined {
    const name = path === '' ? 'index.html' : path;
    const known = this.#read.get(name);
    if (known !== undefined || !this.#names.has(name)) return known;
    const file: PageFile = {
      type: TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
      bytes: readFileSync(join(this.#folder, name)),
      isNamedByContent: name.startsWith('assets/'),
    };
    this.#read.set(name, file);
    return file;
  }
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name).slice(join(folder, '/').length).replaceAll('\\', '/'),
      );
  } catch {
    return [];
  }
}
