import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { isVascuError } from '../../../src/core/errors.ts';
import { StreamingVascuDataset, type StreamingVascuDatasetOptions } from '../../../src/data.ts';
import { DataLoader } from '../../../src/loader.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { manySteps, stackedValues, storedName, valuesAt } from './made-series.ts';

const POINTS = 5000;
const STEPS = Array.from({ length: 24 }, (_, at) => 100 + 5 * at);

let server: FaultServer;
beforeAll(async () => {
  server = await FaultServer.start(
    {
      'raw/case.vtu': await resultFile(manySteps(POINTS, STEPS), { compressor: 'none' }),
      'zlib/case.vtu': await resultFile(manySteps(POINTS, STEPS), { compressor: 'zlib' }),
    },
    { index: 'size' },
  );
});
afterAll(() => server.close());

async function open(options: Partial<StreamingVascuDatasetOptions>): Promise<StreamingVascuDataset> {
  const dataset = await StreamingVascuDataset.open({
    sourceUrl: `${server.url}/`,
    sourceDir: 'raw',
    cacheDir: await makeFolder(),
    includeAttributes: ['pressure'],
    mode: 'partial',
    time: { window: { length: 2 } },
    retryDelayMs: 1,
    ...options,
  });
  onTestFinished(() => dataset.close());
  return dataset;
}

test.each([
  ['in order', {}],
  ['shuffled', { shuffle: true, seed: 1 }],
])('with a cache of the mesh and a few steps all windows come, %s', async (_, order) => {
  const dataset = await open({ maxCacheSize: 900_000 });
  await using loader = new DataLoader(dataset, { batchSize: 2, ...order });
  for (let epoch = 0; epoch < 2; epoch++) {
    let count = 0;
    for await (const batch of loader) {
      for (const { times, node } of batch.toDataList()) {
        expect(node['pressure']).toEqual(stackedValues('pressure', [...(times?.data ?? [])], POINTS));
        count++;
      }
      batch.release();
    }
    expect(count).toBe(STEPS.length - 1);
  }
});

test('arrays that were damaged in the cache are fetched once more', async () => {
  const cacheDir = await makeFolder();
  const options = { sourceDir: 'zlib', cacheDir };
  {
    await using dataset = await open(options);
    await dataset.get(0);
  }
  for (const entry of readdirSync(cacheDir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /sqlite|\.db|lock/.test(entry.name) || statSync(path).size > 60_000) continue;
    const content = readFileSync(path);
    if (content.length > 5000) writeFileSync(path, content.fill(7, 1000));
  }
  await using dataset = await open(options);
  const data = await dataset.get(0);
  expect(data.node['pressure']).toEqual(stackedValues('pressure', [100, 105], POINTS));
  expect((await dataset.get(1)).node['pressure']).toEqual(stackedValues('pressure', [105, 110], POINTS));
});

test('a file that changes while its windows are read is refused rather than mixed with what it was', async () => {
  const before = await resultFile(manySteps(POINTS, STEPS), { compressor: 'none' });
  const after = await resultFile(manySteps(POINTS, [...STEPS, 900], 2), { compressor: 'none' });
  await using own = await FaultServer.start({ 'case.vtu': before }, { index: 'size' });
  const dataset = await open({ sourceUrl: `${own.url}/`, sourceDir: '', prefetch: false });
  await dataset.get(0);
  own.put('case.vtu', after);
  const error = await failureOf(dataset.get(5));
  expect(isVascuError(error, 'NOT_FOUND')).toBe(true);
  expect(String(error)).toContain('case.vtu');
});

test('so is a file of this machine', async () => {
  const folder = await makeFolder({ 'case.vtu': await resultFile(manySteps(200, STEPS)) });
  const dataset = await open({ sourceUrl: folder, sourceDir: '' });
  await dataset.get(0);
  writeFileSync(join(folder, 'case.vtu'), await resultFile(manySteps(200, STEPS, 2)));
  const error = await failureOf(dataset.get(5));
  expect(String(error)).toMatch(/case\.vtu was changed/);
});

test('an array of a step that is named in full is static, beside the stacked ones', async () => {
  const full = storedName('pressure', 105);
  const dataset = await open({ includeAttributes: ['pressure', full, 'area'] });
  const data = await dataset.get(0);
  expect(Object.keys(data.node).toSorted()).toEqual(['area', 'pressure', full]);
  expect(data.node[full]).toEqual(valuesAt('pressure', 105, POINTS));
  expect(data.node['pressure']).toEqual(stackedValues('pressure', [100, 105], POINTS));
});

test('graphs of cells have the arrays over cells stacked', async () => {
  const dataset = await open({ graphOf: 'cells', includeAttributes: ['load', 'region'] });
  const data = await dataset.get(2);
  expect(data.node['load']).toEqual(stackedValues('load', [110, 115], data.numNodes));
  expect(data.node['region']?.shape).toEqual([data.numNodes]);
  expect(data.cell).toEqual({});
});
