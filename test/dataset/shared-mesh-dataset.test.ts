import { describe, expect, test } from 'vitest';
import { isVascuError } from '../../src/core/errors.ts';
import type { GraphData } from '../../src/core/graph.ts';
import type { StreamingVascuDatasetOptions } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { nextStep, resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { stageParts } from './stage-parts.ts';

const STEPS = 4;
const FILES: Record<string, Uint8Array<ArrayBuffer> | string> = {};
for (const [seed, patient] of ['ann', 'bob'].entries()) {
  const first = resultMesh(4000 + seed, TWELVE_FIELDS, seed + 1);
  for (let step = 0; step < STEPS; step++) {
    const mesh = nextStep(first, TWELVE_FIELDS, 10 * seed + step);
    FILES[`${patient}/t_${step}.vtu`] = await resultFile(mesh, { compressor: seed === 0 ? 'zlib' : 'none' });
    FILES[`${patient}/t_${step}.json`] = JSON.stringify({ mesh: `of ${patient}` });
  }
}

const stage = (options: Partial<StreamingVascuDatasetOptions> = {}) => stageParts(FILES, options);

async function graphsOf(dataset: AsyncIterable<GraphData>): Promise<object[]> {
  const graphs: object[] = [];
  for await (const { id, node, pos, edgeIndex } of dataset) graphs.push({ id, node, pos, edgeIndex });
  return graphs;
}

async function expected(): Promise<object[]> {
  const sourceUrl = await makeFolder(FILES);
  await using dataset = await VascuDataset.open({ sourceUrl, includeAttributes: ['pressure'] });
  return await graphsOf(dataset);
}

describe('samples that have the same mesh', () => {
  test.each([
    ['by folder', 'folder' as const],
    ['by their metadata', ({ metadata }: { metadata: Record<string, unknown> }) => String(metadata['mesh'])],
  ])('fetch it once (%s)', async (_, sharedMesh) => {
    const alone = await stage();
    const separate = await alone.open();
    await graphsOf(separate);
    const { open, server } = await stage({ sharedMesh });
    const dataset = await open();
    const graphs = await expected();
    expect(await graphsOf(dataset)).toEqual(graphs);
    const { bytesDownloaded, partial } = dataset.stats();
    expect(bytesDownloaded).toBeLessThan(0.65 * separate.stats().bytesDownloaded);
    expect(partial.sharedBytes).toBeGreaterThan(0);
    const requests = server.requests.filter(({ path }) => path.endsWith('.vtu')).length;
    await dataset.close();
    expect(await graphsOf(await open())).toEqual(graphs);
    expect(server.requests.filter(({ path }) => path.endsWith('.vtu')).length).toBe(requests);
  });

  test.each([0, 2])('come through a loader with %i workers, twice, removed after use', async (numWorkers) => {
    const { open } = await stage({ sharedMesh: 'folder', deleteAfterUse: true });
    const dataset = await open();
    await using loader = new DataLoader(dataset, { numWorkers });
    const graphs = (await expected()) as GraphData[];
    for (let epoch = 0; epoch < 2; epoch++) {
      let index = 0;
      for await (const batch of loader) {
        const { edgeIndex, node } = graphs[index++] as GraphData;
        const graph = batch.get(0);
        expect(graph.edgeIndex.data).toEqual(edgeIndex.data);
        expect(graph.node['pressure']?.data).toEqual(node['pressure']?.data);
      }
    }
  });

  test('fail with an error that says so where they have not', async () => {
    const { open } = await stage({ sharedMesh: true });
    const dataset = await open();
    await dataset.get(STEPS - 1);
    const error = await failureOf(dataset.get(STEPS));
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('sharedMesh');
    expect(String(error)).toMatch(/bob\/t_0\.vtu has not the mesh of ann\/t_0\.vtu/);
  });

  test('are refused in words that there are not', async () => {
    const { open } = await stage({ sharedMesh: 'all' as 'folder' });
    const error = await failureOf(open());
    expect(isVascuError(error, 'CONFIG') && error.option).toBe('sharedMesh');
    const other = await stage({ sharedMesh: () => 7 as unknown as string });
    expect(isVascuError(await failureOf(other.open()), 'CONFIG')).toBe(true);
  });
});
