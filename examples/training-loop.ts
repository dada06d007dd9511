import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';

/**
 * Two epochs of a loop that trains: shuffled batches, decoded by worker threads. The "model" is the mean pressure of
 * each graph, to show how a batch is used.
 */
export async function meanPressures(folder: string): Promise<Map<string, number[]>> {
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: folder,
    includeAttributes: ['pressure'],
    normalize: true,
  });
  await using loader = new DataLoader(dataset, { batchSize: 4, shuffle: true, seed: 42, numWorkers: 2 });
  const means = new Map<string, number[]>();
  for (let epoch = 0; epoch < 2; epoch++) {
    for await (const batch of loader) {
      const pressure = batch.node['pressure']?.data as Float32Array;
      const sums = new Float64Array(batch.numGraphs);
      for (let node = 0; node < batch.numNodes; node++) {
        const graph = batch.batch.data[node] as number;
        sums[graph] = (sums[graph] as number) + (pressure[node] as number);
      }
      for (const [graph, id] of batch.ids.entries()) {
        const count = (batch.ptr.data[graph + 1] as number) - (batch.ptr.data[graph] as number);
        means.set(id, [...(means.get(id) ?? []), (sums[graph] as number) / count]);
      }
    }
  }
  return means;
}
