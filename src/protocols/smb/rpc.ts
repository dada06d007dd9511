import { NetworkError } from '../../core/errors.ts';
import { encodeIoctl, encodeRead, type FileId, ioctlOutput } from './file-requests.ts';
import type { Reply } from './message.ts';
import { Command, CREDIT_BYTES } from './protocol.ts';
import { malformed, ReplyReader } from './reply-reader.ts';
import type { Session, Tree } from './session.ts';
import { Status, statusError } from './status.ts';

/** An open named pipe. */
export interface Pipe {
  readonly session: Session;
  readonly tree: Tree;
  readonly fileId: FileId;
  /** Name in messages of what is asked for. */
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}

/** The interface behind a pipe. */
export interface RpcInterface {
  readonly uuid: string;
  /** Major version. */
  readonly version: number;
}

/** Kinds of fragments (C706 12.6). */
const Kind = { request: 0, response: 2, fault: 3, bind: 11, bindAck: 12 } as const;
const ONLY_FRAGMENT = 3;
const LAST_FRAGMENT = 2;
const NDR = { uuid: '8a885d04-1ceb-11c9-9fe8-08002b104860', version: 2 };
const PIPE_TRANSCEIVE = 0x0011c017;
/** Length of the longest answer that is put together, bytes. */
const MAX_ANSWER_BYTES = 16 * 1024 ** 2;

/** Faults that a server of this kind gives (C706 appendix E, MS-RPCE 3.3.3.5.5). */
const FAULTS: ReadonlyMap<number, string> = new Map([
  [0x1c010002, 'nca_s_op_rng_error (it does not know the call)'],
  [0x1c010003, 'nca_s_unk_if (it does not know the interface)'],
  [0x1c01000b, 'nca_s_proto_error (it does not understand the call)'],
  [0x1c010014, 'nca_s_server_too_busy'],
  [0x1c00001b, 'nca_s_fault_remote_no_memory'],
  [0x000006f7, 'RPC_X_BAD_STUB_DATA (it does not understand the call)'],
]);

function faultName(code: number): string {
  return FAULTS.get(code) ?? `fault 0x${code.toString(16)}`;
}

/** Chooses the interface that further calls go to (C706 12.6.4.3). */
export async function bindPipe(pipe: Pipe, service: RpcInterface): Promise<void> {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(4280, 0);
  body.writeUInt16LE(4280, 2);
  body[8] = 1;
  body[14] = 1;
  const { kind } = await transceive(
    pipe,
    encodeFragment(Kind.bind, 1, Buffer.concat([body, encodeSyntax(service), encodeSyntax(NDR)])),
  );
  if (kind !== Kind.bindAck) throw malformed('no agreement on the service that lists shares');
}

/** Calls a function and resolves with its results, in NDR. */
export async function callPipe(pipe: Pipe, operation: number, input: Buffer): Promise<Buffer> {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(input.length, 0);
  head.writeUInt16LE(operation, 6);
  const { kind, content } = await transceive(
    pipe,
    encodeFragment(Kind.request, 2, Buffer.concat([head, input])),
  );
  if (kind === Kind.fault) {
    const code = new ReplyReader(content, 'a fault').u32(0);
    if (code === 5) throw statusError(Status.accessDenied, pipe.label);
    throw new NetworkError(`${pipe.label}: the server's service failed with ${faultName(code)}.`, {
      retryable: false,
    });
  }
  if (kind !== Kind.response) throw malformed('no answer of the service that lists shares');
  return content;
}

/** Sends a fragment and puts the fragments of the answer together. */
async function transceive(pipe: Pipe, input: Buffer): Promise<{ kind: number; content: Buffer }> {
  const { session, tree, fileId, label, signal } = pipe;
  const body = encodeIoctl(fileId, PIPE_TRANSCEIVE, input, CREDIT_BYTES);
  const [reply] = await session.send(tree, [{ command: Command.ioctl, body, payloadBytes: CREDIT_BYTES }], {
    signal,
  });
  const { status, message } = reply as Reply;
  if (status !== Status.success && status !== Status.bufferOverflow) throw statusError(status, label);
  let bytes = Buffer.from(ioctlOutput(message));
  const contents: Buffer[] = [];
  for (let total = 0; ; ) {
    while (bytes.length < 16 || bytes.length < bytes.readUInt16LE(8)) {
      bytes = Buffer.concat([bytes, await readPipe(pipe)]);
    }
    const reader = new ReplyReader(bytes, 'a fragment');
    const length = reader.u16(8);
    const kind = reader.u8(2);
    if (length < 24) throw malformed('a fragment that is too short');
    const content = reader.slice(24, length - 24);
    contents.push(content);
    total += length;
    if (total > MAX_ANSWER_BYTES) throw malformed('an answer of a service that has no end');
    if ((reader.u8(3) & LAST_FRAGMENT) !== 0) return { kind, content: Buffer.concat(contents) };
    bytes = bytes.subarray(length);
  }
}

async function readPipe({ session, tree, fileId, label, signal }: Pipe): Promise<Uint8Array> {
  const body = encodeRead(fileId, 0, CREDIT_BYTES);
  const [reply] = await session.send(tree, [{ command: Command.read, body, payloadBytes: CREDIT_BYTES }], {
    signal,
  });
  const { status, payload } = reply as Reply;
  if (status !== Status.success) throw statusError(status, label);
  if (payload === undefined || payload.length === 0)
    throw malformed('an answer of a service that ends early');
  return payload;
}

function encodeFragment(kind: number, callId: number, content: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head[0] = 5;
  head[2] = kind;
  head[3] = ONLY_FRAGMENT;
  head[4] = 0x10; // little-endian
  head.writeUInt16LE(head.length + content.length, 8);
  head.writeUInt32LE(callId, 12);
  return Buffer.concat([head, content]);
}

/** Encodes the id of an interface. The first three parts of a UUID are numbers, little-endian here. */
function encodeSyntax({ uuid, version }: RpcInterface): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return Buffer.concat([bytes, Buffer.from([version, 0, 0, 0])]);
}
