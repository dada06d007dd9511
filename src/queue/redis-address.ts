import { ConfigError } from '../core/errors.ts';

/** Server of a Redis, or of one of its sentinels. */
interface RedisHost {
  readonly host: string;
  readonly port: number;
}

/** Place of a Redis, and how it is reached. */
export interface RedisAddress {
  /** Address for messages, without a password. */
  readonly label: string;
  /** The server, or the sentinels that know which one it is. */
  readonly hosts: readonly RedisHost[];
  /** Name of the group of servers that the sentinels watch. @defaultValue undefined: there are none */
  readonly master?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Number of the database. */
  readonly database: number;
  readonly isTls: boolean;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26379;

const FORMS =
  'redis://[user@]host[:port][/db], rediss://… or redis+sentinel://host[:port],host[:port]/group[/db]';

const ADDRESS = /^(redis|rediss|redis\+sentinel):\/\/(?:([^@/]*)@)?([^/@]*)(?:\/(.*?))?\/?$/i;

/**
 * Reads the address of a Redis. It is never repeated in an error, since it may hold a password.
 *
 * @throws ConfigError for what is no address
 */
export function readRedisAddress(given: string): RedisAddress {
  const [, scheme, login, places = '', path = ''] = ADDRESS.exec(given) ?? [];
  if (scheme === undefined) throw new ConfigError('redis', `The address of Redis is none: write ${FORMS}.`);
  const isSentinel = scheme.toLowerCase() === 'redis+sentinel';
  const hosts = places.split(',').map((text) => readHost(text, isSentinel ? SENTINEL_PORT : REDIS_PORT));
  if (!isSentinel && hosts.length > 1)
    throw new ConfigError('redis', 'The address of Redis names several hosts: only sentinels are several.');
  const parts = path === '' ? [] : path.split('/').map(decodePart);
  const master = isSentinel ? parts.shift() : undefined;
  if (isSentinel && (master === undefined || master === '')) {
    throw new ConfigError(
      'redis',
      'The address of the sentinels does not say which group of servers is meant: redis+sentinel://host:26379/group.',
    );
  }
  const [database = '0', ...more] = parts;
  if (more.length > 0 || !/^\d{1,5}$/.test(database))
    throw new ConfigError(
      'redis',
      `The address of Redis does not end in the number of a database: ${FORMS}.`,
    );
  const colon = login?.indexOf(':') ?? -1;
  const user = login === undefined ? '' : decodePart(colon < 0 ? login : login.slice(0, colon));
  const password = colon < 0 ? '' : decodePart((login ?? '').slice(colon + 1));
  const shown = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const tail = [...(master === undefined ? [] : [master]), ...(database === '0' ? [] : [database])];
  return {
    label: [`${scheme.toLowerCase()}://${user === '' ? '' : `${user}@`}${shown}`, ...tail].join('/'),
    hosts,
    master,
    user: user === '' ? undefined : user,
    password: password === '' ? undefined : password,
    database: Number(database),
    isTls: scheme.toLowerCase() === 'rediss',
  };
}

function readHost(text: string, standardPort: number): RedisHost {
  const [, six, name = six, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const number = port === undefined ? standardPort : Number(port);
  if (name === undefined || number < 1 || number > 65_535)
    throw new ConfigError('redis', `The address of Redis has no usable host and port: write ${FORMS}.`);
  return { host: name, port: number };
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigError('redis', 'The address of Redis has a % that is no escape: write %25 for it.');
  }
}
