import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

const withGhosts = (flag: number): string =>
  smallVtu({ cellData: { vtkGhostType: flag } }).replace(
    'type="Float32" Name="vtkGhostType"',
    'type="UInt8" Name="vtkGhostType"',
  );

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((message) => void said.push(String(message)));
});
afterEach(() => vi.restoreAllMocks());

test.each([0, 1])('a dataset says once that graphs have ghosts, with %d workers', async (numWorkers) => {
  const sourceUrl = await makeFolder({
    'a.vtu': withGhosts(0),
    'b.vtu': withGhosts(1),
    'c.vtu': withGhosts(32),
  });
  await using dataset = await VascuDataset.open({ sourceUrl, includeAttributes: ['pressure'] });
  await using loader = new DataLoader(dataset, { numWorkers });
  const cells: string[][] = [];
  for await (const batch of loader) cells.push(Object.keys(batch.cell));
  // The array was read without being named, and is not in the graph.
  expect(cells).toEqual([[], [], []]);
  expect(said).toEqual([
    expect.stringMatching(
      /^The graph of [bc]\.vtu has all that vtkGhostType marks in its mesh: 1 (copied|hidden) cell\./,
    ),
  ]);
});
