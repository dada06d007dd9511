import * as ort from 'onnxruntime-web';
import { StreamingVascuDataset } from 'vascusim/data';
import { DataLoader } from 'vascusim/loader';
import { type Layer, makeModel } from './onnx-model.ts';

/**
 * Runs a small message-passing model over all samples of a folder, several of them in a batch, and gives the
 * outputs of each sample's nodes. `onnxruntime-node` takes the same feeds.
 */
export async function predict(folder: string, layers: readonly Layer[]): Promise<Map<string, Float32Array>> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(makeModel(layers));
  await using dataset = await StreamingVascuDataset.open({
    sourceUrl: folder,
    includeAttributes: ['pressure'],
    normalize: true,
  });
  await using loader = new DataLoader(dataset, { batchSize: 4, numWorkers: 2 });
  const outputs = new Map<string, Float32Array>();
  for await (const batch of loader) {
    const feeds = batch.toFeeds({
      index: 'int64',
      inputs: { pos: 'pos', pressure: 'node.pressure', edge_index: 'edgeIndex' },
    });
    const tensors = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)] as const,
    );
    const { y } = await session.run(Object.fromEntries(tensors));
    const values = y?.data as Float32Array;
    const width = y?.dims[1] as number;
    for (const [graph, id] of batch.ids.entries()) {
      const [begin, end] = batch.ptr.data.subarray(graph, graph + 2);
      outputs.set(id, values.slice((begin as number) * width, (end as number) * width));
    }
  }
  await session.release();
  return outputs;
}
