import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeVessel } from '../../src/cli/demo/vessel.ts';
import type { GraphData } from '../../src/core/graph.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import type { Batch } from '../../src/graph/batch.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { smallPvtu, smallVtu } from '../dataset/small-mesh.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { byThreads } from './by-threads.ts';

const FILES = {
  'a.vtu': smallVtu({ points: 5, pointData: { pressure: 2, ['__proto__']: 3 }, cellData: { region: 1 } }),
  'a.json': '{"age": 60}',
  'b.pvtu': smallPvtu(['b_0.vtu', 'b_1.vtu']),
  'b_0.vtu': smallVtu({ points: 6 }),
  'b_1.vtu': smallVtu({ points: 4 }),
  'c.vtu': smallVtu({ points: 12 }),
};

async function bytesOf(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part.slice());
  return Buffer.concat(all);
}

function digest(graph: GraphData): string {
  const hash = createHash('sha1').update(`${graph.id} ${graph.numNodes} ${graph.numEdges} `);
  for (const [name, { data }] of [
    ['pos', graph.pos],
    ['edges', graph.edgeIndex],
    ...Object.entries(graph.node),
    ...Object.entries(graph.cell),
  ] as const) {
    hash.update(name).update(data);
  }
  return hash.digest('hex');
}

async function samplesOf(loader: DataLoader): Promise<GraphData[]> {
  const samples: GraphData[] = [];
  for await (const batch of loader) samples.push(...batch.toDataList());
  return samples;
}

describe('DataLoader with workers over a folder', () => {
  test('gives what the calling thread gives, records and all', async () => {
    const sourceUrl = await makeFolder(FILES);
    await using dataset = await StreamingVascuDataset.open({
      sourceUrl,
      normalize: true,
      transform: (data) => ({ ...data, metadata: { ...data.metadata, seen: true } }),
    });
    for (let index = 0; index < dataset.length; index++) {
      const work = await dataset.work(index);
      const { run } = (await import(work.module)) as typeof import('../../src/decode/decode-work.ts');
      const { value, transfer } = await run(work.input as never, new AbortController().signal);
      const sample = await work.finish(structuredClone(value, { transfer: [...transfer] }));
      work.release?.();
      expect(sample).toEqual(await dataset.get(index));
      expect(Object.getPrototypeOf(sample.node)).toBeNull();
      expect(Object.keys(sample.node)).toEqual(Object.keys((await dataset.get(index)).node));
    }
    await using here = new DataLoader(dataset, { batchSize: 1 });
    await using there = new DataLoader(byThreads(dataset), { batchSize: 1, numWorkers: 2 });
    expect(await samplesOf(there)).toEqual(await samplesOf(here));
    expect(dataset.stats()).toMatchObject({ samplesRead: 3 * 3 + 3 + 3 });
  });

  test('of large samples of one size uses memory again that was released, and only that', async () => {
    const vessels = [0, 1, 2, 3, 4].map((time) =>
      makeVessel({ radius: 1, stenosis: 0.3, meanVelocity: 20, time: time / 5, resolution: 10 }),
    );
    const files = await Promise.all(
      vessels.map(async (mesh, at) => [`t${at}.vtu`, await bytesOf(writeVtkXml(mesh))] as const),
    );
    await using dataset = await StreamingVascuDataset.open({
      sourceUrl: await makeFolder(Object.fromEntries(files)),
    });
    const expected = await Promise.all(vessels.map(async (_, index) => digest(await dataset.get(index))));
    expect(new Set(expected).size).toBe(vessels.length);
    for (const numWorkers of [0, 1, 2]) {
      for (const batchSize of [1, 2]) {
        await using loader = new DataLoader(byThreads(dataset), { batchSize, numWorkers });
        const kept: { readonly batch: Batch; readonly place: number }[] = [];
        for (let epoch = 0; epoch < 3; epoch++) {
          let place = 0;
          for await (const batch of loader) {
            expect(batch.toDataList().map(digest)).toEqual(expected.slice(place, place + batchSize));
            // Some stay in use while others are made.
            if ((place + epoch) % 3 > 0) batch.release();
            else kept.push({ batch, place });
            place += batch.numGraphs;
          }
        }
        for (const { batch, place } of kept) {
          expect(batch.toDataList().map(digest)).toEqual(expected.slice(place, place + batchSize));
        }
      }
    }
  });

  test('uses the memory of samples that nobody else holds, and hands out the same batches', async () => {
    const sourceUrl = await makeFolder(FILES);
    await using dataset = await StreamingVascuDataset.open({ sourceUrl });
    await using others = await StreamingVascuDataset.open({ sourceUrl, transform: (data) => data });
    expect([dataset.givesSamplesAway, others.givesSamplesAway]).toEqual([true, false]);
    for (const numWorkers of [0, 1]) {
      for (const batchSize of [1, 2, 3]) {
        const options = { batchSize, numWorkers, arrays: 'fill', sampler: [0, 0, 1, 2, 0] } as const;
        await using one = new DataLoader(byThreads(dataset), options);
        await using two = new DataLoader(byThreads(others), options);
        const expected: unknown[] = [];
        for await (const batch of two) expected.push(batch);
        expect(await samplesOf(one)).toEqual(await samplesOf(two));
        for await (const batch of one) expect(batch).toEqual(expected.shift());
        expect(expected).toEqual([]);
      }
    }
  });

  test('leaves samples to a collate of the user’s own', async () => {
    await using dataset = await StreamingVascuDataset.open({ sourceUrl: await makeFolder(FILES) });
    const kept: GraphData[] = [];
    const collate = (graphs: readonly GraphData[]): number => kept.push(...graphs);
    await using loader = new DataLoader(byThreads(dataset), { batchSize: 2, numWorkers: 1, collate });
    for await (const _ of loader);
    expect(kept).toEqual([await dataset.get(0), await dataset.get(1), await dataset.get(2)]);
  });

  test('a broken file arrives as the same error', async () => {
    const sourceUrl = await makeFolder({ ...FILES, 'c.vtu': 'broken' });
    await using dataset = await StreamingVascuDataset.open({ sourceUrl });
    await using loader = new DataLoader(byThreads(dataset), { numWorkers: 1 });
    const ids: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const batch of loader) ids.push(...batch.ids);
    };
    const error = await failureOf(iterate());
    const expected = (await failureOf(dataset.get(2))) as Error;
    expect(Object.getPrototypeOf(error)).toBe(Object.getPrototypeOf(expected));
    expect({ ...(error as Error) }).toEqual({ ...expected });
    expect((error as Error).message).toBe(expected.message);
    expect(ids).toEqual(['a', 'b']);
  });

  test.each([
    ['closed', 'await loader.close(); await dataset.close();'],
    ['forgotten', ''],
  ])('a program ends by itself when its loader is %s', async (_, ending) => {
    const program = `
      import { StreamingVascuDataset } from '${new URL('../../src/data.ts', import.meta.url).href}';
      import { DataLoader } from '${new URL('../../src/loader.ts', import.meta.url).href}';
      const dataset = await StreamingVascuDataset.open({ sourceUrl: ${JSON.stringify(await makeFolder(FILES))} });
      const loader = new DataLoader(dataset, { numWorkers: 2 });
      for await (const batch of loader) console.log(batch.ids.join());
      ${ending}`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(output).toBe('a\nb\nc\n');
  });
});
