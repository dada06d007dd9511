import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Socket by which other processes of the same user attach. On Linux it has a name and no file, so that nothing is left
 * whoever is killed; elsewhere it lies in a folder that nobody else may enter. Whoever connects has to know the token.
 */
export class SharedSocket {
  readonly #token: string;
  readonly #server: Server;
  readonly #folder: string | undefined;
  /** Address that clients are told: `@name` for a name without a file, else a path. */
  readonly address: string;

  private constructor(token: string, onSocket: (socket: Socket) => void) {
    this.#token = token;
    this.#server = createServer(onSocket);
    const isNamed = process.platform === 'linux';
    this.#folder = isNamed ? undefined : mkdtempSync(join(tmpdir(), 'vascusim-engine-'));
    const name = `vascusim-${process.pid}-${randomBytes(6).toString('hex')}`;
    this.address = this.#folder === undefined ? `@${name}` : join(this.#folder, 'socket');
  }

  /** Listens; what connects is given away at once, before it has proved anything. */
  static async open(token: string, onSocket: (socket: Socket) => void): Promise<SharedSocket> {
    const shared = new SharedSocket(token, onSocket);
    await new Promise<void>((resolve, reject) => {
      shared.#server.once('error', reject).listen(shared.address.replace(/^@/, '\0'), resolve);
    });
    shared.#server.unref();
    return shared;
  }

  /** Tells whether a text is the token; takes as long whatever it is. */
  knows(token: unknown): boolean {
    const [given, own] = [Buffer.from(String(token)), Buffer.from(this.#token)];
    return given.length === own.length && timingSafeEqual(given, own);
  }

  close(): void {
    this.#server.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}
