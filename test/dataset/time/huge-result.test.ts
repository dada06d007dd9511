import { expect, onTestFinished, test } from 'vitest';
import { StreamingVascuDataset } from '../../../src/data.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { hugeValue, serveHugeResult } from './huge-result.ts';

const POINTS = 1_000_000;
const STEPS = Array.from({ length: 201 }, (_, at) => 10_040 + 5 * at);

test('a window of one field of a result of 5.6 GB costs head, mesh and two arrays, the next one an array', async () => {
  const result = await serveHugeResult(POINTS, STEPS);
  onTestFinished(() => result.close());
  expect(result.size).toBeGreaterThan(5.5e9);
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: result.url,
    cacheDir: await makeFolder(),
    includeAttributes: ['pressure'],
    time: { window: { length: 2 } },
    prefetch: false,
  });
  expect(dataset.length).toBe(200);
  const arrayBytes = 4 * POINTS;
  const bytes = (since = 0): number =>
    result.requests.slice(since).reduce((sum, { start, end }) => sum + end - start, 0);
  const large = (since = 0): number =>
    result.requests.slice(since).filter(({ start, end }) => end - start > 4096).length;
  // The last windows lie beyond 4 GiB.
  const data = await dataset.get(190);
  expect(data.node['pressure']?.shape).toEqual([POINTS, 2]);
  for (const node of [0, 1, 77_777, POINTS - 1])
    for (const t of [0, 1])
      expect(data.node['pressure']?.data[2 * node + t]).toBe(
        hugeValue('pressure', STEPS[190 + t] as number, node),
      );
  expect(bytes()).toBeLessThanOrEqual(
    1.02 * (result.headBytes + result.meshBytes + 2 * arrayBytes) + 64 * 1024,
  );
  expect(large()).toBeLessThanOrEqual(7);
  const since = result.requests.length;
  await dataset.get(191);
  expect(bytes(since)).toBeLessThanOrEqual(1.02 * arrayBytes);
  expect(large(since)).toBe(1);
});
