import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { VascuDataset, type VascuDatasetOptions } from '../../src/data.ts';
import { readMeshHeader } from '../../src/mesh.ts';
import { type RunningView, startView } from '../../src/view/start-view.ts';
import type { SampleDescription, ValuesFacts } from '../../src/view/view-protocol.ts';
import { LoggedSource } from './logged-source.ts';
import { makeBlock, makeLines, writeSamples } from './small-meshes.ts';
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

/** Makes noise between a number and the next, both of which it has. */
function within(low: number, of: () => number): (x: number, y: number, z: number) => number {
  return (x, y, z) => (x + y + z === 0 ? low : x + y + z === 1 ? low + 1 : low + of());
}

/** Serves the page of what the source has. */
async function openView(
  options: Pick<VascuDatasetOptions, 'time' | 'include' | 'samples'>,
): Promise<{ readonly view: RunningView; readonly page: ViewClient } & AsyncDisposable> {
  const opened = await startView({
    port: 0,
    version: '1.2.3',
    title: 'web',
    thumbnails: 'auto',
    report: undefined,
    open: () =>
      VascuDataset.open({
        ...options,
        sourceUrl: source.url,
        cacheDir: join(folder, '.cache'),
        tries: 1,
        idleTimeoutMs: 1000,
      }),
    chooseArray: ({ pointArrays }) => pointArrays[0],
    unitOf: () => undefined,
  });
  const client = await ViewClient.enter(opened.url);
  return { view: opened, page: client, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
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
    'e.vtu': [makeBlock()],
    'e.vtp': [makeLines()],
    'steps.vtu': [
      makeBlock({
        alongZ: 600,
        pointData: Object.fromEntries([
          ...[100, 105, 110, 115].map((step) => [`pressure_${step}`, within(step, noise(step))] as const),
          ['still', noise(3)],
        ]),
      }),
    ],
  });
  source = await LoggedSource.start(folder);
  ({ view, page } = await openView({ include: '?.vtu' }));
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

test('a next step is here when it is asked for, and all of them are fetched once', async () => {
  await using other = await openView({ time: true, include: 'steps.vtu' });
  const steps = await other.page.json<SampleDescription>('sample', { sample: 'steps' });
  expect(steps.steps).toEqual([100, 105, 110, 115].map((step) => ({ step })));
  expect(steps.arrays.map(({ name, hasSteps }) => [name, hasSteps])).toEqual([
    ['pressure', true],
    ['still', false],
    ['number', false],
  ]);
  const before = source.requests.length;
  const shown = async (step: number): Promise<ValuesFacts> => {
    const { facts } = await other.page.values<ValuesFacts>({
      sample: 'steps',
      array: 'pressure',
      step: String(step),
    });
    return facts;
  };
  expect(await shown(0)).toMatchObject({ array: 'pressure', step: 0, range: [100, 101] });
  const stepBytes = source.bytesSince(before);
  // The three that follow: their bytes of noise grow no smaller than half by compression.
  await vi.waitUntil(() => source.bytesSince(before) - stepBytes > 3 * 4 * 25 * 601, { timeout: 5000 });
  await vi.waitUntil(() => source.requests.every(({ outcome }) => outcome !== undefined));
  const then = source.requests.length;
  for (const step of [1, 2, 3, 2, 1, 0])
    expect(await shown(step)).toMatchObject({ step, range: [100 + 5 * step, 101 + 5 * step] });
  await other.page.json('range', { sample: 'steps', array: 'pressure' });
  expect(source.requests.length).toBe(then);
});

test('of a sample of parts only the first one comes', async () => {
  await using other = await openView({
    include: 'e.*',
    samples: { volume: '{case}.vtu', wall: '{case}.vtp' },
  });
  const before = source.requests.length;
  await other.page.get('surface', { sample: 'e' });
  const paths = source.requests.slice(before).map(({ path }) => path);
  expect(new Set(paths)).toEqual(new Set(['e.vtu']));
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
