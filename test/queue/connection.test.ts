import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readRedisAddress } from '../../src/queue/redis-address.ts';
import { RedisConnection } from '../../src/queue/redis-connection.ts';
import { makeCli } from '../cli/run-cli.ts';
import { makeCases } from '../fleet/result-set.ts';
import { makeCertificate } from '../servers/certificates.ts';
import { freePorts } from '../servers/free-ports.ts';
import {
  describeWithRedis,
  type RedisServer,
  type RedisServerOptions,
  startRedis,
  USER,
} from '../servers/redis.ts';
import { makeFolder } from '../temporary-folder.ts';

async function redis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

function open(address: string, more: { readonly password?: string; readonly ca?: string } = {}) {
  return RedisConnection.open({ address: readRedisAddress(address), password: USER.password, ...more });
}

describe('an address of Redis', () => {
  test.each([
    ['redis://host', 'redis://host:6379', { database: 0, isTls: false }],
    ['rediss://user@[::1]:7000/3', 'rediss://user@[::1]:7000/3', { user: 'user', database: 3, isTls: true }],
    ['redis://user:p%40ss@host', 'redis://user@host:6379', { user: 'user', password: 'p@ss' }],
    [
      'redis+sentinel://a:1,b/group/2',
      'redis+sentinel://a:1,b:26379/group/2',
      { master: 'group', database: 2 },
    ],
  ])('%s is read', (text, label, facts) => {
    expect(readRedisAddress(text)).toMatchObject({ label, ...facts });
  });

  test.each([
    'http://host',
    'redis://',
    'redis://a,b',
    'redis://host/name',
    'redis://host:70000',
    'redis+sentinel://host',
    'redis://u:%zz@host',
  ])('%s is none', (text) => {
    expect(() => readRedisAddress(text)).toThrow(
      expect.objectContaining({ code: 'CONFIG', option: 'redis' }),
    );
  });

  test('never has its password in its label, nor in an error', () => {
    const secret = 's3cretS3cret';
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom('redis', 'rediss', 'redis+sentinel'),
        (a, b, scheme) => {
          const text = `${scheme}://user:${secret}@${a}/${b}`;
          try {
            expect(readRedisAddress(text).label).not.toContain(secret);
          } catch (error) {
            expect(String(error)).not.toContain(secret);
          }
        },
      ),
    );
  });
});

describeWithRedis('a connection to Redis', () => {
  test('refused for its password is an AuthError without it', async () => {
    const server = await redis();
    const error = await open(server.address, { password: 'wr0ng-one' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'AUTH', reason: 'bad-credentials' });
    expect(
      JSON.stringify(error) + String((error as Error).stack) + String((error as Error).cause),
    ).not.toContain('wr0ng-one');
  });

  test('of a user that may do nothing is an AuthError that says so', async () => {
    const server = await redis();
    await server.admin.acl('SETUSER', 'nobody', 'on', '>x', 'resetkeys', '+@connection', '+info');
    await expect(open(`redis://nobody@localhost:${server.port}`, { password: 'x' })).rejects.toMatchObject({
      code: 'AUTH',
      reason: 'no-permission',
    });
  });

  test('where nobody listens is a NetworkError that names the place', async () => {
    const [port] = await freePorts(1);
    await expect(open(`redis://localhost:${port}`)).rejects.toMatchObject({
      code: 'NETWORK',
      message: expect.stringContaining(`redis://localhost:${port}`),
    });
  });

  test('by TLS needs the authority of its certificate', async () => {
    const certificate = makeCertificate();
    const server = await redis({ certificate });
    await expect(open(server.address)).rejects.toMatchObject({ code: 'AUTH', reason: 'certificate' });
    await using connection = await open(server.address, { ca: certificate.cert });
    expect(await connection.client.get('vascusim:x')).toBeNull();
  });
});

