/** The bytes of a file. */
export interface Content {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
}

interface FileNode {
  readonly kind: 'file';
  readonly content: Content;
  /** Seconds since 1970. */
  readonly mtime: number;
}

export interface FolderNode {
  readonly kind: 'folder';
  readonly children: Map<string, Node>;
  mtime: number;
  /** Answers every call below it with this error code: 407 no permission, 409 or 410 remote mount offline. */
  refusal?: number | undefined;
}

export type Node = FileNode | FolderNode;

/** A shared folder. */
export interface Share extends FolderNode {
  /** Whether list_share names it. */
  listed: boolean;
}

/** Options of {@link FileTree.share}. */
export interface ShareOptions {
  readonly refusal?: number | undefined;
  readonly listed?: boolean | undefined;
}

/** Shares, folders and files in memory. Paths are `/share/folder/file`. */
export class FileTree {
  readonly shares = new Map<string, Share>();
  /** Time of the next change, seconds: each change has another one. */
  #clock = 1_700_000_000;

  share(name: string, options: ShareOptions = {}): Share {
    const share: Share = this.shares.get(name) ?? {
      kind: 'folder',
      children: new Map(),
      mtime: this.#clock++,
      listed: true,
    };
    share.refusal = options.refusal;
    share.listed = options.listed ?? true;
    this.shares.set(name, share);
    return share;
  }

  /** Writes a file; its share and folders come into being with it. */
  write(path: string, content: string | Uint8Array | Content): void {
    const names = path.split('/').filter((name) => name !== '');
    const last = names.pop();
    if (last === undefined || names.length === 0) throw new Error(`not a file of a share: ${path}`);
    this.folder(names.join('/')).children.set(last, {
      kind: 'file',
      content: typeof content === 'object' && 'read' in content ? content : inMemory(content),
      mtime: this.#clock++,
    });
  }

  /** The folder at `path`, made where it is missing. */
  folder(path: string): FolderNode {
    const [share = '', ...names] = path.split('/').filter((name) => name !== '');
    let folder: FolderNode = this.shares.get(share) ?? this.share(share);
    for (const name of names) {
      let child = folder.children.get(name);
      if (child?.kind !== 'folder') {
        child = { kind: 'folder', children: new Map(), mtime: this.#clock++ };
        folder.children.set(name, child);
      }
      folder = child;
    }
    return folder;
  }

  remove(path: string): void {
    const at = path.lastIndexOf('/');
    this.folder(path.slice(0, at)).children.delete(path.slice(at + 1));
  }

  /** What lies at `path`, or the error code of the answer. */
  find(path: string): Node | number {
    if (!path.startsWith('/') || path.includes('\0')) return 418;
    const [share = '', ...names] = path.slice(1).split('/');
    let node: Node | undefined = this.shares.get(share);
    for (const name of names) {
      if (node?.kind === 'folder' && node.refusal !== undefined) return node.refusal;
      node = node?.kind === 'folder' ? node.children.get(name) : undefined;
    }
    return (node?.kind === 'folder' ? node.refusal : undefined) ?? node ?? 408;
  }
}

function inMemory(content: string | Uint8Array): Content {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { size: bytes.byteLength, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** A file of any size that takes no memory: byte `i` is {@link sparseByte}`(i)`. */
export function sparse(size: number): Content {
  return {
    size,
    read: (offset, length) => {
      const bytes = new Uint8Array(Math.min(length, size - offset));
      for (let at = 0; at < bytes.byteLength; at++) bytes[at] = sparseByte(offset + at);
      return bytes;
    },
  };
}

/** Differs between neighbours, and between places that are a power of two apart. */
export function sparseByte(offset: number): number {
  return (offset + Math.floor(offset / 251) * 7) % 256;
}
