import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type GraphData,
  StreamingVascuDataset,
  type StreamingVascuDatasetOptions,
} from '../../../src/data.ts';
import { DataLoader, World } from '../../../src/loader.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { resultFile } from '../../streamers/result-file.ts';
import { makeFolder } from '../../temporary-folder.ts';
import { manySteps, oneStep, stackedValues } from './made-series.ts';

const POINTS = 120;
const WALL_POINTS = 40;
const STEPS = [990, 995, 1000, 1005, 1010];

type Files = Record<string, Uint8Array | string>;

const fileOf = (points: number, step: number, time?: number): Promise<Uint8Array> =>
  resultFile(oneStep(points, step, time), { compressor: step % 2 === 0 ? 'zlib' : 'none' });

/** A layout: its files, the options that it takes, and the times of its first window. */
interface Layout {
  readonly files: () => Promise<Files>;
  readonly options?: Partial<StreamingVascuDatasetOptions>;
  readonly series: string;
  readonly times: readonly number[];
  readonly hasWall?: boolean;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  arrays: {
    files: async () => ({
      'case_1.vtu': await resultFile(manySteps(POINTS, STEPS)),
      'case_1.json': '{"dt": 0.001}',
    }),
    options: { time: { window: { length: 2 }, dt: 'dt' } },
    series: 'case_1',
    times: [990 * 0.001, 995 * 0.001],
  },
  files: {
    files: async () =>
      Object.fromEntries(
        await Promise.all(
          STEPS.map(
            async (step) => [`run/result_${step}.vtu`, await fileOf(POINTS, step, step / 3)] as const,
          ),
        ),
      ),
    series: 'run/result',
    times: [990 / 3, 995 / 3],
  },
  pvd: {
    files: async () => {
      const files: Files = {};
      const entries: string[] = [];
      for (const [at, step] of STEPS.entries()) {
        files[`case/steps/v_${step}.vtu`] = await fileOf(POINTS, step);
        files[`case/steps/w_${step}.vtu`] = await fileOf(WALL_POINTS, step);
        for (const [group, name] of [
          ['wall', 'w'],
          ['volume', 'v'],
        ])
          entries.unshift(
            `<DataSet timestep="${at / 10}" group="${group}" part="0" file="steps/${name}_${step}.vtu"/>`,
          );
      }
      files['case/result.pvd'] =
        `<?xml version="1.0"?><VTKFile type="Collection" version="0.1"><Collection>${entries.join('\n')}</Collection></VTKFile>`;
      return files;
    },
    series: 'case/result',
    times: [0, 0.1],
    hasWall: true,
  },
  series: {
    files: async () => {
      const files: Files = {};
      const list: { name: string; time: number }[] = [];
      for (const [at, step] of STEPS.entries()) {
        files[`part_${step}.vtu`] = await fileOf(POINTS, step);
        list.unshift({ name: `part_${step}.vtu`, time: at * 2.5 });
      }
      files['part.vtu.series'] = JSON.stringify({ 'file-series-version': '1.0', files: list });
      return files;
    },
    series: 'part',
    times: [0, 2.5],
  },
  template: {
    files: async () => {
      const files: Files = {};
      for (const step of STEPS) {
        files[`c7/${step / 100}/internal.vtu`] = await fileOf(POINTS, step);
        files[`c7/${step / 100}/wall.vtu`] = await fileOf(WALL_POINTS, step);
      }
      return files;
    },
    options: {
      samples: { volume: '{case}/{time:number}/internal.vtu', wall: '{case}/{time:number}/wall.vtu' },
    },
    series: 'c7',
    times: [9.9, 9.95],
    hasWall: true,
  },
};

