import { NotFoundError } from '../../core/errors.ts';
import {
  Access,
  decodeCreate,
  encodeClose,
  encodeCreate,
  encodeRead,
  hasChanged,
  NO_FILE,
  type OpenedFacts,
} from './file-requests.ts';
import type { Outgoing, Reply } from './message.ts';
import { Command } from './protocol.ts';
import type { Session, Tree } from './session.ts';
import { Status, statusError } from './status.ts';
import { toWire } from './wire-path.ts';

/** Place where a file lies. */
export interface ShareFile {
  readonly share: string;
  /** Path in the share, `/` between names. */
  readonly path: string;
  /** Name of the file in messages. */
  readonly url: string;
}

/** Request to read together with opening. */
export interface FirstRead {
  readonly offset: number;
  /** Number of bytes; 0 for nothing. */
  readonly length: number;
  /** True when the file is closed after it, in the same round trip. */
  readonly closes: boolean;
  /** Function that makes the memory for what is read. */
  readonly allocate: (length: number) => Uint8Array;
}

/** A file that the server has opened, and its first bytes. */
export interface OpenFile {
  readonly session: Session;
  readonly tree: Tree;
  readonly info: OpenedFacts;
  /** Bytes that the first read brought; empty where it lay behind the end. */
  readonly first: Uint8Array;
  readonly isClosed: boolean;
}

/** Opens a file and reads its beginning in one round trip. @throws NotFoundError when there is no such file */
export async function openFile(
  session: Session,
  place: ShareFile,
  read: FirstRead,
  signal?: AbortSignal,
): Promise<OpenFile> {
  const tree = await connectDisk(session, place, signal);
  const create = { command: Command.create, body: encodeCreate(toWire(place.path), Access.read, 'file') };
  const chain: Omit<Outgoing, 'treeId'>[] = [create];
  if (read.length > 0) {
    const body = encodeRead(NO_FILE, read.offset, read.length);
    chain.push({ command: Command.read, body, payloadBytes: read.length, allocate: read.allocate });
  }
  if (read.closes) chain.push({ command: Command.close, body: encodeClose(NO_FILE) });
  const late = ([created]: readonly Reply[]): void => {
    if (created?.status === Status.success && !read.closes) {
      session.release(tree, decodeCreate(created).fileId);
    }
  };
  const replies = await session.send(tree, chain, { signal, late });
  const [created, answer] = replies;
  if (created?.status !== Status.success) throw statusError(created?.status ?? 0, place.url);
  const info = decodeCreate(created);
  let first: Uint8Array = new Uint8Array(0);
  if (read.length > 0 && answer?.status !== Status.endOfFile) {
    if (answer?.status !== Status.success || answer.payload === undefined) {
      if (!read.closes) session.release(tree, info.fileId);
      throw statusError(answer?.status ?? 0, place.url);
    }
    first = answer.payload;
  }
  if (read.closes) checkClosed(replies.at(-1), info, place);
  return { session, tree, info, first, isClosed: read.closes };
}

/**
 * Closes a file that was read.
 *
 * @throws NotFoundError when it was changed meanwhile, so that what was read may be of two versions
 */
export async function closeFile(
  { session, tree, info }: OpenFile,
  place: ShareFile,
  signal: AbortSignal,
): Promise<void> {
  const body = encodeClose(info.fileId);
  const [reply] = await session.send(tree, [{ command: Command.close, body }], { signal });
  checkClosed(reply, info, place);
}

function checkClosed(reply: Reply | undefined, info: OpenedFacts, { url }: ShareFile): void {
  if (reply?.status !== Status.success || !hasChanged(reply, info)) return;
  throw new NotFoundError(`${url} has changed while it was read. List the folder again.`);
}

/** Asks what the server says of a file. @throws NotFoundError when there is none, or it is a folder */
export async function statFile(
  session: Session,
  place: ShareFile,
  signal?: AbortSignal,
): Promise<OpenedFacts> {
  const tree = await connectDisk(session, place, signal);
  const body = encodeCreate(toWire(place.path), Access.attributes, 'file');
  const [created] = await session.send(
    tree,
    [
      { command: Command.create, body },
      { command: Command.close, body: encodeClose(NO_FILE) },
    ],
    { signal },
  );
  if (created?.status !== Status.success) throw statusError(created?.status ?? 0, place.url);
  return decodeCreate(created);
}

/** Reads into `sink`. @returns how many bytes came; 0 behind the end of the file */
export async function readInto(
  { session, tree, info }: OpenFile,
  place: ShareFile,
  offset: number,
  sink: Uint8Array,
  signal: AbortSignal,
): Promise<number> {
  const body = encodeRead(info.fileId, offset, sink.length);
  const [reply] = await session.send(
    tree,
    [{ command: Command.read, body, payloadBytes: sink.length, sink }],
    { signal },
  );
  if (reply?.status === Status.endOfFile) return 0;
  if (reply?.status !== Status.success) throw statusError(reply?.status ?? 0, place.url);
  return reply.payload?.length ?? 0;
}

/** Connects the share of a file. @throws NotFoundError when it holds no files */
async function connectDisk(session: Session, { share, url }: ShareFile, signal?: AbortSignal): Promise<Tree> {
  const tree = await session.tree(share, signal);
  if (tree.isDisk) return tree;
  throw new NotFoundError(
    `${url} was not found: ${JSON.stringify(share)} is a printer or a pipe, not a folder.`,
  );
}
