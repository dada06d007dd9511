import { expect, onTestFinished, test } from 'vitest';
import { VascuDataset } from '../../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../../src/loader/data-loader.ts';
import { MemorySource } from '../../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../../temporary-folder.ts';
import { filesOfSteps, pvdOf, steppedVtu } from './stepped-files.ts';

function sourceOf(files: Readonly<Record<string, string | Uint8Array>>): MemorySource {
  const source = new MemorySource();
  for (const [path, text] of Object.entries(files))
    source.put(path, typeof text === 'string' ? new TextEncoder().encode(text) : text);
  return source;
}

const numbers = Array.from({ length: 50 }, (_, at) => at);

test.each([
  ['numbered files', filesOfSteps('run/r_*.vtu', numbers), 50, ['run/r_0.vtu']],
  ['arrays of one file', { 'a.vtu': steppedVtu(['p'], ['1', '2', '3']) }, 3, ['a.vtu']],
  [
    'a list',
    { ...filesOfSteps('r_*.vtu', numbers), 'r.pvd': pvdOf(numbers.map((at) => [at, `r_${at}.vtu`])) },
    50,
    ['r.pvd'],
  ],
])('of %s one file is looked into, and none by a second opening', async (_, files, length, looked) => {
  const source = sourceOf(files);
  const cacheDir = await makeFolder();
  for (const expected of [looked, []]) {
    source.requests.length = 0;
    await using dataset = await VascuDataset.open({ source, cacheDir, time: true });
    expect(dataset.length).toBe(length);
    expect([...new Set(source.requests.map(({ path }) => path))]).toEqual(expected);
  }
});

test('of many series whose files are called alike a few are looked into, unless these have steps in their arrays', async () => {
  const cases = Array.from({ length: 100 }, (_, at) => at);
  const plain = Object.assign({}, ...cases.map((at) => filesOfSteps(`c${at}/r_*.vtu`, [1, 2]))) as Record<
    string,
    string
  >;
  const source = sourceOf(plain);
  await using dataset = await VascuDataset.open({ source, cacheDir: await makeFolder(), time: true });
  expect(dataset.length).toBe(200);
  expect(new Set(source.requests.map(({ path }) => path)).size).toBeLessThan(50);
  const stepped = steppedVtu(['p', 'u'], ['00100', '00105', '00110']);
  const all = sourceOf(Object.fromEntries(Object.keys(plain).map((path) => [path, stepped])));
  await using other = await VascuDataset.open({ source: all, cacheDir: await makeFolder(), time: true });
  expect(other.length).toBe(600);
  expect(other.samples[0]?.series).toBe('c0/r_1');
});

test('a state of other windows is refused, also where they begin at the same steps', async () => {
  const sourceUrl = await makeFolder(filesOfSteps('r_*.vtu', [1, 2, 3, 4, 5]));
  const loaderOf = async (window: {
    readonly length: number;
    readonly every?: number;
  }): Promise<DataLoader> => {
    const dataset = await VascuDataset.open({ sourceUrl, time: { window } });
    const loader = new DataLoader(dataset, { batchSize: 1, numWorkers: 0 });
    onTestFinished(() => loader.close().then(() => dataset.close()));
    return loader;
  };
  const [three, two] = [await loaderOf({ length: 3 }), await loaderOf({ length: 2, every: 2 })];
  const state = three.stateDict();
  expect(three.length).toBe(two.length);
  (await loaderOf({ length: 3 })).loadStateDict(state);
  const refusal = await failureOf((async () => two.loadStateDict(state))());
  expect(refusal).toMatchObject({
    option: 'state',
    message: expect.stringContaining('which samples') as string,
  });
});
