import { describe, expect, onTestFinished, test } from 'vitest';
import type { Metadata } from '../../../src/core/graph.ts';
import type { VascuDatasetOptions } from '../../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { type Files, failureOf, makeFolder } from '../../temporary-folder.ts';
import { smallPvtu, smallVtu } from '../small-mesh.ts';
import { filesOfSteps, pvdOf, steppedVtu, vtuWithFields } from './stepped-files.ts';

async function open(files: Files, options: Partial<VascuDatasetOptions> = {}): Promise<VascuDataset> {
  const sourceUrl = await makeFolder(files);
  const dataset = await VascuDataset.open({ sourceUrl, time: true, ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

const refused = (files: Files, options: Partial<VascuDatasetOptions> = {}): Promise<unknown> =>
  failureOf(open(files, options));

/** Ids, steps and times of all samples. */
const seen = ({ samples }: VascuDataset) =>
  samples.map(({ id, steps, times }) => (times === undefined ? [id, steps] : [id, steps, times]));

const ids = ({ samples }: VascuDataset): string[] => samples.map(({ id }) => id);

describe('arrays of one file', () => {
  const names = ['pressure', 'velocity'];

  test('are the steps of a series', async () => {
    const dataset = await open(
      {
        'case_1.vtu': steppedVtu(names, ['99995', '100000', '100005'], { vTAWSS: 1, wallproperty_00000: 1 }),
      },
      { time: { window: { length: 2 } } },
    );
    expect(
      dataset.samples.map(({ id, series, steps, times, path }) => ({ id, series, steps, times, path })),
    ).toEqual([
      {
        id: 'case_1@99995',
        series: 'case_1',
        steps: [99_995, 100_000],
        times: [99_995, 100_000],
        path: 'case_1.vtu',
      },
      {
        id: 'case_1@100000',
        series: 'case_1',
        steps: [100_000, 100_005],
        times: [100_000, 100_005],
        path: 'case_1.vtu',
      },
    ]);
    expect(dataset.time?.why).toMatch(
      /^Steps were found as arrays of one file: 1 series, 3 steps \(99995 … 100005\) of pressure, velocity/,
    );
    expect(dataset.time).toMatchObject({ gaps: [], tooShort: [] });
  });

  test('whose suffixes are times have these', async () => {
    const dataset = await open({ 'a.vtu': steppedVtu(['p'], ['0.0101', '1e-05', '10.0']) });
    expect(seen(dataset)).toEqual([
      ['a@0.00001', [1e-5], [1e-5]],
      ['a@0.0101', [0.0101], [0.0101]],
      ['a@10', [10], [10]],
    ]);
  });

  test('come before numbers of files: each of these is a series', async () => {
    const file = steppedVtu(names, ['00100', '00105']);
    const dataset = await open({ 'c_1.vtu': file, 'c_2.vtu': file });
    expect(ids(dataset)).toEqual(['c_1@100', 'c_1@105', 'c_2@100', 'c_2@105']);
  });

  test('are none where the file has one TimeValue', async () => {
    const file = vtuWithFields({ TimeValue: 0.5 }, { pointData: { u_00: 1, u_01: 2 } });
    expect(seen(await open({ 'a.vtu': file }))).toEqual([['a@0', [0]]]);
    expect(ids(await open({ 'a.vtu': file }, { time: { names: ['u'] } }))).toEqual(['a@0', 'a@1']);
  });

  test("in VTK's own form have its times", async () => {
    const file = smallVtu().replace('<UnstructuredGrid>', '<UnstructuredGrid TimeValues="0 0.5 1.25">');
    expect(seen(await open({ 'a.vtu': file }))).toEqual([
      ['a@0', [0], [0]],
      ['a@1', [1], [0.5]],
      ['a@2', [2], [1.25]],
    ]);
  });

  test('that lack steps are an error, which filters and attributes may do without, or holes', async () => {
    const files = {
      'bad.vtu': smallVtu({
        pointData: { p_1: 1, p_2: 2, p_3: 3, u_1: 1, u_3: 3 },
      }),
      'good.vtu': steppedVtu(['p', 'u'], ['1', '2', '3']),
    };
    expect(await refused(files)).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/^bad\.vtu: the field "u" lacks the step 2 \(1 of 3 steps\)/) as string,
    });
    const window = { length: 2 };
    const skipped = await open(files, { time: { missing: 'skip', window } });
    expect(ids(skipped)).toEqual(['good@1', 'good@2']);
    expect(skipped.time?.gaps).toEqual([{ series: 'bad', after: 1, before: 3, steps: [2] }]);
    expect(skipped.time?.tooShort).toEqual(['bad']);
    expect(ids(await open(files, { includeAttributes: ['p'], time: { window } }))).toHaveLength(4);
    expect(ids(await open(files, { filterFn: (_, { series }) => series === 'good' }))).toHaveLength(3);
  });

  test.each([
    [{ p_1: 1, p_2: 2, p: 3 }, /a\.vtu, array "p": has "p" beside "p_1"/],
    [{ 'p_0.1': 1, 'p_0.10': 2, 'p_0.2': 3 }, /has both "p_0.1" and "p_0.10", which are one step \(0.1\)/],
  ])('of names %j are refused', async (pointData, message) => {
    expect(await refused({ 'a.vtu': smallVtu({ pointData }) })).toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(message) as string,
    });
  });

  test('are refused where they are asked for and there are none', async () => {
    const files = { 'a.vtu': smallVtu() };
    expect(await refused(files, { time: { from: 'arrays' } })).toMatchObject({ option: 'time.from' });
    expect(await refused(files, { time: { names: ['u'] } })).toMatchObject({ option: 'time.names' });
  });
});

