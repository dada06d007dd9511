import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { explainSystemError } from '../../io.ts';
import type { RedisConnection } from '../../queue/redis-connection.ts';
import { expandHome } from '../options/own-path.ts';
import { note, warn } from '../terminal/output.ts';
import { UsageError } from '../usage-error.ts';

/** Values of the options that say which Redis is meant. */
export interface RedisFlags {
  readonly redis?: string;
  readonly redisCa?: string;
  readonly name: string;
}

/** Variable with the address, in which a password may stand, and the one of the password alone. */
const ADDRESS_VARIABLE = 'VASCUSIM_REDIS';
const PASSWORD_VARIABLE = 'VASCUSIM_REDIS_PASSWORD';

/** Adds the options that say which Redis is meant. */
export function addRedisOptions(command: Command): Command {
  const options = [
    new Option(
      '--redis <address>',
      'redis://[user@]host[:port][/db], rediss://…, or redis+sentinel://host,host/group (VASCUSIM_REDIS); the password in VASCUSIM_REDIS_PASSWORD',
    ),
    new Option('--redis-ca <file>', 'authority of its certificate, PEM'),
    new Option('--name <queue>', 'name of the queue').default('convert'),
  ];
  for (const option of options) command.addOption(option.helpGroup('Redis options:'));
  return command;
}

/**
 * Connects to the Redis of a command.
 *
 * @throws UsageError for an address with a password among the arguments, or none at all
 */
export async function openRedis(command: Command, signal: AbortSignal): Promise<RedisConnection> {
  const { redis: given, redisCa } = command.opts<RedisFlags>();
  const isTyped = command.getOptionValueSource('redis') === 'cli';
  // Before anything else: it is not repeated.
  if (isTyped && /^[^/]*\/\/[^@/]*:[^@]*@/.test(given ?? '')) {
    throw new UsageError(
      `--redis holds a password, and arguments can be read by every user of this machine: write the user alone (redis://user@host) and set ${PASSWORD_VARIABLE}, or put the whole address into ${ADDRESS_VARIABLE}.`,
    );
  }
  if (given === undefined || given === '')
    throw new UsageError(`--redis is missing: redis://host, or the variable ${ADDRESS_VARIABLE}.`);
  const [{ RedisConnection: Connection }, { readRedisAddress }] = await Promise.all([
    import('../../queue/redis-connection.ts'),
    import('../../queue/redis-address.ts'),
  ]);
  const connection = await Connection.open({
    address: readRedisAddress(given),
    password: process.env[PASSWORD_VARIABLE]?.replace(/[\r\n]+$/, '') || undefined,
    ca: redisCa === undefined ? undefined : readAuthority(expandHome(redisCa, '--redis-ca')),
    onRemark: note,
    signal,
  });
  const policy = await connection.memoryPolicy();
  if (policy !== undefined && policy !== 'noeviction') {
    warn(
      `Redis at ${connection.label} may throw jobs away when its memory is full (maxmemory-policy ${policy}): set it to noeviction. What is lost is put in again.`,
    );
  }
  return connection;
}

function readAuthority(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const explained = explainSystemError(error, { verb: 'read', file, option: 'redisCa' });
    throw explained === undefined ? error : new UsageError(`--redis-ca: ${explained.message}`);
  }
}
