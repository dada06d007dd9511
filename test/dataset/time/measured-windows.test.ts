import { expect, test } from 'vitest';
import { VascuDataset, type VascuDatasetOptions } from '../../../src/data.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { baseMesh, manySteps, oneStep, valuesAt } from './made-series.ts';

const POINTS = 300;
const STEPS = [100, 105, 110, 115, 120];

/** Mean of an array over steps, counted one value after the other. */
function meanOf(name: string, steps: readonly number[], rows: number): number {
  const values = steps.flatMap((step) => [...valuesAt(name, step, rows).data].map(Number));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const filesOf: Readonly<Record<string, () => Promise<Record<string, Uint8Array>>>> = {
  arrays: async () => ({ 'case.vtu': await resultFile(manySteps(POINTS, STEPS)) }),
  files: async () =>
    Object.fromEntries(
      await Promise.all(
        STEPS.map(async (step) => [`r_${step}.vtu`, await resultFile(oneStep(POINTS, step))] as const),
      ),
    ),
};

test.each([
  ['arrays', 0],
  ['arrays', 2],
  ['files', 0],
] as const)(
  'measure counts each step of %s once, whatever the windows, with %i workers',
  async (layout, numWorkers) => {
    const sourceUrl = await makeFolder(await filesOf[layout]?.());
    const open = (time: VascuDatasetOptions['time']): Promise<VascuDataset> =>
      VascuDataset.open({ sourceUrl, time });
    await using single = await open(true);
    const expected = await single.measure();
    await using windows = await open({ window: { length: 3, stride: 1 } });
    const statistics = await windows.measure({ numWorkers });
    expect(statistics).toEqual(expected);
    const { fields, samples } = statistics;
    expect(samples).toBe(5);
    expect(fields['node.pressure']).toMatchObject({ count: 5 * POINTS, shape: [] });
    expect(fields['node.pressure']?.mean[0]).toBeCloseTo(meanOf('pressure', STEPS, POINTS), 6);
    expect(fields['cell.load']?.shape).toEqual([2]);
    expect(fields['node.area']?.count).toBe(layout === 'arrays' ? POINTS : 5 * POINTS);
    const cells = baseMesh(POINTS).cells.types.length;
    expect(fields['cell.region']?.count).toBe(layout === 'arrays' ? cells : 5 * cells);
  },
);

test('only steps that samples have are measured, and standardize applies to stacked arrays', async () => {
  const sourceUrl = await makeFolder(await filesOf['arrays']?.());
  await using dataset = await VascuDataset.open({
    sourceUrl,
    time: { window: { length: 2 }, steps: { to: 110 } },
  });
  const part = dataset.subset([1]);
  const { fields } = await part.measure({ attributes: ['velocity'] });
  expect(Object.keys(fields)).toEqual(['node.velocity']);
  expect(fields['node.velocity']?.count).toBe(2 * POINTS);
  const plain = await part.get(0);
  const data = await part.with({ standardize: await part.measure() }).get(0);
  const { mean = [], std = [] } = fields['node.velocity'] ?? {};
  const from = plain.node['velocity']?.data ?? [];
  expect(data.node['velocity']?.shape).toEqual([POINTS, 2, 3]);
  expect([...(data.node['velocity']?.data ?? [])].slice(0, 60)).toEqual(
    [...from]
      .slice(0, 60)
      .map((value, at) => Math.fround((Number(value) - (mean[at % 3] ?? 0)) / (std[at % 3] ?? 1))),
  );
  expect(data.standardization?.['node.velocity']).toEqual({ mean, std });
});

test('over a line only the arrays that are measured travel, each once', async () => {
  const points = 6000;
  const content = await resultFile(manySteps(points, STEPS), { compressor: 'none' });
  await using server = await FaultServer.start({ 'case.vtu': content }, { index: 'size' });
  await using dataset = await VascuDataset.open({
    sourceUrl: `${server.url}/`,
    cacheDir: await makeFolder(),
    mode: 'partial',
    time: { window: { length: 3 } },
  });
  const before = dataset.stats().bytesDownloaded;
  await dataset.measure({ attributes: ['pressure'] });
  expect(dataset.stats().bytesDownloaded - before).toBeLessThan(5 * 4 * points + 16 * 1024);
});
