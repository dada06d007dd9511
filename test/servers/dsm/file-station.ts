import { createHash } from 'node:crypto';
import type { Session } from './auth.ts';
import type { FileTree, Node } from './file-tree.ts';
import { namesOf, type Parameters, pathsOf, textOf } from './parameters.ts';
import type { Profile } from './profiles.ts';

/** The data of an answer, or the code of its error. */
export type Answer = Readonly<Record<string, unknown>> | number | undefined;

/** SYNO.FileStation.List, Info and MD5, and SYNO.DSM.Info, over a tree of files. */
export class FileStation {
  readonly #profile: Profile;
  readonly #tree: FileTree;
  /** MD5 tasks that were started and not stopped: each keeps a process of a real device busy. */
  readonly tasks = new Map<string, { readonly path: string; polls: number }>();
  /** How often an MD5 task is asked for before it has finished. */
  polls = 1;
  #nextTask = 1;

  constructor(profile: Profile, tree: FileTree) {
    this.#profile = profile;
    this.#tree = tree;
  }

  /** undefined: there is no such method. */
  answer(api: string, method: string, parameters: Parameters, version: number, session: Session): Answer {
    switch (`${api}.${method}`) {
      case 'SYNO.DSM.Info.getinfo':
        return this.#profile.system;
      case 'SYNO.FileStation.Info.get':
        return this.#info(version, session);
      case 'SYNO.FileStation.List.list_share':
        return this.#listShares(parameters);
      case 'SYNO.FileStation.List.list':
        return this.#list(parameters, version);
      case 'SYNO.FileStation.List.getinfo':
        return this.#getInfo(parameters, version);
      case 'SYNO.FileStation.MD5.start':
        return this.#startMd5(parameters, version);
      case 'SYNO.FileStation.MD5.status':
        return this.#md5Status(parameters, version);
      case 'SYNO.FileStation.MD5.stop':
        return this.#stopMd5(parameters, version);
      default:
        return undefined;
    }
  }