describe('numbered files', () => {
  test('are steps, and a file without companions is one', async () => {
    const files = { ...filesOfSteps('a/result_*.vtu', [995, 1000]), 'a/mesh.vtu': smallVtu() };
    const dataset = await open(files);
    expect(seen(dataset)).toEqual([
      ['a/mesh@0', [0]],
      ['a/result@995', [995]],
      ['a/result@1000', [1000]],
    ]);
    expect((await dataset.get(2)).node['pressure']?.data[0]).toBe(1000);
  });

  test('may be pieces of .pvtu, whose pieces are no samples', async () => {
    const files = Object.fromEntries(
      [1, 2].flatMap((step) => [
        [`r_${step}.pvtu`, smallPvtu([`r_${step}/0.vtu`, `r_${step}/1.vtu`])],
        [`r_${step}/0.vtu`, smallVtu()],
        [`r_${step}/1.vtu`, smallVtu()],
      ]),
    );
    const dataset = await open(files, { time: { window: { length: 2 } } });
    expect(ids(dataset)).toEqual(['r@1']);
    expect(dataset.filesOf(0)).toHaveLength(6);
  });

  test('whose arrays carry their number are steps, too', async () => {
    const files = Object.fromEntries(
      ['01000', '01005'].map((step) => [
        `all_results_${step}.vtu`,
        steppedVtu(['pressure', 'velocity'], [step]),
      ]),
    );
    expect(ids(await open(files))).toEqual(['all_results@1000', 'all_results@1005']);
    const { node } = await (await open(files, { time: { window: { length: 2 } } })).get(0);
    expect(Object.keys(node)).toEqual(['pressure', 'velocity']);
    expect([...(node['pressure']?.data.slice(0, 2) ?? [])]).toEqual([1000, 1005]);
    const other = smallVtu({ points: 7, pointData: { pressure_01010: 1, velocity_01010: 2 } });
    const mixed = await open(
      { ...files, 'all_results_01010.vtu': other },
      { time: { window: { length: 2 } } },
    );
    await expect(mixed.get(1)).rejects.toMatchObject({ code: 'FORMAT' });
  });

  test('that are one step twice are refused', async () => {
    expect(await refused(filesOfSteps('r_*.vtu', ['1', '001', '2']))).toMatchObject({
      code: 'FORMAT',
      message: expect.stringMatching(/^r_1\.vtu: is the step 1, as "r_001\.vtu" is/) as string,
    });
  });

  test('of which some are not there have holes', async () => {
    const files = filesOfSteps('r_*.vtu', [10, 20, 40, 50]);
    const { samples, time } = await open(files, { time: { window: { length: 2 } } });
    expect(samples.map(({ steps }) => steps)).toEqual([
      [10, 20],
      [40, 50],
    ]);
    expect(time?.gaps).toEqual([{ series: 'r', after: 20, before: 40, steps: [30] }]);
  });

  test('of one id have their extensions in it', async () => {
    const files = { ...filesOfSteps('r_*.vtu', [1, 2]), ...filesOfSteps('r_*.vtp', [1, 2]) };
    expect(ids(await open(files))).toEqual(['r.vtp@1', 'r.vtp@2', 'r.vtu@1', 'r.vtu@2']);
  });

  test('are taken as such without a look into them, where that is asked for', async () => {
    const files = { 'c_1.vtu': steppedVtu(['p'], ['1', '2']), 'c_2.vtu': 'no mesh' };
    expect(ids(await open(files, { time: { from: 'files' } }))).toEqual(['c@1', 'c@2']);
  });
});

