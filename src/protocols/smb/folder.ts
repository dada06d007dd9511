import { NetworkError } from '../../core/errors.ts';
import {
  Access,
  decodeCreate,
  encodeClose,
  encodeCreate,
  encodeQueryDirectory,
  type FileId,
  NO_FILE,
} from './file-requests.ts';
import { chargeOf, type Outgoing, type Reply } from './message.ts';
import { Command } from './protocol.ts';
import { malformed, type ReplyReader } from './reply-reader.ts';
import type { Session, Tree } from './session.ts';
import { Status, statusError } from './status.ts';
import { fromWire, toWire } from './wire-path.ts';

/** A file or folder in a listing. */
export interface FolderEntry {
  readonly name: string;
  readonly isDirectory: boolean;
  /** True for a symbolic link that whoever reads must follow. */
  readonly isLink: boolean;
  /** True for what is hidden and of the system at once, such as a recycle bin. */
  readonly isSystem: boolean;
  /** Length of the file, bytes. */
  readonly size: number;
  /** Time of the last change, a FILETIME: 100 ns units since 1601. */
  readonly lastWrite: bigint;
  /** Id on its disk; undefined where the server says none. */
  readonly diskId: bigint | undefined;
}

/** Entries of a folder, and which folder that is, whatever the path by which it was found. */
export interface FolderListing {
  readonly entries: readonly FolderEntry[];
  /** Disk of the server that it lies on; undefined where the server says none. */
  readonly disk: string | undefined;
  /** Id on that disk. */
  readonly id: bigint | undefined;
}

/** Attributes (MS-FSCC 2.6) and the tag of a symbolic link (2.1.2.1). */
const Attribute = { hidden: 0x2, system: 0x4, directory: 0x10, reparsePoint: 0x400 } as const;
const SYMBOLIC_LINK = 0xa000000c;
/** Most bytes that are asked for in one page; parsing it does not hold the event loop. */
const PAGE_BYTES = 256 * 1024;
/** Most pages that are asked for in one round trip: the last one of a folder says only that there are no more. */
const MAX_PAGES = 3;
/** Share of all credits that one round trip takes at the most: others list and read at the same time. */
const CREDIT_SHARE = 0.25;
/** Most entries of a listing: one without end is none. */
const MAX_ENTRIES = 5_000_000;

/**
 * Reads everything in a folder, in the order of the server. One of usual size, some thousand files, takes one round
 * trip.
 *
 * @param path - in the share, `/` between names; empty for its root
 * @param url - how messages name the folder
 * @throws NotFoundError when there is no such folder
 */
export async function readFolder(
  session: Session,
  tree: Tree,
  path: string,
  url: string,
  signal?: AbortSignal,
): Promise<FolderListing> {
  const create = { command: Command.create, body: encodeCreate(toWire(path), Access.list, 'folder') };
  const late = ([created]: readonly Reply[]): void => {
    if (created?.status === Status.success) session.release(tree, decodeCreate(created).fileId);
  };
  const [created, ...pages] = await session.send(tree, [create, ...queries(session, NO_FILE)], {
    signal,
    late,
  });
  if (created?.status !== Status.success) throw statusError(created?.status ?? 0, url);
  const { fileId, diskId, volumeId } = decodeCreate(created);
  const entries = new Map<string, FolderEntry>();
  const read = async (): Promise<Reply> => {
    if (pages.length === 0) pages.push(...(await session.send(tree, queries(session, fileId), { signal })));
    return pages.shift() as Reply;
  };
  const next = (): Promise<Reply> => {
    const asked = read();
    // Of a page that is not waited for any more.
    asked.catch(() => undefined);
    return asked;
  };
  try {
    for (let asked = next(); ; ) {
      const page = await asked;
      // NO_SUCH_FILE: nothing matches, as some servers say of an empty folder.
      if (page.status === Status.noMoreFiles || page.status === Status.noSuchFile) break;
      if (page.status !== Status.success) throw statusError(page.status, url);
      // While the server makes the next page, this one is read.
      asked = next();
      const before = entries.size;
      readEntries(page.message, diskId !== undefined, entries);
      if (before > 2 && entries.size === before) throw malformed('a listing that repeats itself');
      if (entries.size > MAX_ENTRIES) {
        throw new NetworkError(`${url} has more than ${MAX_ENTRIES} entries.`, { retryable: false });
      }
    }
  } finally {
    session.release(tree, fileId);
  }
  entries.delete('.');
  entries.delete('..');
  return { entries: [...entries.values()], disk: volumeId?.toString(), id: diskId };
}

/**
 * Checks by opening it that there is a folder at `path`.
 *
 * @throws NotFoundError when there is none, or it is a file
 */
export async function openFolder(
  session: Session,
  tree: Tree,
  path: string,
  url: string,
  signal?: AbortSignal,
): Promise<void> {
  const body = encodeCreate(toWire(path), Access.attributes, 'folder');
  const close = { command: Command.close, body: encodeClose(NO_FILE) };
  const [created] = await session.send(tree, [{ command: Command.create, body }, close], { signal });
  if (created?.status !== Status.success) throw statusError(created?.status ?? 0, url);
}

/** Makes the related requests for the next pages, as many as the server's credits allow; two at the least. */
function queries({ connection, login }: Session, fileId: FileId): Omit<Outgoing, 'treeId'>[] {
  const { credits } = connection;
  const payloadBytes = Math.min(PAGE_BYTES, login.maxTransactBytes, credits.payloadLimit());
  const query = {
    command: Command.queryDirectory,
    body: encodeQueryDirectory(fileId, payloadBytes),
    payloadBytes,
  };
  const affordable = Math.floor((CREDIT_SHARE * credits.total) / chargeOf(query));
  return Array.from({ length: Math.max(2, Math.min(MAX_PAGES, affordable)) }, () => query);
}

/** Adds the entries of an answer (MS-SMB2 2.2.34, MS-FSCC 2.4.17). */
function readEntries(message: ReplyReader, hasIds: boolean, entries: Map<string, FolderEntry>): void {
  let at = message.u16(66);
  const end = at + message.u32(68);
  message.slice(at, end - at);
  for (;;) {
    const next = message.u32(at);
    const nameBytes = message.u32(at + 60);
    const attributes = message.u32(at + 56);
    if (at + 104 + nameBytes > end) throw malformed('a listing whose entries overlap');
    const name = message.text(at + 104, nameBytes);
    if (name === '' || /[/\\\0]/.test(name)) throw malformed('a listing with a name that is none');
    const isLink = (attributes & Attribute.reparsePoint) !== 0 && message.u32(at + 64) === SYMBOLIC_LINK;
    const id = message.u64(at + 96);
    const system = Attribute.hidden | Attribute.system;
    entries.set(name, {
      name: name === '.' || name === '..' ? name : fromWire(name),
      isDirectory: (attributes & Attribute.directory) !== 0,
      isLink,
      isSystem: (attributes & system) === system,
      size: message.size(at + 40),
      lastWrite: message.u64(at + 24),
      diskId: hasIds && id !== 0n && id !== 0xffffffffffffffffn ? id : undefined,
    });
    if (next === 0) return;
    if (next < 104) throw malformed('a listing whose entries overlap');
    at += next;
    if (at > end) throw malformed('a listing that points out of itself');
  }
}
