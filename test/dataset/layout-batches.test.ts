import { describe, expect, test } from 'vitest';
import type { SamplesOption } from '../../src/dataset/sample-templates.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { LAYOUTS } from '../fixtures/layouts.ts';
import { byThreads } from '../loader/by-threads.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { startHub } from '../servers/start-hub.ts';
import { makeFolder } from '../temporary-folder.ts';

/** Samples of the layouts, as the guide's page of public data sets has them. */
const SAMPLES: Readonly<Record<string, SamplesOption>> = {
  aneumo: {
    volume: '{case}/m={flow:number}/internal.vtu',
    wall: '{case}/m={flow}/wall.vtp',
    inlet: '{case}/m={flow}/inlet.vtp',
    outlet: '{case}/m={flow}/outlet.vtp',
  },
  drivaer: 'run_{run:number}/boundary_{run}.vtp',
  airfrans: {
    volume: 'airFoil2D_SST_{speed:number}_{angle:number}_{profile}/*_internal.vtu',
    aerofoil: 'airFoil2D_SST_{speed}_{angle}_{profile}/*_aerofoil.vtp',
  },
  simvascular: {
    result: '{case}/results/result_{step:number}.vtu',
    mesh: '{case}/mesh-complete/mesh-complete.mesh.vtu',
    wall: '{case}/mesh-complete/walls_combined.vtp',
    cap: { pattern: '{case}/mesh-complete/mesh-surfaces/cap_1.vtp', optional: true },
  },
  vmr: 'svresults/{model}_3D_RIGID.vtu',
  windtunnel: 'data/{split}/{id}/pressure_field_mesh.vtp',
};

/** Place of a data set. */
interface Place {
  readonly sourceUrl: string;
  readonly endpoint?: string;
}

/** Reads all batches of a data set as safetensors files, with their ids and metadata. */
async function batchesOf(place: Place, name: string, numWorkers: number): Promise<object[]> {
  await using dataset = await StreamingVascuDataset.open({
    ...place,
    samples: SAMPLES[name],
    cacheDir: await makeFolder({}),
  });
  await using loader = new DataLoader(byThreads(dataset), {
    batchSize: 2,
    shuffle: true,
    seed: 3,
    arrays: 'common',
    numWorkers,
  });
  const batches: object[] = [];
  for await (const batch of loader) {
    const bytes = Buffer.from(batch.toSafetensors()).toString('base64');
    batches.push({
      ids: batch.ids,
      metadata: batch.metadata,
      bytes,
    });
  }
  return batches;
}

describe('samples of public layouts', () => {
  test('are all of those that the fixtures have', () => {
    expect(Object.keys(SAMPLES)).toEqual(Object.keys(LAYOUTS));
  });

  test.each(Object.keys(LAYOUTS))(
    'of %s make the same batches from a folder, a web server and a Hub, with 0 and 2 workers',
    async (name) => {
      const files = LAYOUTS[name] ?? {};
      await using server = await FaultServer.start(files, { index: 'sha256' });
      const hub = await startHub();
      hub.add('user/name', files);
      const folder: Place = { sourceUrl: await makeFolder(files) };
      const ofHub = { sourceUrl: 'hf://datasets/user/name', endpoint: hub.url };
      const expected = await batchesOf(folder, name, 0);
      expect(expected.length).toBeGreaterThan(0);
      for (const source of [folder, { sourceUrl: `${server.url}/` }, ofHub]) {
        for (const numWorkers of [0, 2]) {
          expect(await batchesOf(source, name, numWorkers)).toEqual(expected);
        }
      }
    },
    60_000,
  );
});