  #info(version: number, session: Session): Answer {
    const known = { hostname: 'loopback', is_manager: session.account === 'admin', support_sharing: true };
    if (version < 2) return { ...known, support_virtual: 'cifs,iso' };
    return {
      ...known,
      support_vfs: true,
      support_virtual: { enable_iso_mount: true, enable_remote_mount: true },
      support_virtual_protocol: ['cifs', 'nfs', 'iso'],
      system_codepage: 'enu',
      uid: 1026,
    };
  }

  #listShares(parameters: Parameters): Answer {
    const additional = namesOf(parameters.get('additional'));
    const listed = [...this.#tree.shares].filter(([, share]) => share.listed);
    const page = pageOf(listed, parameters);
    if (typeof page === 'number') return page;
    return {
      offset: page.offset,
      shares: page.items.map(([name, share]) => this.#describe(`/${name}`, name, share, additional, true)),
      total: page.total,
    };
  }

  #list(parameters: Parameters, version: number): Answer {
    const path = textOf(parameters.get('folder_path'), version);
    if (path === undefined) return 400;
    const node = this.#tree.find(path);
    if (typeof node === 'number') return node;
    if (node.kind !== 'folder') return 408;
    const filetype = textOf(parameters.get('filetype'), version) ?? 'all';
    const pattern = globOf(textOf(parameters.get('pattern'), version));
    const wanted = [...node.children]
      .filter(([, child]) => filetype === 'all' || (child.kind === 'folder') === (filetype === 'dir'))
      .filter(([name]) => pattern === undefined || pattern.test(name))
      .toSorted(([a], [b]) => a.localeCompare(b, 'en'));
    const page = pageOf(wanted, parameters);
    if (typeof page === 'number') return page;
    const additional = namesOf(parameters.get('additional'));
    return {
      files: page.items.map(([name, child]) =>
        this.#describe(`${path}/${name}`, name, child, additional, false),
      ),
      offset: page.offset,
      total: page.total,
    };
  }

  #getInfo(parameters: Parameters, version: number): Answer {
    const paths = pathsOf(parameters.get('path'), version, this.#profile.literalLists);
    if (paths.length === 0) return 400;
    const additional = namesOf(parameters.get('additional'));
    const files = paths.map((path) => {
      const node = this.#tree.find(path);
      if (typeof node === 'number') return { code: node, path };
      return this.#describe(path, path.slice(path.lastIndexOf('/') + 1), node, additional, false);
    });
    return { files };
  }

  #startMd5(parameters: Parameters, version: number): Answer {
    const path = textOf(parameters.get('file_path'), version);
    if (path === undefined) return 400;
    const node = this.#tree.find(path);
    if (typeof node === 'number') return node;
    if (node.kind !== 'file') return 408;
    const taskid = `FileStation_${(this.#nextTask++).toString(16).toUpperCase().padStart(8, '0')}`;
    this.tasks.set(taskid, { path, polls: 0 });
    return { taskid };
  }

  #md5Status(parameters: Parameters, version: number): Answer {
    const task = this.tasks.get(textOf(parameters.get('taskid'), version) ?? '');
    if (task === undefined) return 599;
    if (task.polls++ < this.polls) return { finished: false };
    const node = this.#tree.find(task.path);
    if (typeof node === 'number') return node;
    if (node.kind !== 'file') return 408;
    const hash = createHash('md5');
    for (let at = 0; at < node.content.size; at += 1 << 20) hash.update(node.content.read(at, 1 << 20));
    return { finished: true, md5: hash.digest('hex') };
  }

  #stopMd5(parameters: Parameters, version: number): Answer {
    this.tasks.delete(textOf(parameters.get('taskid'), version) ?? '');
    return {};
  }

  #describe(path: string, name: string, node: Node, wanted: ReadonlySet<string>, isShare: boolean): object {
    const acl = { append: true, del: true, exec: true, read: true, write: true };
    const seconds = { atime: node.mtime, crtime: node.mtime, ctime: node.mtime, mtime: node.mtime };
    const size = node.kind === 'file' ? node.content.size : 4096;
    const extension = node.kind === 'file' && name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
    const share = {
      acl_enable: true,
      adv_right: { disable_download: false, disable_list: false, disable_modify: false },
      is_share_readonly: false,
      share_right: 'RW',
    };
    const known: Readonly<Record<string, unknown>> = {
      mount_point_type: '',
      owner: { gid: 100, group: 'users', uid: 1026, user: 'admin' },
      perm: { acl, is_acl_mode: true, posix: 777, ...(isShare ? share : {}) },
      real_path: `/volume1${path}`,
      ...(isShare ? { sync_share: false } : { size }),
      time: seconds,
      ...(isShare
        ? { volume_status: { freespace: 1553335107584, readonly: false, totalspace: 3821146505216 } }
        : { type: extension.toUpperCase() }),
    };
    const additional = Object.fromEntries(Object.entries(known).filter(([key]) => wanted.has(key)));
    return {
      ...(Object.keys(additional).length > 0 ? { additional } : {}),
      isdir: node.kind === 'folder',
      name,
      path,
    };
  }
}

function pageOf<Item>(
  items: readonly Item[],
  parameters: Parameters,
): { readonly items: readonly Item[]; readonly offset: number; readonly total: number } | number {
  const offset = Number(parameters.get('offset') ?? 0);
  const limit = Number(parameters.get('limit') ?? 0);
  if (!Number.isInteger(offset) || !Number.isInteger(limit) || offset < 0) return 400;
  const end = limit <= 0 ? items.length : offset + limit;
  return { items: items.slice(offset, end), offset, total: items.length };
}

/** `a*,b?.vtu`: any of them, whatever the case; a name without wildcards is looked for inside names. */
function globOf(pattern: string | undefined): RegExp | undefined {
  if (pattern === undefined || pattern === '') return undefined;
  const alternatives = pattern.split(',').map((glob) => {
    const escaped = glob.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
    if (!/[*?]/.test(glob)) return `.*${escaped}.*`;
    return escaped.replaceAll('*', '.*').replaceAll('?', '.');
  });
  return new RegExp(`^(?:${alternatives.join('|')})$`, 'i');
}
