import { expect, test } from 'vitest';
import type { GraphData } from '../../../src/core/graph.ts';
import { meshToGraph } from '../../../src/graph/mesh-to-graph.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { baseMesh, manySteps, oneStep, STEPPED, stackedValues, valuesAt } from './made-series.ts';
import { arraysSeries, filesSeries, samplesOf, WindowDataset } from './open-windows.ts';

const POINTS = 300;
const STEPS = [1000, 1005, 1010, 1015, 1020];

function checkWindow(data: GraphData, steps: readonly number[]): void {
  const cells = baseMesh(POINTS).cells.types.length;
  for (const [name, on] of STEPPED)
    expect({ name, ...data[on][name] }).toEqual({
      name,
      ...stackedValues(name, steps, on === 'node' ? POINTS : cells),
    });
}

test('windows of one file have the arrays of their steps stacked, statics once, and the graph of its mesh', async () => {
  const folder = await makeFolder({
    'case.vtu': await resultFile(manySteps(POINTS, STEPS), { compressor: 'zlib' }),
  });
  const dataset = await WindowDataset.openWindows({ sourceUrl: folder }, ([entry]) =>
    samplesOf([arraysSeries(entry as never, STEPS)], { length: 2 }),
  );
  const graph = meshToGraph(baseMesh(POINTS));
  for (const [index, first] of STEPS.slice(0, -1).entries()) {
    const data = await dataset.get(index);
    const steps = [first, STEPS[index + 1] as number];
    checkWindow(data, steps);
    expect(data.node['area']).toEqual(graph.node['area']);
    expect(data.cell['region']).toEqual(graph.cell['region']);
    expect(data.pos).toEqual(graph.pos);
    expect(data.edgeIndex).toEqual(graph.edgeIndex);
    expect(data.times).toEqual({ data: Float64Array.from(steps), shape: [2] });
    expect(Object.keys(data.node).sort()).toEqual(['area', 'pressure', 'velocity']);
  }
});

test('steps without a window have the arrays of each', async () => {
  const folder = await makeFolder({ 'case.vtu': await resultFile(manySteps(POINTS, STEPS)) });
  const dataset = await WindowDataset.openWindows(
    { sourceUrl: folder, includeAttributes: ['pressure', 'region'] },
    ([entry]) => samplesOf([arraysSeries(entry as never, STEPS)]),
  );
  const data = await dataset.get(3);
  expect(data.node).toEqual({ pressure: valuesAt('pressure', 1015, POINTS) });
  expect(data.times).toEqual({ data: Float64Array.of(1015), shape: [1] });
  expect(Object.keys(data.cell)).toEqual(['region']);
});

test('files of one step each are compared, and tell their times', async () => {
  const files = Object.fromEntries(
    await Promise.all(
      STEPS.map(
        async (step) => [`r_${step}.vtu`, await resultFile(oneStep(POINTS, step, step / 8))] as const,
      ),
    ),
  );
  const folder = await makeFolder(files);
  const dataset = await WindowDataset.openWindows({ sourceUrl: folder }, (entries) =>
    samplesOf([filesSeries('r', entries, STEPS)], { length: 3, every: 2 }),
  );
  const data = await dataset.get(0);
  checkWindow(data, [1000, 1010, 1020]);
  expect(data.times?.data).toEqual(Float64Array.of(125, 126.25, 127.5));
  expect(data.node['area']?.shape).toEqual([POINTS, 3]);
});

test('over a line only the arrays of the steps travel, and each once', async () => {
  const content = await resultFile(manySteps(4000, STEPS), { compressor: 'none' });
  const server = await FaultServer.start({ 'case.vtu': content }, { index: 'size' });
  const folder = await makeFolder();
  const dataset = await WindowDataset.openWindows(
    { sourceUrl: `${server.url}/`, cacheDir: folder, includeAttributes: ['pressure'], mode: 'partial' },
    ([entry]) => samplesOf([arraysSeries(entry as never, STEPS)], { length: 2 }),
  );
  const bytes: number[] = [];
  for (let index = 0; index < 4; index++) {
    const before = dataset.stats().bytesDownloaded;
    const data = await dataset.get(index);
    expect(data.node['pressure']).toEqual(stackedValues('pressure', STEPS.slice(index, index + 2), 4000));
    bytes.push(dataset.stats().bytesDownloaded - before);
  }
  expect(bytes.slice(1).every((each) => each < 17_000 && each >= 16_000)).toBe(true);
  await server.close();
});
