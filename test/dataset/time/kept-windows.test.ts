import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { GraphData } from '../../../src/core/graph.ts';
import { buffersOf } from '../../../src/core/graph-buffers.ts';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../../src/loader/data-loader.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { manySteps, oneStep } from './made-series.ts';

const POINTS = 2500;
const STEPS = Array.from({ length: 10 }, (_, at) => 100 + 5 * at);

async function filesOf(layout: string): Promise<string> {
  if (layout === 'arrays')
    return makeFolder({ 'case.vtu': await resultFile(manySteps(POINTS, STEPS), { compressor: 'zlib' }) });
  const files = await Promise.all(
    STEPS.map(async (step) => [`r_${step}.vtu`, await resultFile(oneStep(POINTS, step, step / 7))] as const),
  );
  return makeFolder(Object.fromEntries(files));
}

test.each([
  ['arrays', undefined, 0],
  ['arrays', undefined, 1],
  ['files', undefined, 0],
  ['files', 'series', 0],
] as const)(
  'of %s, with sharedMesh %s and %i workers, the mesh is kept once and the arrays of each step once',
  async (layout, sharedMesh, numWorkers) => {
    const options = {
      sourceUrl: await filesOf(layout),
      time: { window: { length: 3 } },
      includeAttributes: ['velocity', 'load', 'area'],
      sharedMesh,
    };
    const cacheDir = await makeFolder();
    const expected: GraphData[] = [];
    {
      await using plain = await VascuDataset.open(options);
      for await (const data of plain) expected.push(data);
    }
    for (const pass of ['decoded', 'kept', 'kept']) {
      await using dataset = await VascuDataset.open({ ...options, cacheDir, cacheDecoded: true });
      await using loader = new DataLoader(dataset, { batchSize: 1, numWorkers });
      let at = 0;
      for await (const batch of loader) expect(batch.get(0)).toEqual(expected[at++]);
      expect(at).toBe(expected.length);
      expect(dataset.stats().bytesRead > 0).toBe(pass === 'decoded');
    }
    const [first] = expected as [GraphData];
    const stacked = [
      first.node['velocity'],
      first.cell['load'],
      ...(layout === 'files' ? [first.node['area']] : []),
    ];
    const ofSteps = stacked.reduce((sum, tensor) => sum + (tensor?.data.byteLength ?? 0), 0) / 3;
    const common = buffersOf(first).reduce((sum, { byteLength }) => sum + byteLength, 0) - 3 * ofSteps;
    expect(bytesBelow(cacheDir)).toBeLessThanOrEqual(1.1 * (common + STEPS.length * ofSteps));
  },
);

/** Bytes of the objects of a cache. */
function bytesBelow(folder: string): number {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true });
  return files
    .filter((entry) => entry.isFile() && !/sqlite|\.db|lock/.test(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
