import { createHash } from 'node:crypto';

/** What the Hub knows of one file of a commit. */
export interface HubFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** git-sha1 of the blob; of the pointer file where the content lies in LFS. */
  readonly oid: string;
  /** Set where the content lies in LFS: `oid` is its sha256. */
  readonly lfs: { readonly oid: string; readonly size: number; readonly pointerSize: number } | undefined;
  /** The commit that last changed the file. */
  readonly lastCommit: string;
}

export interface HubCommit {
  readonly id: string;
  readonly date: Date;
  readonly files: ReadonlyMap<string, HubFile>;
}

/** Contents by path; undefined removes the file. */
export type HubChanges = Readonly<Record<string, string | Uint8Array | undefined>>;

/** A dataset repository with its history. */
export class HubRepository {
  /** `user/name`; assign to it to rename, the old name is then redirected. */
  id: string;
  access: 'public' | 'private' | 'gated' = 'public';
  disabled = false;
  /** Tokens that may read it where it is not public. */
  readonly readers = new Set<string>();
  /** Commit of each branch and tag. */
  readonly refs = new Map<string, string>();
  readonly #commits = new Map<string, HubCommit>();
  readonly #isLfs: (path: string) => boolean;

  constructor(id: string, isLfs: (path: string) => boolean = (path) => /\.(vtu|vtp|bin)$/.test(path)) {
    this.id = id;
    this.#isLfs = isLfs;
  }

  /** Adds a commit on top of `branch` and moves the branch there; returns its id. */
  commit(changes: HubChanges, branch = 'main'): string {
    const id = sha1(`commit ${this.#commits.size} of ${this.id}`);
    const files = new Map(this.find(branch)?.files);
    for (const [path, content] of Object.entries(changes)) {
      if (content === undefined) files.delete(path);
      else files.set(path, this.#describe(path, content, id));
    }
    this.#commits.set(id, { id, date: new Date(1_700_000_000_000 + this.#commits.size * 1000), files });
    this.refs.set(branch, id);
    return id;
  }

  /** The commit of a branch, a tag or a commit's full id. */
  find(revision: string): HubCommit | undefined {
    return this.#commits.get(this.refs.get(revision) ?? revision);
  }

  #describe(path: string, given: string | Uint8Array, lastCommit: string): HubFile {
    const content = typeof given === 'string' ? new TextEncoder().encode(given) : given;
    if (!this.#isLfs(path)) return { path, content, oid: blobId(content), lfs: undefined, lastCommit };
    const oid = createHash('sha256').update(content).digest('hex');
    const pointer = new TextEncoder().encode(
      `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.byteLength}\n`,
    );
    const lfs = { oid, size: content.byteLength, pointerSize: pointer.byteLength };
    return { path, content, oid: blobId(pointer), lfs, lastCommit };
  }
}

/** What the tree and paths-info answers say of `path`: a file, a folder, or undefined for neither. */
export function describeEntry(commit: HubCommit, path: string, expand: boolean): object | undefined {
  const file = commit.files.get(path);
  const last = (id: string): object =>
    expand ? { lastCommit: { id, title: 'change', date: commit.date.toISOString() } } : {};
  if (file !== undefined) {
    const { oid, lfs, lastCommit, content } = file;
    const large = lfs === undefined ? {} : { lfs, xetHash: xetHash(lfs.oid) };
    return { type: 'file', oid, size: content.byteLength, ...large, path, ...last(lastCommit) };
  }
  const isFolder = [...commit.files.keys()].some((name) => name.startsWith(`${path}/`));
  return isFolder ? { type: 'directory', oid: sha1(path), size: 0, path, ...last(commit.id) } : undefined;
}

/** Listings that were asked for, by commit, which does not change: of a large one every page would walk all of it. */
const listings = new WeakMap<HubCommit, Map<string, readonly string[]>>();

/** Paths of what lies in `folder` (`''`: the root), in an order of the server's own: not sorted. */
export function pathsIn(commit: HubCommit, folder: string, recursive: boolean): readonly string[] {
  const known = listings.get(commit) ?? new Map<string, readonly string[]>();
  listings.set(commit, known);
  const key = `${recursive} ${folder}`;
  const paths = known.get(key) ?? listPaths(commit, folder, recursive);
  known.set(key, paths);
  return paths;
}

function listPaths(commit: HubCommit, folder: string, recursive: boolean): readonly string[] {
  const start = folder === '' ? '' : `${folder}/`;
  const found = new Set<string>();
  for (const path of commit.files.keys()) {
    if (!path.startsWith(start)) continue;
    const names = path.slice(start.length).split('/');
    for (let depth = 1; depth <= (recursive ? names.length : 1); depth++) {
      found.add(start + names.slice(0, depth).join('/'));
    }
  }
  return [...found].toReversed();
}

/** The hash that the CDN has as ETag of an LFS file: of 64 digits, and not its sha256. */
export function xetHash(lfsOid: string): string {
  return createHash('sha256').update(`xet ${lfsOid}`).digest('hex');
}

function blobId(content: Uint8Array): string {
  return createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
