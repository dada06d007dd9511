import { expect, test } from 'vitest';
import { DataLoader } from '../../../src/loader/data-loader.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { manySteps, stackedValues } from './made-series.ts';
import { arraysSeries, samplesOf, WindowDataset } from './open-windows.ts';

const STEPS = Array.from({ length: 12 }, (_, at) => 5 * at);

test.each([0, 2])(
  'with %i workers, shuffled, batches have the windows and their times',
  async (numWorkers) => {
    const folder = await makeFolder({
      'a.vtu': await resultFile(manySteps(200, STEPS, 1)),
      'b.vtu': await resultFile(manySteps(240, STEPS, 2), { compressor: 'zlib' }),
    });
    const dataset = await WindowDataset.openWindows(
      { sourceUrl: folder, includeAttributes: ['velocity', 'area'] },
      (entries) =>
        samplesOf(
          entries.map((entry) => arraysSeries(entry, STEPS)),
          { length: 3 },
        ),
    );
    await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, numWorkers });
    let count = 0;
    for await (const batch of loader) {
      expect(batch.times?.shape).toEqual([4, 3]);
      for (let at = 0; at < batch.numGraphs; at++) {
        const { times, node, numNodes } = batch.get(at);
        const steps = [...(times?.data ?? [])];
        expect(node['velocity']).toEqual(stackedValues('velocity', steps, numNodes));
        expect(node['area']?.shape).toEqual([numNodes]);
        count++;
      }
      batch.release();
    }
    expect(count).toBe(20);
  },
);
