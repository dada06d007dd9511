import { abortable } from '../../core/abort.ts';
import { isVascuError, NetworkError, UnsupportedError } from '../../core/errors.ts';
import { Connection } from './connection.ts';
import type { Protection } from './exchange.ts';
import { encodeClose, encodeIoctl, type FileId, ioctlOutput, NO_FILE } from './file-requests.ts';
import { type Login, type LoginPolicy, logIn } from './login.ts';
import type { Outgoing, Reply } from './message.ts';
import { tampered } from './negotiate.ts';
import { type NtlmCredentials, type RandomSource } from './ntlm.ts';
import { speaksSmb1 } from './old-dialect.ts';
import { Command, Dialect, HEADER_BYTES } from './protocol.ts';
import { onlySmb1 } from './refusal.ts';
import { Status, statusError } from './status.ts';
import type { Dial, Endpoint } from './transport.ts';

/** A share that is connected. */
export interface Tree {
  readonly id: number;
  readonly isDisk: boolean;
  readonly protection: Protection;
}

/** Way in which a session is set up. */
export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly credentials: NtlmCredentials;
  readonly policy: LoginPolicy;
  readonly idleTimeoutMs: number;
  readonly dial: Dial;
  readonly random: RandomSource;
}

const VALIDATE_NEGOTIATE_INFO = 0x00140204;
/** Share type and share flag (MS-SMB2 2.2.10). */
const DISK_SHARE = 1;
const ENCRYPT_DATA = 0x8000;

/** A connection with a user logged in, and the shares it has connected. */
export class Session {
  readonly connection: Connection;
  readonly login: Login;
  readonly #trees = new Map<string, Promise<Tree>>();
  #confirmed: Promise<void> | undefined;

  private constructor(connection: Connection, login: Login) {
    this.connection = connection;
    this.login = login;
  }

  /** Connects and logs in. */
  static async open(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const { endpoint, dial, idleTimeoutMs, credentials, policy, random } = options;
    const connection = await Connection.open(endpoint, dial, idleTimeoutMs, signal);
    try {
      return new Session(connection, await logIn(connection, credentials, policy, random, signal));
    } catch (error) {
      connection.fail(error as Error);
      // Ended at the first word, as by a server that does not know the language.
      const isRefused = connection.dialect === 0 && isVascuError(error, 'NETWORK') && error.retryable;
      if (isRefused && (await speaksSmb1(endpoint, dial, signal))) throw onlySmb1(endpoint);
      throw error;
    }
  }

  /** The protection of what belongs to no share. */
  get protection(): Protection {
    if (this.login.encrypts) return 'encrypt';
    return this.login.signs ? 'sign' : 'none';
  }

  /**
   * Connects a share, once.
   *
   * @throws NotFoundError when there is no such share
   * @throws AuthError when the user may not enter it
   */
  tree(share: string, signal?: AbortSignal): Promise<Tree> {
    let tree = this.#trees.get(share);
    if (tree === undefined) {
      tree = this.#connectTree(share);
      this.#trees.set(share, tree);
      tree.catch(() => this.#trees.delete(share));
    }
    return abortable(tree, signal);
  }

  async #connectTree(share: string): Promise<Tree> {
    const { host, port } = this.connection.endpoint;
    const url = `smb://${host.includes(':') ? `[${host}]` : host}${port === 445 ? '' : `:${port}`}/${share}`;
    const path = Buffer.from(`\\\\${host}\\${share}`, 'utf16le');
    const head = Buffer.alloc(8);
    head.writeUInt16LE(9, 0);
    head.writeUInt16LE(HEADER_BYTES + head.length, 4);
    head.writeUInt16LE(path.length, 6);
    const body = Buffer.concat([head, path]);
    // From 3.1.1 on it must be signed even where nothing else is (MS-SMB2 3.2.4.1.1).
    const signs = this.protection === 'none' && this.connection.security.signer !== undefined;
    const [reply] = await this.connection.request([{ command: Command.treeConnect, body }], {
      protection: signs ? 'sign' : this.protection,
    });
    const { status, treeId, message } = reply as Reply;
    if (status !== Status.success) throw statusError(status, url);
    const mustEncrypt = (message.u32(HEADER_BYTES + 4) & ENCRYPT_DATA) !== 0;
    if (mustEncrypt && this.connection.security.sealer === undefined) {
      throw new UnsupportedError(
        'encryption',
        `${url} must be read encrypted, which the server and this client could not agree on.`,
      );
    }
    const tree: Tree = {
      id: treeId,
      isDisk: message.u8(HEADER_BYTES + 2) === DISK_SHARE,
      protection: mustEncrypt ? 'encrypt' : this.protection,
    };
    this.#confirmed ??= this.#confirmNegotiation(tree);
    await this.#confirmed;
    return tree;
  }

  /**
   * Lets the server confirm, signed, what was negotiated before there was a key (MS-SMB2 3.2.5.5): below 3.1.1 this
   * is how a downgrade is noticed. A server of dialect 2 may not know the question; its signed refusal proves as much.
   */
  async #confirmNegotiation(tree: Tree): Promise<void> {
    const { dialect, offer, answer, isGuest } = this.login;
    if (dialect >= Dialect.v311 || isGuest) return;
    const body = encodeIoctl(NO_FILE, VALIDATE_NEGOTIATE_INFO, offer, answer.length);
    const protection = tree.protection === 'encrypt' ? 'encrypt' : 'sign';
    const [reply] = await this.connection
      .request([{ command: Command.ioctl, body, treeId: tree.id }], { protection })
      .catch((cause: unknown) => {
        if (!isVascuError(cause, 'NETWORK')) throw cause;
        // What a server does that was asked something else than the client says (MS-SMB2 3.3.5.15.12).
        throw new NetworkError(
          `The SMB server at ${this.connection.endpoint.host} ended the connection when it was asked to confirm the negotiation: it may have been changed on its way.`,
          {},
          { cause },
        );
      });
    const { status, message } = reply as Reply;
    const isUnknown =
      status === Status.fileClosed ||
      status === Status.invalidDeviceRequest ||
      status === Status.notSupported;
    if (isUnknown && dialect < Dialect.v300) return;
    if (status === Status.success && ioctlOutput(message).equals(answer)) return;
    const error = tampered(this.connection.endpoint.host);
    this.connection.fail(error);
    throw error;
  }

  /** Sends related requests to a share and resolves with their answers. */
  send(
    tree: Tree,
    requests: readonly Omit<Outgoing, 'treeId'>[],
    options: { signal?: AbortSignal | undefined; late?: (replies: readonly Reply[]) => void } = {},
  ): Promise<readonly Reply[]> {
    return this.connection.request(
      requests.map((request) => ({ ...request, treeId: tree.id })),
      { ...options, protection: tree.protection },
    );
  }

  /** Closes a file without waiting for the answer; the end of the session closes it in any case. */
  release(tree: Tree, fileId: FileId): void {
    this.send(tree, [{ command: Command.close, body: encodeClose(fileId) }]).catch(() => {});
  }
}
