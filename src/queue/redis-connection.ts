import type { Redis, RedisOptions } from 'ioredis';
import { abortable } from '../core/abort.ts';
import { AuthError, NetworkError } from '../core/errors.ts';
import { loadQueuePackages } from './queue-packages.ts';
import type { RedisAddress } from './redis-address.ts';

/** Pause between two tries to reach a Redis that was there once, milliseconds. */
const RETRY_MS = 500;
/** Longest time that the first answer may take, milliseconds. */
const OPEN_TIMEOUT_MS = 8_000;

/** Options of {@link RedisConnection.open}. */
export interface RedisConnectionOptions {
  readonly address: RedisAddress;
  readonly password?: string | undefined;
  /** Certificates of authorities to trust, in PEM. @defaultValue those of Node */
  readonly ca?: string | undefined;
  /** Listener of what people should know: that it is away, or back; a sentence each. @defaultValue none */
  readonly onRemark?: ((sentence: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Connection to a Redis that answered once: when that is away, commands wait until it is back. */
export class RedisConnection implements AsyncDisposable {
  readonly client: Redis;
  /** Address for messages. */
  readonly label: string;

  #isClosed = false;

  private constructor(client: Redis, label: string, onRemark: RedisConnectionOptions['onRemark']) {
    this.client = client;
    this.label = label;
    let isAway = false;
    client.on('close', () => {
      if (this.#isClosed || isAway) return;
      isAway = true;
      onRemark?.(`Redis at ${label} is away: all waits until it is back.`);
    });
    client.on('ready', () => {
      if (isAway) onRemark?.(`Redis at ${label} is back.`);
      isAway = false;
    });
  }

  /**
   * Connects, and looks whether the server may be used.
   *
   * @throws AuthError for a login or a certificate that is refused, or a user that may not do what is needed
   * @throws ConfigError where the packages of queues are not installed
   * @throws NetworkError where no server answers
   */
  static async open({
    address,
    password = address.password,
    ca,
    onRemark,
    signal,
  }: RedisConnectionOptions): Promise<RedisConnection> {
    const { Redis: Client } = await loadQueuePackages();
    signal?.throwIfAborted();
    let isOpen = false;
    const again = (): number | null => (isOpen ? RETRY_MS : null);
    const options: Omit<RedisOptions, 'replyMapping'> = {
      ...serverOf(address, { ca, again }),
      ...(address.user === undefined ? {} : { username: address.user }),
      ...(password === undefined ? {} : { password }),
      db: address.database,
      lazyConnect: true,
      maxRetriesPerRequest: null,
      connectTimeout: OPEN_TIMEOUT_MS / 2,
      retryStrategy: again,
      connectionName: 'vascusim',
    };
    const client = new Client(options);
    let first: Error | undefined;
    client.on('error', (error: Error) => void (first ??= error));
    const ends = AbortSignal.timeout(OPEN_TIMEOUT_MS);
    try {
      await abortable(
        client.connect().then(() => client.exists('vascusim:login')),
        signal === undefined ? ends : AbortSignal.any([signal, ends]),
      );
    } catch (error) {
      client.disconnect();
      signal?.throwIfAborted();
      throw explain(first ?? error, address.label, ends.aborted);
    }
    isOpen = true;
    return new RedisConnection(client, address.label, onRemark);
  }

  /** Gives what `INFO memory` says of a limit; undefined where it may not be asked. */
  async memoryPolicy(): Promise<string | undefined> {
    const info = await this.client.info('memory').catch(() => '');
    return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.client.disconnect();
  }
}

function serverOf(
  { hosts, master, isTls }: RedisAddress,
  { ca, again }: { readonly ca: string | undefined; readonly again: () => number | null },
): Omit<RedisOptions, 'replyMapping'> {
  const tls = isTls ? { tls: ca === undefined ? {} : { ca } } : {};
  if (master !== undefined)
    return { sentinels: [...hosts], name: master, sentinelRetryStrategy: again, ...tls };
  const [{ host, port } = { host: 'localhost', port: 0 }] = hosts;
  return { host, port, ...tls };
}

/** Makes the error for a connection that did not come about. What the server was sent is in no message. */
function explain(error: unknown, label: string, isLate: boolean): Error {
  const { message = '', code } = error as Partial<NodeJS.ErrnoException>;
  if (/^(?:WRONGPASS|NOAUTH|ERR invalid password|ERR AUTH)/.test(message)) {
    return new AuthError(
      'bad-credentials',
      `Redis at ${label} refuses the login: set VASCUSIM_REDIS_PASSWORD, and the user in the address (redis://user@host).`,
      { cause: new Error(firstWord(message)) },
    );
  }
  if (message.startsWith('NOPERM')) {
    return new AuthError(
      'no-permission',
      `The user of Redis at ${label} may not use keys that begin with vascusim: — the page "Many machines" has the rule that suffices.`,
    );
  }
  if (typeof code === 'string' && /CERT|SIGNED|SSL|TLS|ALTNAME/.test(code)) {
    return new AuthError(
      'certificate',
      `The certificate of Redis at ${label} is not trusted (${code}): name its authority in redisCa.`,
      { cause: error },
    );
  }
  const why = isLate ? `no answer within ${OPEN_TIMEOUT_MS / 1000} s` : (code ?? firstWord(message));
  return new NetworkError(
    `Redis at ${label} cannot be reached: ${why}. Is it running there, and is the address right?`,
    { retryable: true },
    { cause: error instanceof Error ? new Error(firstWord(error.message)) : undefined },
  );
}

/** Takes the beginning of a message of the server's: what stands behind may repeat what it was sent. */
function firstWord(message: string): string {
  return /^[\w .:-]{1,120}/.exec(message)?.[0] ?? 'an error';
}

/** Tells whether Redis refused a command since its memory is full. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('OOM');
}
