import { readFile, stat, writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { type ManifestLine, readLine } from '../../src/fleet/manifest-line.ts';
import { convertDataset, VascuDataset } from '../../src/index.ts';
import { FleetQueue } from '../../src/queue/fleet-queue.ts';
import { type FleetJob, unitDigest } from '../../src/queue/job-data.ts';
import { smallVtu } from '../dataset/small-mesh.ts';
import { leftOvers, makeCases, readResults } from '../fleet/result-set.ts';
import { describeWithRedis, type RedisServer, startRedis, USER } from '../servers/redis.ts';
import { makeFolder } from '../temporary-folder.ts';
import { connect, fleet, startWorker } from './fleet-of-workers.ts';

async function redis(): Promise<RedisServer> {
  const server = await startRedis();
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

/** Results that one call without a fleet makes. */
async function wanted(source: string): Promise<Readonly<Record<string, string>>> {
  const directory = await makeFolder();
  await using dataset = await VascuDataset.open({ sourceUrl: source });
  await convertDataset(dataset, directory, { to: 'safetensors' });
  return readResults(directory);
}

/** All that Redis holds, as one text. */
async function contents({ admin }: RedisServer): Promise<string> {
  const texts: string[] = [];
  for (const key of await admin.keys('*')) {
    const kind = await admin.type(key);
    const value =
      kind === 'hash'
        ? await admin.hgetall(key)
        : kind === 'string'
          ? await admin.get(key)
          : kind === 'stream'
            ? await admin.xrange(key, '-', '+')
            : kind === 'zset'
              ? await admin.zrange(key, '0', '-1')
              : await admin.lrange(key, 0, -1);
    texts.push(`${key} ${JSON.stringify(value)}`);
  }
  return texts.join('\n');
}

/** Files of a directory that are no part of a manifest and no mark. */
async function unfinished(directory: string): Promise<readonly string[]> {
  return (await leftOvers(directory)).filter((name) => name !== 'mark');
}

describeWithRedis('workers', () => {
  test('make what one run makes, and leave nothing in Redis but keys of its own', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(12), await makeFolder()];
    const workers = [await startWorker(server), await startWorker(server)];
    const report = await fleet(server, source, directory);
    expect(report).toMatchObject({ samples: 12, converted: 12, failed: [] });
    expect(await readResults(directory)).toEqual(await wanted(source));
    expect(await unfinished(directory)).toEqual([]);
    const text = await contents(server);
    expect(text).not.toContain(USER.password);
    expect(text).not.toContain('"samples":["');
    for (const key of await server.admin.keys('*')) expect(key).toMatch(/^vascusim:/);
    for (const { child } of workers) child.kill('SIGTERM');
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0]);
    expect(await fleet(server, source, directory)).toMatchObject({ converted: 0, skipped: 12 });
  });

  test('that are killed at any time lose nothing', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(24), await makeFolder()];
    const running = new Set<Awaited<ReturnType<typeof startWorker>>>();
    const state = { isDone: false, kills: 0 };
    onTestFinished(() => void (state.isDone = true));
    const keep = async (): Promise<void> => {
      while (!state.isDone) {
        const worker = await startWorker(server, { delayMs: 40 });
        running.add(worker);
        await Promise.race([worker.says('reads'), worker.ended]);
        await worker.ended;
        running.delete(worker);
      }
    };
    const kept = [keep(), keep()];
    const killing = setInterval(() => {
      const [worker] = [...running].filter(({ said }) => said().split('reads').length > 5);
      if (worker?.child.kill('SIGKILL') === true) state.kills++;
    }, 50);
    const report = await fleet(server, source, directory);
    clearInterval(killing);
    state.isDone = true;
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.all(kept);
    expect(report).toMatchObject({ samples: 24, failed: [] });
    expect(await readResults(directory)).toEqual(await wanted(source));
    expect(state.kills).toBeGreaterThan(0);
    // What a killed worker left goes with the next run.
    await fleet(server, source, directory);
    expect(await unfinished(directory)).toEqual([]);
  });

  test('that are told to end give their job back', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(1), await makeFolder()];
    const first = await startWorker(server, { delayMs: 3_600_000 });
    const run = fleet(server, source, directory);
    await first.says('reads');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    const [waiting] = await server.admin.lrange('vascusim:convert:wait', 0, -1);
    expect(await server.admin.hget(`vascusim:convert:${waiting}`, 'atm')).toBeNull();
    await startWorker(server);
    expect(await run).toMatchObject({ converted: 1, failed: [] });
  });

  test('that were stopped and go on late change nothing', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(6), await makeFolder()];
    const sleeper = await startWorker(server, { delayMs: 400 });
    const run = fleet(server, source, directory);
    await sleeper.says('reads');
    sleeper.child.kill('SIGSTOP');
    const other = await startWorker(server);
    expect(await run).toMatchObject({ converted: 6, failed: [] });
    const results = await readResults(directory);
    const names = Object.keys(results).filter((name) => name.endsWith('.safetensors'));
    const times = await Promise.all(names.map(async (name) => (await stat(`${directory}/${name}`)).ino));
    sleeper.child.kill('SIGCONT');
    sleeper.child.kill('SIGTERM');
    expect(await sleeper.ended).toBe(0);
    expect(await Promise.all(names.map(async (name) => (await stat(`${directory}/${name}`)).ino))).toEqual(
      times,
    );
    other.child.kill('SIGTERM');
    expect(await other.ended).toBe(0);
    expect(await readResults(directory)).toEqual(await wanted(source));
  });

  test('go on when Redis was away and comes back with nothing', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(12), await makeFolder()];
    const worker = await startWorker(server, { delayMs: 60 });
    const run = fleet(server, source, directory);
    await worker.says('reads');
    await server.kill();
    await server.restart();
    expect(await run).toMatchObject({ samples: 12, failed: [] });
    expect(await readResults(directory)).toEqual(await wanted(source));
  });

  test('name a sample that cannot be read, and try it again in the next run', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(5), await makeFolder()];
    const broken = `${source}/case_1/m=0.001.vtu`;
    const whole = await readFile(broken);
    await writeFile(broken, whole.subarray(0, 200));
    await startWorker(server);
    const report = await fleet(server, source, directory);
    expect(report).toMatchObject({
      converted: 4,
      failed: [{ id: 'case_1/m=0.001', code: 'FORMAT', message: expect.stringContaining('m=0.001.vtu') }],
    });
    expect(await server.admin.zcard('vascusim:convert:failed')).toBe(1);
    await writeFile(broken, smallVtu({ points: 9, pointData: { pressure: 1 } }));
    expect(await fleet(server, source, directory)).toMatchObject({ converted: 1, skipped: 4, failed: [] });
    expect(await readResults(directory)).toEqual(await wanted(source));
  });

  test('that a sample kills do not have it more than three times', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(3), await makeFolder()];
    const state = { isDone: false, deaths: 0 };
    onTestFinished(() => void (state.isDone = true));
    const keep = async (): Promise<void> => {
      while (!state.isDone) {
        const worker = await startWorker(server, { deadly: 'case_2/m=0.002.vtu', untilEmpty: true });
        if ((await worker.ended) === null) state.deaths++;
      }
    };
    const kept = keep();
    const report = await fleet(server, source, directory);
    state.isDone = true;
    await kept;
    expect(report).toMatchObject({ converted: 2, failed: [{ id: 'case_2/m=0.002', code: 'ERROR' }] });
    expect(state.deaths).toBe(3);
  });

  test('do not do jobs that name anything but a sample and its own result', async () => {
    const server = await redis();
    const [source, directory] = [await makeCases(1), await makeFolder()];
    const worker = await startWorker(server);
    await fleet(server, source, directory);
    const [key = ''] = await server.admin.keys('vascusim:plan:*');
    const plan = key.slice('vascusim:plan:'.length);
    const connection = await connect(server);
    await using queue = await FleetQueue.open(connection, 'convert');
    const id = 'case_0/m=0.000';
    const manifest = 'vascusim-manifest.jsonl';
    const [line = ''] = (await readFile(`${directory}/vascusim-manifest.jsonl`, 'utf8')).split('\n');
    const sample = readLine(line) as ManifestLine;
    // All else of them is right.
    const digest = (unit: string): string => unitDigest({ id: unit, samples: [sample], bytes: 0 });
    const foreign = { plan, at: Date.now(), list: 'x' };
    await queue.add(
      [
        { id: 'outside', job: { ...foreign, id: '../evil', samples: [id], digest: digest('../evil') } },
        { id: 'manifest', job: { ...foreign, id: manifest, samples: [id], digest: digest(manifest) } },
        { id: 'unknown', job: { ...foreign, id: 'case_9', samples: ['case_9'], digest: 'x' } },
        { id: 'none', job: { plan: 7 } as unknown as FleetJob },
      ],
      1,
    );
    const before = await readResults(directory);
    while ((await queue.counts()).failed < 4) await setImmediate();
    const reasons = new Map((await queue.failed()).map((letter) => [letter.id, letter.reason]));
    for (const name of ['outside', 'manifest', 'unknown'])
      expect(reasons.get(name), name).toContain('is not what the fleet has seen');
    expect(reasons.get('none')).toContain('none of VascuSim');
    expect(await readResults(directory)).toEqual(before);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });
});
