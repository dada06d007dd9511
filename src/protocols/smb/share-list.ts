import { NetworkError } from '../../core/errors.ts';
import { Access, decodeCreate, encodeCreate, type FileId } from './file-requests.ts';
import type { Reply } from './message.ts';
import { Command } from './protocol.ts';
import { malformed, ReplyReader } from './reply-reader.ts';
import { bindPipe, callPipe } from './rpc.ts';
import type { Session, Tree } from './session.ts';
import { Status, statusError } from './status.ts';

/** A share as the server lists it. */
export interface ShareInfo {
  readonly name: string;
  /** True when it holds files, rather than being a printer or a pipe. */
  readonly isDisk: boolean;
  /** True when it is meant to be left out of listings: administrative, or its name ends in `$`. */
  readonly isHidden: boolean;
}

const SERVER_SERVICE = { uuid: '4b324fc8-1670-01d3-1278-5a47bf6ee188', version: 3 };
const NETR_SHARE_ENUM = 15;
/** Failures of NetrShareEnum (MS-ERREF 2.2), but for a missing right. */
const FAILURES: ReadonlyMap<number, string> = new Map([
  [8, 'ERROR_NOT_ENOUGH_MEMORY'],
  [50, 'ERROR_NOT_SUPPORTED'],
  [53, 'ERROR_BAD_NETPATH'],
  [87, 'ERROR_INVALID_PARAMETER'],
  [123, 'ERROR_INVALID_NAME'],
  [124, 'ERROR_INVALID_LEVEL'],
  [234, 'ERROR_MORE_DATA'],
  [2114, 'NERR_ServerNotStarted'],
  [2123, 'NERR_BufTooSmall'],
  [2140, 'NERR_InternalError'],
]);
/** Types of shares (MS-SRVS 2.2.2.4). */
const SPECIAL_FLAG = 0x8000_0000;
const KIND_MASK = 0xff;

/**
 * Reads the shares of a server (MS-SRVS 3.1.4.8), in its order.
 *
 * @throws AuthError when the user may not ask for them
 */
export async function readShares(session: Session, signal?: AbortSignal): Promise<ShareInfo[]> {
  const { host } = session.connection.endpoint;
  const label = `The list of the shares of smb://${host}/`;
  const tree = await session.tree('IPC$', signal);
  const body = encodeCreate('srvsvc', Access.pipe, 'pipe');
  const late = ([created]: readonly Reply[]): void => {
    if (created?.status === Status.success) session.release(tree, decodeCreate(created).fileId);
  };
  const [created] = await session.send(tree, [{ command: Command.create, body }], { signal, late });
  if (created?.status !== Status.success) throw statusError(created?.status ?? 0, label);
  const { fileId } = decodeCreate(created);
  try {
    return await enumerate(session, tree, fileId, label, signal);
  } finally {
    session.release(tree, fileId);
  }
}

async function enumerate(
  session: Session,
  tree: Tree,
  fileId: FileId,
  label: string,
  signal: AbortSignal | undefined,
): Promise<ShareInfo[]> {
  const pipe = { session, tree, fileId, label, signal };
  await bindPipe(pipe, SERVER_SERVICE);
  return decodeShares(
    await callPipe(pipe, NETR_SHARE_ENUM, encodeCall(session.connection.endpoint.host)),
    label,
  );
}

/** Encodes the call: server name, level 1, an empty container, no limit, no resume handle, in NDR (C706 chapter 14). */
function encodeCall(host: string): Buffer {
  const server = Buffer.from(`\\\\${host}\0`, 'utf16le');
  const characters = server.length / 2;
  return Buffer.concat([
    words(0x20000, characters, 0, characters),
    server,
    Buffer.alloc((4 - (server.length % 4)) % 4),
    words(1, 1, 0x20004, 0, 0, 0xffffffff, 0),
  ]);
}

function decodeShares(stub: Buffer, label: string): ShareInfo[] {
  const reader = new ReplyReader(stub, 'a list of shares');
  const result = reader.u32(stub.length - 4);
  if (result === 5) throw statusError(Status.accessDenied, label);
  if (result !== 0) {
    const name = FAILURES.get(result) ?? `error ${result} of Windows`;
    throw new NetworkError(
      `${label}: the SMB server failed with ${name}. Name the share in the address: it may be read all the same.`,
      { retryable: false },
    );
  }
  const count = reader.u32(12);
  if (count > 0 && reader.u32(8) === 0) throw malformed('a list of shares without shares');
  if (count === 0) return [];
  reader.slice(24, 12 * count);
  let at = 24 + 12 * count;
  const text = (): string => {
    const length = reader.u32(at + 8);
    const value = reader.text(at + 12, 2 * length);
    at += 12 + Math.ceil(length / 2) * 4;
    return value.replace(/\0.*$/s, '');
  };
  const shares: ShareInfo[] = [];
  for (let index = 0; index < count; index++) {
    const row = 24 + 12 * index;
    const type = reader.u32(row + 4);
    const name = reader.u32(row) === 0 ? '' : text();
    if (reader.u32(row + 8) !== 0) text(); // the comment
    const isHidden = (type & SPECIAL_FLAG) !== 0 || name.endsWith('$');
    if (name !== '') shares.push({ name, isDisk: (type & KIND_MASK) === 0, isHidden });
  }
  return shares;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index);
  return bytes;
}