describe('lists of files', () => {
  const steps = { 's/a.vtu': smallVtu(), 's/b.vtu': smallVtu(), 'c.vtu': smallVtu() };

  test('are series in the order of time, with their sidecar', async () => {
    const dataset = await open({
      ...steps,
      'run/r.pvd': pvdOf([
        ['0.30', '../c.vtu'],
        ['0.1', '../s/a.vtu'],
        ['0.2', '..\\s\\b.vtu'],
        ['0.20', '../s/b.vtu'],
      ]),
      'run/r.json': '{"patient": "P1"}',
    });
    expect(seen(dataset)).toEqual([
      ['run/r@0', [0], [0.1]],
      ['run/r@1', [1], [0.2]],
      ['run/r@2', [2], [0.3]],
    ]);
    expect(dataset.samples.map(({ path, metadata }) => [path, metadata])).toEqual([
      ['s/a.vtu', { patient: 'P1' }],
      ['s/b.vtu', { patient: 'P1' }],
      ['c.vtu', { patient: 'P1' }],
    ]);
    await expect(dataset.get(0)).resolves.toMatchObject({ numNodes: 4 });
  });

  test('may be JSON', async () => {
    const dataset = await open({
      'r.vtu.series':
        '{"files": [/* new */ {"name": "s/b.vtu", "time": 4}, {"name": "s/a.vtu", "time": -0.5}]}',
      'r.json': '{"patient": "P1"}',
      ...steps,
    });
    expect(seen(dataset)).toEqual(
      [
        ['r@0', [0], [-0.5]],
        ['r@1', [1], [4]],
        ['c@0', [0]],
      ].toSorted(),
    );
    expect(dataset.samples.find(({ id }) => id === 'r@0')?.metadata).toEqual({ patient: 'P1' });
  });

  test('have other files of their numbering left out, and counted', async () => {
    const files = filesOfSteps('r_*.vtu', [10, 20, 30, 40]);
    const dataset = await open({
      ...files,
      'r.pvd': pvdOf([
        [0, 'r_10.vtu'],
        [1, 'r_20.vtu'],
      ]),
    });
    expect(ids(dataset)).toEqual(['r@0', 'r@1']);
    expect(dataset.time?.why).toContain('Left out 2 other files');
  });

  test('of the same files are one series', async () => {
    const dataset = await open({
      ...steps,
      'r.pvd': pvdOf([
        [0, 's/a.vtu'],
        [1, 's/b.vtu'],
      ]),
      'r.vtu.series': '{"files": ["s/a.vtu", "s/b.vtu"]}',
    });
    expect(ids(dataset)).toEqual(['c@0', 'r@0', 'r@1']);
    expect(dataset.time?.why).toContain('r.vtu.series, which lists the same files');
  });

  test.each([
    ['group="fluid"', 'group="wall"', 'wall'],
    ['name="lumen"', 'name="wall"', 'wall'],
    ['part="0"', 'part="1"', '1'],
    ['group="" part="1"', 'group="" part="0"', '1'],
  ])('may have parts: %s, %s', async (first, second, name) => {
    const dataset = await open({
      ...steps,
      'r.pvd': pvdOf([
        [0, 's/a.vtu', first],
        [0, 's/b.vtu', second],
        [1, 's/b.vtu', second],
        [1, 's/a.vtu', first],
      ]),
    });
    expect(ids(dataset)).toEqual(['c@0', 'r@0', 'r@1']);
    const { parts } = await dataset.get(1);
    expect(Object.keys(parts ?? {})).toEqual([name]);
    expect(Object.keys(dataset.samples[1]?.parts ?? {})).toHaveLength(2);
  });

  test.each([
    [
      'a file that is not there',
      pvdOf([
        [0, 's/a.vtu'],
        [1, 's/no.vtu'],
      ]),
      /^r\.pvd names "s\/no\.vtu" for step 1 \(time 1\), which is not there: 1 of 2/,
    ],
    [
      'a path out of the source',
      pvdOf([[0, '../../x.vtu']]),
      /^r\.pvd, byte \d+: names "..\/..\/x\.vtu", which lies outside/,
    ],
    ['an absolute path', pvdOf([[0, '/x.vtu']]), /^r\.pvd, byte \d+: names "\/x\.vtu", which lies outside/],
    [
      'a type that is not read',
      pvdOf([[0, 's/a.vti']]),
      /^r\.pvd, byte \d+: names "s\/a\.vti", a file of a type that is not read/,
    ],
    [
      'two files at a time',
      pvdOf([
        [0, 's/a.vtu'],
        ['0.0', 's/b.vtu'],
      ]),
      /^r\.pvd, byte \d+: names both "s\/a\.vtu" and "s\/b\.vtu" for the time 0/,
    ],
    ['a list that is cut', pvdOf([[0, 's/a.vtu']]).slice(0, -30), /^r\.pvd, byte \d+: .*the file is cut/],
    ['nothing', pvdOf([]), /^r\.pvd: names no file/],
  ])('with %s are refused', async (_, text, message) => {
    const error = (await refused({ ...steps, 'r.pvd': text })) as Error;
    expect(error.message).toMatch(message);
    expect(error).toHaveProperty('code', expect.stringMatching(/^(FORMAT|NOT_FOUND)$/));
  });

  test('of which a part is lacking at a step are refused for windows, or have a hole', async () => {
    const entries = [0, 1, 2].flatMap((time) => [
      [time, 's/a.vtu', 'part="0"'] as const,
      ...(time === 1 ? [] : [[time, 's/b.vtu', 'part="1"'] as const]),
    ]);
    const files = { ...steps, 'r.pvd': pvdOf(entries) };
    const window = { length: 1 };
    expect(ids(await open(files, { include: 'r.pvd' }))).toHaveLength(3);
    expect(await refused(files, { time: { window } })).toMatchObject({
      message: expect.stringMatching(
        /^r\.pvd names no file of the part "1" for step 1 \(time 1\): 1 of 3/,
      ) as string,
    });
    const skipped = await open(files, { include: 'r.pvd', time: { window, missing: 'skip' } });
    expect(ids(skipped)).toEqual(['r@0', 'r@2']);
  });

  test('that name a file that is not there may have a hole', async () => {
    const text = pvdOf([
      [0, 's/a.vtu'],
      [1, 's/no.vtu'],
      [2, 's/b.vtu'],
    ]);
    const dataset = await open({ ...steps, 'r.pvd': text }, { time: { missing: 'skip' }, include: 'r.pvd' });
    expect(ids(dataset)).toEqual(['r@0', 'r@2']);
    expect(dataset.time?.gaps).toEqual([{ series: 'r', after: 0, before: 2, steps: [1] }]);
  });

  test('are refused where they are asked for and there are none', async () => {
    expect(await refused(steps, { time: { from: 'collection' } })).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('templates', () => {
  test('say which number is the step, and which captures name the series', async () => {
    const files = { ...filesOfSteps('c1/run_*_x.vtu', [5, 10]), ...filesOfSteps('c2/run_*_x.vtu', ['05']) };
    const dataset = await open(files, { samples: '{case}/run_{step:number}_x.vtu' });
    expect(seen(dataset)).toEqual([
      ['c1@5', [5]],
      ['c1@10', [10]],
      ['c2@5', [5]],
    ]);
    expect(dataset.samples[1]?.captures).toEqual({ case: 'c1', step: 10 });
  });

  test('may capture times, beside steps or alone', async () => {
    const files = { 'a_1_t0.5.vtu': smallVtu(), 'a_2_t0.25.vtu': smallVtu() };
    expect(seen(await open(files, { samples: '{run}_{step:number}_t{time:number}.vtu' }))).toEqual([
      ['a@1', [1], [0.5]],
      ['a@2', [2], [0.25]],
    ]);
    expect(seen(await open(files, { samples: '{run}_*_t{time:number}.vtu' }))).toEqual([
      ['a@0.25', [0.25], [0.25]],
      ['a@0.5', [0.5], [0.5]],
    ]);
  });

  test('without other captures name series by the paths', async () => {
    const dataset = await open(filesOfSteps('out/r_*.vtu', [1, 2]), { samples: 'out/r_{step:number}.vtu' });
    expect(ids(dataset)).toEqual(['out/r@1', 'out/r@2']);
  });

  test('of parts share those that have no step', async () => {
    const files = {
      ...filesOfSteps('c/*/in.vtu', [1, 2]),
      'c/wall.vtu': smallVtu({ pointData: { wss: 3 } }),
    };
    const samples = { volume: '{case}/{step:number}/in.vtu', wall: '{case}/wall.vtu' };
    const dataset = await open(files, { samples });
    expect(ids(dataset)).toEqual(['c@1', 'c@2']);
    expect((await dataset.get(1)).parts?.['wall']?.node['wss']?.data[0]).toBe(3);
  });

  test('whose parts are lacking are refused, or are holes', async () => {
    const files = { ...filesOfSteps('c/*/in.vtu', [1, 2, 3]), ...filesOfSteps('c/*/wall.vtu', [1, 3]) };
    const samples = { volume: '{case}/{step:number}/in.vtu', wall: '{case}/{step:number}/wall.vtu' };
    expect(await refused(files, { samples })).toMatchObject({ code: 'NOT_FOUND' });
    const dataset = await open(files, { samples, time: { missing: 'skip' } });
    expect(ids(dataset)).toEqual(['c@1', 'c@3']);
    expect(dataset.time?.gaps).toEqual([{ series: 'c', after: 1, before: 3, steps: [2] }]);
  });

  test('that match lists of files make these series by their captures', async () => {
    const files = {
      ...filesOfSteps('c/s/*.vtu', [1, 2]),
      'c/r.pvd': pvdOf([
        [0, 's/1.vtu'],
        [1, 's/2.vtu'],
      ]),
    };
    expect(ids(await open(files, { samples: '{case}/r.pvd' }))).toEqual(['c@0', 'c@1']);
  });

  test('of parts in files of all steps take the steps of each part', async () => {
    const files = {
      'c/in.vtu': steppedVtu(['p'], ['10', '20', '30']),
      'c/wall.vtu': steppedVtu(['wss'], ['10', '20', '30'], { area: 7 }),
      'c/cap.vtu': smallVtu({ pointData: { flow: 2 } }),
    };
    const samples = { volume: '{case}/in.vtu', wall: '{case}/wall.vtu', cap: '{case}/cap.vtu' };
    const dataset = await open(files, { samples, time: { window: { length: 2 } } });
    expect(ids(dataset)).toEqual(['c@10', 'c@20']);
    const { node, parts } = await dataset.get(1);
    expect([node['p']?.data[0], node['p']?.data[1]]).toEqual([20, 30]);
    expect([...(parts?.['wall']?.node['wss']?.data.slice(0, 2) ?? [])]).toEqual([20, 30]);
    expect(parts?.['wall']?.node['area']?.shape).toEqual([4]);
    expect(parts?.['cap']?.node['flow']?.shape).toEqual([4]);
    const bad = { ...files, 'c/wall.vtu': smallVtu({ pointData: { wss_10: 1, wss_30: 2 } }) };
    expect(await refused(bad, { samples })).toMatchObject({
      message: expect.stringMatching(/^c\/wall\.vtu: the field "wss" lacks the step 20 \(1 of 3/) as string,
    });
  });

  test('without a step leave it to arrays', async () => {
    const files = {
      'c1/r.vtu': steppedVtu(['p'], ['10', '20']),
      'c2/r.vtu': steppedVtu(['p'], ['10', '30']),
    };
    expect(ids(await open(files, { samples: '{case}/r.vtu' }))).toEqual(['c1@10', 'c1@20', 'c2@10', 'c2@30']);
  });
});

describe('times', () => {
  const files = {
    'a.vtu': steppedVtu(['p'], ['10', '20']),
    'a.json': '{"dt": 0.5, "text": "0.25", "bad": "x"}',
  };
  const times = async (time: VascuDatasetOptions['time']) =>
    (await open(files, { time })).samples.map((sample) => sample.times?.[0]);

  test('are steps by dt, which may be of the metadata', async () => {
    expect(await times({ dt: 0.1, t0: 2 })).toEqual([3, 4]);
    expect(await times({ dt: 'dt' })).toEqual([5, 10]);
    expect(await times({ dt: 'text' })).toEqual([2.5, 5]);
    expect(await times({ dt: (metadata) => Number(metadata['dt']) / 10 })).toEqual([0.5, 1]);
  });

  test.each(['none', 'bad'])('by %s of the metadata are refused', async (dt) => {
    expect(await refused(files, { time: { dt } })).toMatchObject({
      option: 'time.dt',
      message: expect.stringContaining('"a"') as string,
    });
  });

  test('of numbered files are not known before these are read', async () => {
    const dataset = await open(filesOfSteps('r_*.vtu', [1, 2]));
    expect(dataset.samples[0]?.times).toBeUndefined();
    expect(dataset.samples[0]).not.toHaveProperty('times');
  });
});

describe('samples', () => {
  const files = {
    ...filesOfSteps('a/r_*.vtu', [1, 2, 3]),
    ...filesOfSteps('b/r_*.vtu', [1, 2, 3]),
    'c/r_1.vtu': smallVtu(),
  };

  test('are split by series', async () => {
    const dataset = await open(files, { time: { window: { length: 2 } } });
    expect(dataset.time?.tooShort).toEqual(['c/r']);
    const { train, test: rest } = await dataset.split({ train: 0.5, test: 0.5 }, { by: 'series' });
    const series = [train, rest].map(({ samples }) => new Set(samples.map((sample) => sample.series)));
    expect(series.map(({ size }) => size)).toEqual([1, 1]);
    expect(train.length + rest.length).toBe(4);
  });

  test('are filtered step by step', async () => {
    const dataset = await open(files, {
      filterFn: (_, { steps, series }) => series !== 'a/r' && steps?.[0] === 1,
    });
    expect(ids(dataset)).toEqual(['b/r@1', 'c/r@1']);
    expect(ids(dataset.subset([1]))).toEqual(['c/r@1']);
  });

  test.each([
    [{ steps: [7] }, 'time.steps'],
    [{ steps: { from: 50 } }, 'time.steps'],
    [{ steps: () => 1 as never }, 'time.steps'],
    [{ window: { length: 9 } }, 'time.window'],
  ])('of %j are refused', async (time, option) => {
    expect(await refused(files, { time })).toMatchObject({ option });
  });

  test('are chosen by their steps', async () => {
    expect(ids(await open(files, { time: { steps: [1, 3] } }))).toEqual([
      'a/r@1',
      'a/r@3',
      'b/r@1',
      'b/r@3',
      'c/r@1',
    ]);
    const asked: unknown[] = [];
    await open(files, { time: { steps: (step, time) => asked.push([step, time]) > 0, dt: 0.5 } });
    expect(asked.slice(0, 3)).toEqual([
      [1, 0.5],
      [2, 1],
      [3, 1.5],
    ]);
  });

  test('have the sidecar of their series where their file has none', async () => {
    const sidecars = { 'a/r.json': '{"dt": 0.5}', 'a/r_2.json': '{"dt": 2}' };
    const dataset = await open({ ...files, ...sidecars }, { include: 'a/*' });
    expect(dataset.samples.map(({ metadata }) => metadata)).toEqual([{ dt: 0.5 }, { dt: 2 }, { dt: 0.5 }]);
  });

  test('are joined with tables by series or file', async () => {
    const tables = { 'byId.csv': 'id,age\na/r,50\n', 'byFile.csv': 'file_name,flow\na/r_2.vtu,7\n' };
    const dataset = await open({ ...files, ...tables }, { metadata: ['byId.csv', 'byFile.csv'] });
    const of = ({ metadata }: { readonly metadata: Metadata }) => [metadata['age'], metadata['flow']];
    expect(dataset.samples.slice(0, 3).map(of)).toEqual([
      [50, undefined],
      [50, 7],
      [50, undefined],
    ]);
  });
});

test('without time nothing is new', async () => {
  const dataset = await open({ 'a_1.vtu': smallVtu(), 'a_2.vtu': smallVtu() }, { time: false });
  expect(dataset.time).toBeUndefined();
  expect(dataset.samples.map(({ id }) => id)).toEqual(['a_1', 'a_2']);
  expect(Object.keys(dataset.samples[0] ?? {})).toEqual(['id', 'path', 'size', 'files', 'metadata']);
});
