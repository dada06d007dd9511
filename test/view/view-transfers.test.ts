import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { VascuDataset } from '../../src/data.ts';
import { readMeshHeader } from '../../src/mesh.ts';
import { type RunningView, startView } from '../../src/view/start-view.ts';
import type { SampleDescription, ValuesFacts } from '../../src/view/view-protocol.ts';
import { LoggedSource } from './logged-source.ts';
import { makeBlock, writeSamples } from './small-meshes.ts';
import { ViewClient } from './view-client.ts';

/** Bytes beside those of an array that another array may take. */
const ASIDE_BYTES = 64 * 1024;
let folder: string;
let source: LoggedSource;
let view: RunningView;
let page: ViewClient;

/** Makes values that no compression makes smaller. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vascusim-view-'));
  // Long enough that what is fetched can be told from what is not.
  const mesh = (seed: number): ReturnType<typeof makeBlock> =>
    makeBlock({ alongZ: 600, pointData: { one: noise(seed), two: noise(seed + 1), three: noise(seed + 2) } });
  await writeSamples(folder, {
    'a.vtu': [mesh(1)],
    'b.vtu': [mesh(7)],
    'c.vtu': [mesh(13)],
    'd.vtu': [mesh(19)],
  });
  source = await LoggedSource.start(folder);
  view = await startView({
    port: 0,
    version: '1.2.3',
    title: 'web',
    thumbnails: 'auto',
    report: undefined,
    open: () =>
      VascuDataset.open({
        sourceUrl: source.url,
        cacheDir: join(folder, '.cache'),
        tries: 1,
        idleTimeoutMs: 1000,
      }),
    chooseArray: ({ pointArrays }) => pointArrays[0],
    unitOf: () => undefined,
  });
  page = await ViewClient.enter(view.url);
  await page.json('samples');
});

afterAll(async () => {
  await view[Symbol.asyncDispose]();
  await source.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  source.stallsBehind = Number.POSITIVE_INFINITY;
});

test('of a sample its points, cells and one array come; another array is its bytes, and back again nothing', async () => {
  const { size } = await readMeshHeader(join(folder, 'a.vtu'));
  const { first = '' } = await page.json<SampleDescription>('sample', { sample: 'a' });
  await Promise.all([
    page.get('surface', { sample: 'a' }),
    page.values<ValuesFacts>({ sample: 'a', array: first }),
  ]);
  const arrayBytes = 8 * 25 * 601;
  expect(source.bytesSince(0)).toBeLessThan(size - arrayBytes);
  const before = source.requests.length;
  await page.values({ sample: 'a', array: 'two' });
  expect(source.bytesSince(before)).toBeLessThanOrEqual(arrayBytes + ASIDE_BYTES);
  const then = source.requests.length;
  await page.values({ sample: 'a', array: first });
  await page.get('surface', { sample: 'a' });
  await page.get('slice', { sample: 'a', array: 'two', plane: '0,0,1,10.5' });
  await page.get('probe', { sample: 'a', array: 'two', point: '700' });
  expect(source.requests.length).toBe(then);
});

test('no picture is drawn that would have to be fetched', async () => {
  const before = source.requests.length;
  expect((await page.get('thumbnail', { sample: 'd' })).status).toBe(204);
  expect(source.requests.length).toBe(before);
});

test('what is not waited for any more is given up, and what comes then is shown', async () => {
  await page.json('sample', { sample: 'b' });
  source.stallsBehind = 70_000;
  const before = source.requests.length;
  const left = new AbortController();
  const waiting = page.get('surface', { sample: 'b' }, { signal: left.signal });
  await vi.waitUntil(() => source.requests.slice(before).some(({ outcome }) => outcome === undefined));
  left.abort();
  await expect(waiting).rejects.toThrow();
  await vi.waitUntil(() => source.requests.slice(before).every(({ outcome }) => outcome !== undefined));
  source.stallsBehind = Number.POSITIVE_INFINITY;
  expect((await page.get('surface', { sample: 'b' })).status).toBe(200);
});

test('a source that stops is told of, and what is here is still shown', async () => {
  source.stallsBehind = 40_000;
  const fault = await page.fault('surface', { sample: 'c' });
  expect(fault).toMatchObject({
    status: 502,
    code: 'NETWORK',
    message: expect.stringContaining('c.vtu') as string,
  });
  expect((await page.get('surface', { sample: 'a' })).status).toBe(200);
  source.stallsBehind = Number.POSITIVE_INFINITY;
  expect((await page.get('surface', { sample: 'c' })).status).toBe(200);
});
