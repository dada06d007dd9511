import { connect, createServer, type Socket } from 'node:net';

/** What to do with a frame: what to send in its place, or nothing at all. */
export type FrameHook = (frame: Buffer, connection: ProxiedConnection) => readonly Buffer[];

/** One connection through a {@link FrameProxy}. */
interface ProxiedConnection {
  /** Counts from 0. */
  readonly index: number;
  readonly client: Socket;
  readonly server: Socket;
}

/** A man in the middle who sees each SMB frame. */
export interface FrameProxy extends AsyncDisposable {
  readonly port: number;
  readonly connections: readonly ProxiedConnection[];
  /** Frames from the client; by default they are passed on. */
  onRequest: FrameHook;
  /** Frames from the server; by default they are passed on. */
  onReply: FrameHook;
}

/** Passes frames between clients and the server at `target`, on loopback. */
export async function startFrameProxy(target: number): Promise<FrameProxy> {
  const connections: ProxiedConnection[] = [];
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const connection = { index: connections.length, client, server };
    connections.push(connection);
    forward(client, server, (frame) => proxy.onRequest(frame, connection));
    forward(server, client, (frame) => proxy.onReply(frame, connection));
  });
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: FrameProxy = {
    port: address.port,
    connections,
    onRequest: (frame) => [frame],
    onReply: (frame) => [frame],
    async [Symbol.asyncDispose]() {
      for (const { client, server } of connections) {
        client.destroy();
        server.destroy();
      }
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}

/** The command of a frame that is not encrypted (MS-SMB2 2.2.1); undefined for one that is. */
export function commandOf(frame: Buffer): number | undefined {
  return frame[0] === 0xfe ? frame.readUInt16LE(12) : undefined;
}

/** A frame with the length that goes before it. */
export function withPrefix(frame: Buffer): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(frame.length);
  return Buffer.concat([prefix, frame]);
}

function forward(from: Socket, to: Socket, hook: (frame: Buffer) => readonly Buffer[]): void {
  let pieces: Buffer[] = [];
  let bytes = 0;
  from.on('data', (piece) => {
    pieces.push(piece as Buffer);
    bytes += piece.length;
    for (;;) {
      if (bytes < 4) return;
      if ((pieces[0] as Buffer).length < 4) pieces = [Buffer.concat(pieces)];
      const length = (pieces[0] as Buffer).readUInt32BE(0);
      if (bytes < 4 + length) return;
      const all = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
      for (const frame of hook(Buffer.from(all.subarray(4, 4 + length)))) {
        if (!to.destroyed) to.write(withPrefix(frame));
      }
      pieces = [all.subarray(4 + length)];
      bytes -= 4 + length;
    }
  });
  from.on('error', () => {}).on('close', () => to.destroy());
}