const servers: FaultServer[] = [];
let made: Record<string, Files>;
beforeAll(async () => {
  made = Object.fromEntries(
    await Promise.all(
      Object.entries(LAYOUTS).map(async ([name, { files }]) => [name, await files()] as const),
    ),
  );
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

async function serve(files: Files): Promise<string> {
  const bytes = Object.entries(files).map(
    ([path, content]) =>
      [path, typeof content === 'string' ? new TextEncoder().encode(content) : content] as const,
  );
  const server = await FaultServer.start(Object.fromEntries(bytes), { index: 'size' });
  servers.push(server);
  return `${server.url}/`;
}

async function load(
  dataset: StreamingVascuDataset,
  options: { readonly numWorkers: number; readonly shuffle?: boolean },
): Promise<GraphData[]> {
  const graphs: GraphData[] = [];
  await using loader = new DataLoader(dataset, { batchSize: 2, seed: 11, ...options });
  for await (const batch of loader) {
    graphs.push(...batch.toDataList());
    batch.release();
  }
  return graphs;
}

test.each(Object.keys(LAYOUTS))(
  '%s: windows from a folder and over a line, with and without workers, are the same',
  async (name) => {
    const { options, series, times, hasWall = false } = LAYOUTS[name] as Layout;
    const files = made[name] as Files;
    const open = (sourceUrl: string, cacheDir: string): Promise<StreamingVascuDataset> =>
      StreamingVascuDataset.open({ sourceUrl, cacheDir, time: { window: { length: 2 } }, ...options });
    await using local = await open(await makeFolder(files), await makeFolder());
    expect(local.length).toBe(4);
    expect(local.samples[0]).toMatchObject({ series });
    const graphs: GraphData[] = [];
    for await (const data of local) graphs.push(data);
    for (const [at, data] of graphs.entries()) {
      const steps = STEPS.slice(at, at + 2);
      expect(data.node['velocity']).toEqual(stackedValues('velocity', steps, POINTS));
      expect(data.node['pressure']).toEqual(stackedValues('pressure', steps, POINTS));
      expect(data.cell['mark']).toEqual(stackedValues('mark', steps, data.numCells));
      expect(Object.keys(data.parts ?? {})).toEqual(hasWall ? ['wall'] : []);
      if (hasWall)
        expect(data.parts?.['wall']?.node['pressure']).toEqual(stackedValues('pressure', steps, WALL_POINTS));
    }
    expect([...(graphs[0]?.times?.data ?? [])]).toEqual(times);
    const shuffled = await load(local, { numWorkers: 0, shuffle: true });
    const byId = (all: readonly GraphData[]): GraphData[] => all.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(byId(shuffled)).toEqual(byId(graphs));
    const url = await serve(files);
    for (const numWorkers of [0, 2]) {
      await using remote = await open(url, await makeFolder());
      expect(await load(remote, { numWorkers, shuffle: true })).toEqual(shuffled);
    }
  },
);

test('a state resumes at every window, and worlds share the windows among them', async () => {
  const sourceUrl = await makeFolder(made['arrays']);
  await using dataset = await StreamingVascuDataset.open({ sourceUrl, time: { window: { length: 2 } } });
  const options = { batchSize: 1, shuffle: true, seed: 4 } as const;
  const ids: string[] = [];
  const states: unknown[] = [];
  {
    await using loader = new DataLoader(dataset, options);
    for await (const batch of loader) {
      ids.push(...batch.ids);
      states.push(loader.stateDict());
    }
  }
  for (const [at, state] of states.entries()) {
    await using loader = new DataLoader(dataset, options);
    loader.loadStateDict(state as never);
    const rest: string[] = [];
    if (at + 1 < ids.length) for await (const batch of loader) rest.push(...batch.ids);
    expect(rest).toEqual(ids.slice(at + 1));
  }
  const shares: string[][] = [];
  for (const rank of [0, 1]) {
    await using loader = new DataLoader(dataset, { ...options, world: new World({ rank, size: 2 }) });
    const own: string[] = [];
    for await (const batch of loader) own.push(...batch.ids);
    shares.push(own);
  }
  expect(shares.flat().toSorted()).toEqual(ids.toSorted());
});