describeWithRedis('the command line', () => {
  test('refuses a password among its arguments, and does not repeat it', async () => {
    const cli = await makeCli();
    const run = await cli.run(['worker', '--redis', 'redis://me:hunter2@localhost']);
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining('VASCUSIM_REDIS_PASSWORD') });
    expect(run.stderr).not.toContain('hunter2');
  });

  test('converts by a fleet and a worker, and says what the queue holds', async () => {
    const server = await redis({ args: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const [source, directory] = [await makeCases(4), await makeFolder()];
    const variables = { VASCUSIM_REDIS: server.address, VASCUSIM_REDIS_PASSWORD: USER.password };
    const cli = await makeCli({ env: variables });
    const [fleet, worker] = await Promise.all([
      cli.run(['fleet', source, directory, '--to', 'vtu', '--json']),
      cli.run(['worker', '--for', '6s', '--json']),
    ]);
    expect(JSON.parse(fleet.stdout)).toMatchObject({ samples: 4, converted: 4, failed: [] });
    expect(fleet.stderr).toContain('noeviction');
    expect(worker).toMatchObject({ status: 0, stdout: expect.stringContaining('"converted":4') });
    const status = await cli.run(['fleet', '--status', '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({
      jobs: { waiting: 0, active: 0, delayed: 0, failed: 0 },
      workers: [],
      fleets: [],
      dead: [],
    });
  });

  test('a worker does not take the directory of another fleet, and gives the job back', async () => {
    const server = await redis();
    const [source, directory, other] = [await makeCases(1), await makeFolder(), await makeFolder()];
    const variables = { VASCUSIM_REDIS: server.address, VASCUSIM_REDIS_PASSWORD: USER.password };
    const cli = await makeCli({ env: variables });
    const stop = new AbortController();
    const fleet = cli.run(['fleet', source, directory, '--to', 'vtu'], {
      onStart: (child) => stop.signal.addEventListener('abort', () => void child.kill('SIGINT')),
    });
    const worker = await cli.run(['worker', '--directory', other]);
    expect(worker).toMatchObject({ status: 2, stderr: expect.stringContaining(other) });
    expect(await server.admin.llen('vascusim:convert:wait')).toBe(1);
    stop.abort();
    expect((await fleet).stderr).toContain('same command watches again');
  });

  test('a plan that would run a program, or send a login elsewhere, is refused by a worker', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(1), await makeFolder()];
    const variables = { VASCUSIM_REDIS: server.address, VASCUSIM_REDIS_PASSWORD: USER.password };
    const logins = {
      VASCUSIM_USER: 'me',
      VASCUSIM_PASSWORD: 'mine',
      VASCUSIM_SOURCE: 'nas://10.0.0.9/share',
    };
    const cli = await makeCli({ env: { ...variables, ...logins } });
    const stop = new AbortController();
    const fleet = cli.run(['fleet', source, directory, '--to', 'vtu'], {
      onStart: (child) => stop.signal.addEventListener('abort', () => void child.kill('SIGINT')),
    });
    // The plan is there before its job.
    while ((await server.admin.llen('vascusim:convert:wait')) === 0);
    const [key = ''] = await server.admin.keys('vascusim:plan:*');
    stop.abort();
    await fleet;
    const plan = JSON.parse((await server.admin.get(key)) ?? '') as {
      source: { address: string; options: object };
    };
    const marker = `${await makeFolder()}/ran`;
    await writeFile(`${marker}.no`, '');
    for (const change of [
      { address: 'smb://10.0.0.1/share', options: { passwordCommand: `touch ${marker}` } },
      { address: 'nas://10.0.0.1/share', options: {} },
      { address: source, options: { cacheDir: '/tmp/elsewhere' } },
    ]) {
      await server.admin.set(key, JSON.stringify({ ...plan, source: change }));
      const worker = await cli.run(['worker']);
      expect(worker.status).toBe(2);
      expect(worker.stderr).toMatch(/only the owner of a worker may|logins of this worker/);
    }
  });
});
