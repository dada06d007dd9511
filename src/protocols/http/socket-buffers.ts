import { connect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import { isMainThread, markAsUntransferable } from 'node:worker_threads';

/**
 * Size of the memory that one connection reads into, bytes. Larger reads would not be in the processor's cache any more
 * when hashed.
 */
const SLAB_BYTES = 256 * 1024;

/** Size of that memory as long as no large body comes, bytes. */
const SMALL_SLAB_BYTES = 64 * 1024;

/** Room that a read is worth its call, bytes. */
const MIN_ROOM_BYTES = 16 * 1024;

/** Most memory that is kept to be read into again, bytes. */
const MAX_KEPT_BYTES = 8 * 1024 ** 2;

/** A piece of memory and how much of it was filled and has come back. */
interface Slab {
  readonly buffer: ArrayBuffer;
  filled: number;
  returned: number;
  /** True when more will be read into it. */
  open: boolean;
}

/**
 * Memory that sockets read large bodies into, used again as soon as every byte of it was given back. Without that each
 * read of 64 KiB takes fresh memory, which for a file of 500 MB cost as much time as hashing it: the system maps and
 * clears the pages, and the collector is called for them.
 *
 * Nobody has to give anything back: what does not come is left to the collector.
 */
export class SocketBuffers {
  readonly #free: ArrayBuffer[] = [];
  readonly #slabs = new WeakMap<ArrayBuffer, Slab>();
  readonly #readers = new WeakMap<Socket, SocketReader>();

  /** Makes a connection that reads into this memory; in a thread that may be ended at any time, into that of Node.js. */
  connect(options: TcpNetConnectOpts): Socket {
    if (!isMainThread) return connect(options);
    const reader = new SocketReader(this);
    const socket = connect({ ...options, onread: reader.onread });
    reader.socket = socket;
    this.#readers.set(socket, reader);
    return socket;
  }

  /** Reads what comes over `socket` from now on into memory that is used again, unless it has its own (TLS). */
  reuse(socket: Socket): void {
    const reader = this.#readers.get(socket);
    if (reader !== undefined) reader.reuses = true;
  }

  /** Takes back bytes that a socket has read. Each may come back once. */
  recycle(bytes: Uint8Array<ArrayBuffer>): void {
    const slab = this.#slabs.get(bytes.buffer);
    if (slab === undefined) return;
    slab.returned += bytes.byteLength;
    this.settle(slab);
  }

  takeSlab(): Slab {
    const buffer = this.#free.pop() ?? makeMemory(SLAB_BYTES);
    const slab = { buffer, filled: 0, returned: 0, open: true };
    this.#slabs.set(buffer, slab);
    return slab;
  }

  /** Keeps the memory of `slab` once nobody reads it and nothing is read into it. */
  settle(slab: Slab): void {
    if (slab.open || slab.returned !== slab.filled) return;
    this.#slabs.delete(slab.buffer);
    if ((this.#free.length + 1) * SLAB_BYTES <= MAX_KEPT_BYTES) this.#free.push(slab.buffer);
  }
}

/** Memory that one socket reads into. */
class SocketReader {
  /** Option `onread` of the socket. */
  readonly onread: OnReadOpts;
  /** True when what comes is worth memory that is used again. */
  reuses = false;
  socket: Socket | undefined;
  readonly #buffers: SocketBuffers;
  #slab: Slab | undefined;
  #memory = new ArrayBuffer(0);
  #at = 0;

  constructor(buffers: SocketBuffers) {
    this.#buffers = buffers;
    this.onread = {
      buffer: () => this.#next(),
      callback: (count, bytes) => this.#arrived(count, bytes as Uint8Array<ArrayBuffer>),
    };
  }

  /** Finds where the next bytes go: behind the last ones, as long as there is room. */
  #next(): Buffer {
    if (this.#memory.byteLength - this.#at < MIN_ROOM_BYTES || this.reuses !== (this.#slab !== undefined)) {
      this.#leave();
      this.#slab = this.reuses ? this.#buffers.takeSlab() : undefined;
      this.#memory = this.#slab?.buffer ?? makeMemory(SMALL_SLAB_BYTES);
      this.#at = 0;
    }
    return Buffer.from(this.#memory, this.#at);
  }

  #arrived(count: number, { buffer, byteOffset }: Uint8Array<ArrayBuffer>): boolean {
    this.#at = byteOffset + count;
    if (this.#slab !== undefined) this.#slab.filled = this.#at;
    const goesOn = this.socket?.push(Buffer.from(buffer, byteOffset, count)) ?? false;
    // Of what it was given at once the parser has made copies.
    if (this.#slab === undefined && !this.reuses && this.socket?.readableLength === 0) this.#at = 0;
    return goesOn;
  }

  #leave(): void {
    if (this.#slab === undefined) return;
    this.#slab.open = false;
    this.#buffers.settle(this.#slab);
    this.#slab = undefined;
  }
}

/** Makes memory that nobody can take away, as a message to another thread would, while a socket is read into it. */
function makeMemory(byteLength: number): ArrayBuffer {
  const { buffer } = Buffer.allocUnsafeSlow(byteLength);
  markAsUntransferable(buffer);
  return buffer;
}
