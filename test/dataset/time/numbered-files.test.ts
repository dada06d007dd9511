import { expect, test } from 'vitest';
import { TimeSlice } from '../../../src/core/time-slice.ts';
import { groupByNumber } from '../../../src/dataset/time/numbered-files.ts';
import { fc, test as rule } from '../../property.ts';

/** Series of files by their ids: the paths by step. */
async function group(paths: readonly string[]) {
  const files = { length: paths.length, pathAt: (place: number) => paths[place] as string };
  const { groups, alone } = await groupByNumber(files, new TimeSlice());
  const series = groups.map(({ id, places, steps }) => [
    id,
    Array.from(steps, (step, at) => [step, paths[places[at] as number]]),
  ]);
  return {
    series: Object.fromEntries(series) as Record<string, [number, string][]>,
    alone: alone.map((place) => paths[place]),
    areTimes: groups.map((each) => each.areTimes),
  };
}

const stepsOf = async (paths: readonly string[]): Promise<Record<string, number[]>> =>
  Object.fromEntries(
    Object.entries((await group(paths)).series).map(([id, files]) => [id, files.map(([step]) => step)]),
  );

test('numbers are sorted as numbers, also without padding', async () => {
  const paths = ['a/result_995.vtu', 'a/result_1000.vtu', 'a/result_1005.vtu', 'a/mesh.vtu'];
  expect(await group(paths.toSorted())).toEqual({
    series: {
      'a/result': [
        [995, paths[0]],
        [1000, paths[1]],
        [1005, paths[2]],
      ],
    },
    alone: ['a/mesh.vtu'],
    areTimes: [false],
  });
});

test('a folder that is a number is a step, also where the name repeats it', async () => {
  const times = ['4.01', '4.02', '4.10'];
  const names = ['internal.vtu', 'wall.vtp', 'inlet.vtp'];
  const paths = times.flatMap((time) => names.map((name) => `case/${time}/${time}_${name}`));
  const { series, alone, areTimes } = await group(paths);
  expect(Object.keys(series)).toEqual(['case/internal', 'case/wall', 'case/inlet']);
  expect(series['case/wall']).toEqual(times.map((time) => [Number(time), `case/${time}/${time}_wall.vtp`]));
  expect({ alone, areTimes }).toEqual({ alone: [], areTimes: [true, true, true] });
  expect(await stepsOf(['c/0/u.vtu', 'c/10/u.vtu', 'c/5/u.vtu'])).toEqual({ 'c/u': [0, 5, 10] });
});

test('of several numbers the last one that differs is the step', async () => {
  const paths = [
    'run_1_100.vtu',
    'run_1_200.vtu',
    'run_2_100.vtu',
    'run_2_200.vtu',
    'b_3_p0.vtu',
    'b_4_p0.vtu',
  ];
  expect(await stepsOf(paths)).toEqual({ run_1: [100, 200], run_2: [100, 200], b_p0: [3, 4] });
});

test('cases that are numbered are no steps where their files are', async () => {
  const paths = ['1/r_1.vtu', '1/r_2.vtu', '2/r_1.vtu', '2/r_2.vtu', '3/r_1.vtu', '4/r_1.vtu'];
  expect(await stepsOf(paths)).toEqual({ '1/r': [1, 2], '2/r': [1, 2], '3/r': [1], '4/r': [1] });
});

test.each([
  [['x_t0.005.vtu', 'x_t0.010.vtu'], 'x', true],
  [['x_t1.vtu', 'x_t2.vtu'], 'x', true],
  [['x_1e-05.vtu', 'x_0.1.vtu'], 'x', true],
  [['x-step-07.vtu', 'x-step-08.vtu'], 'x-step', false],
  [['c/0010.vtu', 'c/0020.vtu'], 'c', false],
  [['x.001.vtu', 'x.002.vtu'], 'x', false],
  [['x_7.pvtu', 'x_8.pvtu'], 'x', false],
  [['00_x.vtu', '01_x.vtu'], 'x', false],
])('%j are the series %s', async (paths, id, areTimes) => {
  const found = await group(paths);
  expect(Object.keys(found.series)).toEqual([id]);
  expect(found.areTimes).toEqual([areTimes]);
});

test('files of different kinds are no series together, and single ones are none', async () => {
  const paths = ['a_1.vtp', 'a_2.vtu', 'aorta_0063.vtu', 'b.vtu'];
  expect(await group(paths)).toEqual({ series: {}, alone: paths, areTimes: [] });
});

rule(
  'every file is in one series or alone, and series come in the order of their steps',
  [fc.array(fc.stringMatching(/^(?:[ab]|\d{1,2})\/[ru](?:_\d{1,4}){0,2}\.(?:vtu|vtp)$/), { maxLength: 60 })],
  async (given) => {
    const paths = [...new Set(given)].toSorted();
    const { series, alone } = await group(paths);
    const grouped = Object.values(series).flat();
    // Ids of two series may be the same here, which dataset ids are made of later.
    expect(grouped.length + alone.length).toBeLessThanOrEqual(paths.length);
    for (const files of Object.values(series)) {
      const numbers = files.map(([step]) => step);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      for (const [step, path] of files) expect((path.match(/\d+/g) ?? []).map(Number)).toContain(step);
    }
  },
);
