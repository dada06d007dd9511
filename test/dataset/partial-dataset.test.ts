import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import {
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { byThreads } from '../loader/by-threads.ts';
import { describeWithSamba } from '../servers/describe-with-samba.ts';
import { LoopbackDsm } from '../servers/dsm.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { PASSWORD as SAMBA_PASSWORD, type Samba, startSamba, USERNAME } from '../servers/samba.ts';
import { startHub } from '../servers/start-hub.ts';
import { PASSWORD } from '../sources/synology/loopback.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const WISH = ['pressure'];
const content = async (seed: number): Promise<Uint8Array<ArrayBuffer>> =>
  resultFile(resultMesh(5000, TWELVE_FIELDS, seed), { compressor: seed % 2 === 0 ? 'zlib' : 'none' });
const FILES: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  'sims/a.vtu': await content(1),
  'sims/b.vtu': await content(2),
  'sims/c.vtu': await content(3),
};
const TOTAL = Object.values(FILES).reduce((sum, { byteLength }) => sum + byteLength, 0);

/** What the samples are when their files are read from a folder. */
async function expected(): Promise<GraphData[]> {
  await using dataset = await VascuDataset.open({
    sourceUrl: await makeFolder(FILES),
    sourceDir: 'sims',
    includeAttributes: WISH,
  });
  const graphs: GraphData[] = [];
  for await (const graph of dataset) graphs.push(graph);
  return graphs;
}

