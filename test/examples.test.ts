import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { trainDistributed } from '../examples/distributed-training.ts';
import { listHealthyOver50 } from '../examples/local-dataset.ts';
import { predict } from '../examples/onnx-message-passing.ts';
import type { Layer } from '../examples/onnx-model.ts';
import { copyWithPressureOnly } from '../examples/read-mesh.ts';
import { meanPressures } from '../examples/training-loop.ts';
import { VascuDataset } from '../src/data.ts';
import { type GraphData, readMesh } from '../src/mesh.ts';
import { useDemoFolder } from './examples/demo-folder.ts';

/** Weights that are the same in each run. */
function makeLayer(inputs: number, outputs: number, salt: number): Layer {
  const weights = (shift: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: inputs * outputs }, (_, at) => Math.sin(at * 8.7 + shift + salt) / 4);
  return { self: weights(0), neighbours: weights(1), inputs, outputs };
}

/** What the model of `examples/onnx-model.ts` computes, in plain TypeScript and double precision. */
function passMessages(
  { pos, edgeIndex, node, numNodes, numEdges }: GraphData,
  layers: readonly Layer[],
): Float64Array {
  const pressure = node['pressure']?.data as Float32Array;
  let x: Float64Array = Float64Array.from({ length: 4 * numNodes }, (_, at) => {
    const [row, column] = [Math.floor(at / 4), at % 4];
    return (column < 3 ? pos.data[3 * row + column] : pressure[row]) as number;
  });
  for (const [index, { self, neighbours, inputs, outputs }] of layers.entries()) {
    const multiply = (weights: Float32Array): Float64Array =>
      Float64Array.from({ length: numNodes * outputs }, (_, at) => {
        const [row, column] = [Math.floor(at / outputs), at % outputs];
        let sum = 0;
        for (let each = 0; each < inputs; each++)
          sum += (x[row * inputs + each] as number) * (weights[each * outputs + column] as number);
        return sum;
      });
    const [own, sent] = [multiply(self), multiply(neighbours)];
    for (let edge = 0; edge < numEdges; edge++) {
      const [source, target] = [edgeIndex.data[edge] as number, edgeIndex.data[numEdges + edge] as number];
      for (let column = 0; column < outputs; column++)
        (own[target * outputs + column] as number) += sent[source * outputs + column] as number;
    }
    x = index === layers.length - 1 ? own : own.map((value) => Math.max(0, value));
  }
  return x;
}

describe('examples, on the data set of the demo', () => {
  const demo = useDemoFolder();

  test('local-dataset: filtered samples in order', async () => {
    expect(await listHealthyOver50(demo.folder)).toEqual([
      'patient_05: age 52, 6787 nodes, pressure [6787], velocity [6787, 3]',
      'patient_07: age 58, 6787 nodes, pressure [6787], velocity [6787, 3]',
      'patient_09: age 66, 17355 nodes, pressure [17355], velocity [17355, 3]',
      'patient_11: age 74, 11167 nodes, pressure [11167], velocity [11167, 3]',
    ]);
  });

  test('training-loop: each sample once an epoch, with its own nodes', async () => {
    const means = await meanPressures(demo.folder);
    expect(means.size).toBe(12);
    for (const [id, [first, second, ...rest]] of means) {
      expect(rest).toEqual([]);
      expect(first).toBe(second);
      const { data = [] } = (await readMesh(join(demo.folder, `${id}.vtu`))).pointData.get('pressure') ?? {};
      const mean = Array.from(data as ArrayLike<number>).reduce((sum, value) => sum + value, 0) / data.length;
      expect(Math.abs((first as number) - mean)).toBeLessThan(1e-9 * mean);
    }
  });

  test('read-mesh: a copy with one array', async () => {
    const copy = join(demo.made, 'copy.vtu');
    expect(await copyWithPressureOnly(join(demo.folder, 'patient_01.vtu'), copy)).toMatch(
      /^3645 nodes, \d+ directed edges, 7290 nodes in a batch of two$/,
    );
    expect([...(await readMesh(copy)).pointData.keys()]).toEqual(['pressure']);
  });

  test('onnx-message-passing: what a plain loop over the edges of each sample gives', async () => {
    const layers = [makeLayer(4, 8, 1), makeLayer(8, 2, 2)];
    const outputs = await predict(demo.folder, layers);
    await using dataset = await VascuDataset.open({
      sourceUrl: demo.folder,
      includeAttributes: ['pressure'],
      normalize: true,
    });
    expect([...outputs.keys()]).toEqual(dataset.samples.map(({ id }) => id));
    for (const [index, output] of [...outputs.values()].entries()) {
      const expected = passMessages(await dataset.get(index), layers);
      expect(output).toHaveLength(expected.length);
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const error = output.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (expected[at] as number))),
        0,
      );
      expect(largest).toBeGreaterThan(0);
      expect(error / largest).toBeLessThan(1e-5);
    }
  }, 60_000);

  test('distributed-training: two processes stop, one goes on, and each sample came once an epoch', async () => {
    const checkpoint = join(demo.made, 'checkpoint.json');
    const seen: string[] = [];
    const train = async (ids: readonly string[], stop: boolean): Promise<boolean> => {
      seen.push(...ids);
      return !stop;
    };
    for (const rank of [1, 0]) {
      vi.stubEnv('RANK', String(rank));
      vi.stubEnv('WORLD_SIZE', '2');
      let steps = 0;
      // Rank 1 first: only rank 0 writes the checkpoint, and both begin without one.
      await trainDistributed(demo.folder, checkpoint, 2, ({ ids }) => train(ids, ++steps === 4));
    }
    vi.unstubAllEnvs();
    expect(seen).toHaveLength(16);
    const state: unknown = JSON.parse(readFileSync(checkpoint, 'utf8'));
    expect(state).toMatchObject({ epoch: 1, batches: 1 });
    await trainDistributed(demo.folder, checkpoint, 2, ({ ids }) => train(ids, false));
    expect(seen).toHaveLength(24);
    const counts = new Map<string, number>();
    for (const id of seen) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect(new Set(counts.values())).toEqual(new Set([2]));
    expect(counts.size).toBe(12);
  }, 60_000);
});