async function openDataset(options: Partial<StreamingVascuDatasetOptions>): Promise<StreamingVascuDataset> {
  const dataset = await StreamingVascuDataset.open({
    sourceUrl: '',
    cacheDir: await makeFolder(),
    retryDelayMs: 1,
    includeAttributes: WISH,
    mode: 'partial',
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

async function overHttp(options: Partial<StreamingVascuDatasetOptions> = {}) {
  const server = await FaultServer.start(FILES, { index: 'size' });
  onTestFinished(() => server.close());
  const dataset = await openDataset({ sourceUrl: `${server.url}/`, sourceDir: 'sims', ...options });
  return { server, dataset };
}

/** Reads all samples and compares them with those of whole files. */
async function check(dataset: StreamingVascuDataset): Promise<void> {
  const graphs: GraphData[] = [];
  for await (const graph of dataset) graphs.push(graph);
  const wanted = await expected();
  expect(graphs.map(({ node, pos, edgeIndex }) => ({ node, pos, edgeIndex }))).toEqual(
    wanted.map(({ node, pos, edgeIndex }) => ({ node, pos, edgeIndex })),
  );
}

describe('a dataset of which one array is wanted', () => {
  test('fetches less than the files, and nothing in the second epoch', async () => {
    const { server, dataset } = await overHttp();
    await check(dataset);
    const { bytesDownloaded } = dataset.stats();
    expect(bytesDownloaded).toBeLessThan(0.7 * TOTAL);
    const before = server.requests.length;
    await check(dataset);
    expect(server.requests.length).toBe(before);
    expect(dataset.stats().partial.files).toBe(6);
  });

  test.each([0, 2])('comes through a loader with %i worker threads', async (numWorkers) => {
    const { dataset } = await overHttp();
    await using loader = new DataLoader(byThreads(dataset), { batchSize: 3, numWorkers });
    const [wanted] = await expected();
    for await (const batch of loader) {
      expect(batch.numGraphs).toBe(3);
      const pressure = batch.node['pressure']?.data as Float32Array;
      expect(pressure.subarray(0, 5000)).toEqual(wanted?.node['pressure']?.data);
    }
    expect(dataset.stats().bytesDownloaded).toBeLessThan(0.7 * TOTAL);
  });

  test.each([0.6, 1.05, 1.3])('runs twice in a cache of %f files', async (factor) => {
    const largest = Math.max(...Object.values(FILES).map(({ byteLength }) => byteLength));
    const { dataset } = await overHttp({ maxCacheSize: Math.ceil(factor * largest), prefetchSize: 3 });
    await check(dataset);
    await check(dataset);
    expect(dataset.stats().evictions).toBeGreaterThan(0);
  });

  test("fetches whole files with mode: 'whole'", async () => {
    const { dataset } = await overHttp({ mode: 'whole' });
    await check(dataset);
    expect(dataset.stats()).toMatchObject({ partial: { files: 0 } });
    expect(dataset.stats().bytesDownloaded).toBeGreaterThanOrEqual(TOTAL);
  });

  test("never fetches more than the files with mode: 'auto'", async () => {
    const { server, dataset } = await overHttp({ mode: 'auto' });
    await check(dataset);
    const index = server.requestsOf('files.jsonl').length > 0 ? 1000 : 0;
    expect(dataset.stats().bytesDownloaded).toBeLessThanOrEqual(TOTAL + index + 3 * 64 * 1024);
  });

  test('leaves nothing behind with deleteAfterUse', async () => {
    const { dataset, server } = await overHttp({ deleteAfterUse: true });
    await check(dataset);
    const before = server.requests.length;
    await check(dataset);
    expect(server.requests.length).toBeGreaterThan(before + 3);
  });

  test('names the arrays there are when one is wanted that is not', async () => {
    const { dataset } = await overHttp({ includeAttributes: ['presure'] });
    const error = await failureOf(dataset.get(0));
    expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
    expect(String(error)).toContain('"pressure"');
    expect(String(error)).toContain('"quality"');
  });

  test('refuses a mode that there is not', async () => {
    const error = await failureOf(
      openDataset({ mode: 'some' as 'auto', sourceUrl: await makeFolder(FILES) }),
    );
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('mode');
  });

  test('reads a folder of this machine in place', async () => {
    const dataset = await openDataset({ sourceUrl: await makeFolder(FILES) });
    await check(dataset);
    expect(dataset.stats()).toMatchObject({ bytesDownloaded: 0, misses: 0, partial: { files: 0 } });
  });
});

describe('a web server', () => {
  test('that ignores ranges from the second file on is read whole', async () => {
    const { server, dataset } = await overHttp();
    await dataset.get(0);
    for (const path of Object.keys(FILES)) server.always(path, { kind: 'ignore-range' });
    await check(dataset);
    expect(dataset.stats().partial.whole.noRanges).toBeGreaterThan(0);
  });

  test('that says of its answers that they are another range is read whole', async () => {
    const { server, dataset } = await overHttp({ tries: 2 });
    server.always('sims/a.vtu', { kind: 'content-range', value: 'bytes 0-65535/70000' });
    await check(dataset);
    expect(dataset.stats().partial.whole.noRanges).toBeGreaterThan(0);
  });

  test.each([{ kind: 'cut', afterBytes: 1000 } as const, { kind: 'stall', afterBytes: 1000 } as const])(
    'whose answers break ($kind) gives the same samples',
    async (fault) => {
      const { server, dataset } = await overHttp({ idleTimeoutMs: 300 });
      server.script('sims/a.vtu', fault, undefined, fault);
      await check(dataset);
      expect(dataset.stats().retries).toBeGreaterThan(0);
    },
  );

  test('that changes a file between its parts gives the new one', async () => {
    const { server, dataset } = await overHttp({ prefetch: false });
    const changed = resultMesh(5000, TWELVE_FIELDS, 9);
    const bytes = await resultFile(changed);
    server.script('sims/b.vtu', undefined, { kind: 'cut', afterBytes: 0 });
    const reading = dataset.get(1);
    while (server.requestsOf('sims/b.vtu').length < 2) await new Promise(setImmediate);
    server.put('sims/b.vtu', bytes);
    const graph = await reading;
    expect(graph.node['pressure']?.data).toEqual(changed.pointData.get('pressure')?.data);
    expect(graph.pos.data).toEqual(changed.points.data);
  });
});

test('of a dataset on the Hub parts are fetched', async () => {
  const hub = await startHub();
  hub.add('user/sims', FILES, () => true);
  const options = { endpoint: hub.url, environment: {}, hubCacheDir: false, proxy: false } as const;
  const dataset = await openDataset({ sourceUrl: 'hf://datasets/user/sims', ...options });
  await check(dataset);
  expect(dataset.stats()).toMatchObject({ partial: { files: 3 } });
  expect(dataset.stats().bytesDownloaded).toBeLessThan(0.7 * TOTAL);
});

test('the Hub is asked once for each file of which parts are fetched, and in a second pass for none', async () => {
  const hub = await startHub();
  hub.add('user/sims', FILES, () => true);
  const options = { endpoint: hub.url, environment: {}, hubCacheDir: false, proxy: false } as const;
  const dataset = await openDataset({ sourceUrl: 'hf://datasets/user/sims', ...options });
  const plan = dataset.prefetch?.({ order: [2, 0, 1], concurrency: 1 });
  for (const index of [2, 0, 1]) await dataset.get(index);
  plan?.close();
  expect(hub.count('resolve')).toBe(3);
  const again = dataset.prefetch?.({ order: [2, 0, 1], concurrency: 1 });
  for (const index of [2, 0, 1]) await dataset.get(index);
  again?.close();
  expect(hub.count('resolve')).toBe(3);
});

test('one sample that is asked for by itself asks the Hub for its own file alone', async () => {
  const hub = await startHub();
  hub.add('user/sims', FILES, () => true);
  const options = { endpoint: hub.url, environment: {}, hubCacheDir: false, proxy: false } as const;
  const dataset = await openDataset({ sourceUrl: 'hf://datasets/user/sims', prefetch: false, ...options });
  await dataset.get(1);
  expect(hub.requests.filter(({ route }) => route === 'resolve')).toHaveLength(1);
  expect(hub.count('cdn')).toBeGreaterThan(1);
});

test('a Hub that ignores ranges is read whole', async () => {
  const hub = await startHub();
  hub.add('user/sims', FILES, () => true);
  hub.faults.add({ at: 'cdn', skip: 1, times: 100, effect: { kind: 'ignore-range' } });
  const options = { endpoint: hub.url, environment: {}, hubCacheDir: false, proxy: false } as const;
  const dataset = await openDataset({ sourceUrl: 'hf://datasets/user/sims', ...options });
  await check(dataset);
  expect(dataset.stats().partial.whole.noRanges).toBeGreaterThan(0);
});

test.each(['honoured', 'ignored'] as const)('over the API of a NAS that has ranges %s', async (ranges) => {
  const dsm = await LoopbackDsm.start({ ranges });
  onTestFinished(() => dsm.close());
  for (const [path, bytes] of Object.entries(FILES)) dsm.files.write(path, bytes);
  const dataset = await openDataset({
    sourceUrl: `${dsm.url.replace('http:', 'nas:')}/sims`,
    secure: false,
    streamingType: 'nas',
    username: 'alice',
    password: PASSWORD,
    proxy: false,
  });
  await check(dataset);
  const { partial, bytesDownloaded } = dataset.stats();
  if (ranges === 'ignored') expect(partial.whole.noRanges).toBeGreaterThan(0);
  else expect(bytesDownloaded).toBeLessThan(0.7 * TOTAL);
});

describeWithSamba('a share', () => {
  let samba: Samba;
  beforeAll(async () => {
    samba = await startSamba();
    for (const [path, bytes] of Object.entries(FILES)) {
      await mkdir(dirname(join(samba.folder, path)), { recursive: true });
      await writeFile(join(samba.folder, path), bytes);
    }
  }, 30_000);
  afterAll(() => samba[Symbol.asyncDispose]());

  test('gives parts over SMB', async () => {
    const dataset = await openDataset({
      sourceUrl: `smb://${samba.host}:${samba.port}/sims/sims`,
      username: USERNAME,
      password: SAMBA_PASSWORD,
    });
    await check(dataset);
    expect(dataset.stats()).toMatchObject({ partial: { files: 3 } });
    expect(dataset.stats().bytesDownloaded).toBeLessThan(0.7 * TOTAL);
  }, 30_000);
});
