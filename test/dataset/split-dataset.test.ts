import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';
import { smallVtu } from './small-mesh.ts';

/** Ten cases of one to three steps each, every third of them ill. */
const CASES: Files = Object.fromEntries(
  Array.from({ length: 10 }, (_, at) => at).flatMap((at) =>
    Array.from({ length: 1 + (at % 3) }, (_, step) => [
      [`case_${at}/step_${step}.vtu`, smallVtu()],
      [`case_${at}/step_${step}.json`, JSON.stringify({ case: `case_${at}`, ill: at % 3 === 0 })],
    ]).flat(),
  ),
);

async function open(files: Files = CASES, more: object = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files), ...more });
  onTestFinished(() => dataset.close());
  return dataset;
}

const idsOf = ({ samples }: VascuDataset): readonly string[] => samples.map(({ id }) => id);
const caseOf = (id: string): string => id.slice(0, id.indexOf('/'));

describe('fractions', () => {
  test('split the samples, in the order of the dataset', async () => {
    const dataset = await open();
    const { train, test: rest } = await dataset.split({ train: 0.5, test: 0.5 });
    expect(train.length + rest.length).toBe(dataset.length);
    expect([...idsOf(train), ...idsOf(rest)].toSorted()).toEqual(idsOf(dataset).toSorted());
    expect(idsOf(train)).toEqual(idsOf(train).toSorted());
  });

  test.each([
    ['the name of an entry of the metadata', 'case'],
    ['a function', ({ path }: { path: string }) => caseOf(path)],
  ])('keep together what has one value by %s', async (_, by) => {
    const dataset = await open();
    const parts = await dataset.split({ train: 0.6, val: 0.2, test: 0.2 }, { by });
    const owner = new Map<string, string>();
    for (const [name, part] of Object.entries(parts)) {
      for (const id of idsOf(part)) {
        expect(owner.get(caseOf(id)) ?? name).toBe(name);
        owner.set(caseOf(id), name);
      }
    }
    expect(owner.size).toBe(10);
  });

  test('are the same from a folder, over HTTP and of any listing', async () => {
    const server = await FaultServer.start(
      Object.fromEntries(
        Object.entries(CASES).map(([path, text]) => [path, new TextEncoder().encode(String(text))]),
      ),
      { index: 'size' },
    );
    onTestFinished(() => server.close());
    const source = new MemorySource();
    for (const [path, text] of Object.entries(CASES).reverse())
      source.put(path, new TextEncoder().encode(String(text)));
    const options = { by: 'case', seed: 5, stratify: 'ill' };
    const splits = { train: 0.7, test: 0.3 };
    const wanted = idsOf((await (await open()).split(splits, options)).test);
    for (const more of [{ sourceUrl: `${server.url}/` }, { source }]) {
      await using dataset = await VascuDataset.open({ ...more, cacheDir: await makeFolder() });
      expect(idsOf((await dataset.split(splits, options)).test)).toEqual(wanted);
    }
    const dataset = await open();
    const turned = dataset.subset([...dataset.samples.keys()].reverse());
    expect(idsOf((await turned.split(splits, options)).test).toSorted()).toEqual([...wanted].toSorted());
  });

  test('may leave samples out', async () => {
    const dataset = await open();
    const { train } = await dataset.split({ train: 0.5 });
    expect(train.length).toBe(Math.round(dataset.length / 2));
  });

  test.each([
    [{ by: 'patient' }, 'by', /No sample has "patient".*"case", "ill"/],
    [{ stratify: 'age' }, 'stratify', /No sample has "age"/],
    [{ by: () => undefined as never }, 'by', /The function of by gave undefined/],
    [{ seed: 0.5 }, 'seed', /safe integer/],
    [{ groups: 'case' } as never, 'groups', /no option "groups"/],
  ])('with %j are refused', async (options, option, message) => {
    const failure = await failureOf((await open()).split({ train: 0.5, test: 0.5 }, options));
    expect(failure).toMatchObject({ code: 'CONFIG', option });
    expect(String(failure)).toMatch(message);
  });

  test('by what only some samples have name those that do not', async () => {
    const dataset = await open({ 'a.vtu': smallVtu(), 'a.json': '{"case": 1}', 'b.vtu': smallVtu() });
    expect(String(await failureOf(dataset.split({ train: 0.5, test: 0.5 }, { by: 'case' })))).toMatch(
      /1 of 2 samples do not have "case" \("b"\)/,
    );
  });

  test('of more splits than groups are refused', async () => {
    const dataset = await open({ 'a.vtu': smallVtu(), 'b.vtu': smallVtu() });
    expect(String(await failureOf(dataset.split({ a: 0.4, b: 0.3, c: 0.3 })))).toMatch(
      /2 groups cannot make 3 splits/,
    );
  });
});

describe('lists', () => {
  const LISTS = {
    'train.txt': '\uFEFFcase_0/step_0\r\ncase_1/step_0.vtu\r\n\r\n  case_1/step_1  \n',
    'test.json': '["case_4/step_0.vtu"]',
    'manifest.json': '{"full_train": ["case_0", "case_2"], "full_test": ["case_5/step_1"]}',
  };

  test('name samples by id, by path, and by the folder that they lie in', async () => {
    const dataset = await open({ ...CASES, ...LISTS });
    const { train, test: rest } = await dataset.split({ train: 'train.txt', test: 'test.json' });
    expect(idsOf(train)).toEqual(['case_0/step_0', 'case_1/step_0', 'case_1/step_1']);
    expect(idsOf(rest)).toEqual(['case_4/step_0']);
    const published = await dataset.split({
      train: { file: 'manifest.json', key: 'full_train' },
      test: { file: 'manifest.json', key: 'full_test' },
    });
    expect(idsOf(published.train)).toEqual([
      'case_0/step_0',
      'case_2/step_0',
      'case_2/step_1',
      'case_2/step_2',
    ]);
    expect(idsOf(published.test)).toEqual(['case_5/step_1']);
  });

  test('name the sample itself where a folder is called as it is', async () => {
    const dataset = await open({ 'a.vtu': smallVtu(), 'a/b.vtu': smallVtu(), 'list.txt': 'a\n' });
    expect(idsOf((await dataset.split({ train: 'list.txt' })).train)).toEqual(['a']);
  });

  test('lie in the folder of the samples, at the root of the source, or on this machine', async () => {
    const inside = Object.fromEntries(Object.entries(CASES).map(([path, text]) => [`sims/${path}`, text]));
    const files = { ...inside, 'sims/a.txt': 'case_0/step_0', 'root.txt': 'sims/case_3/step_0.vtu' };
    const dataset = await open(files, { sourceDir: 'sims' });
    const local = join(await makeFolder({ 'own.txt': 'case_6/step_0\n' }), 'own.txt');
    const url = pathToFileURL(local).href;
    const { a, root, own, ofUrl } = await dataset.split({
      a: 'a.txt',
      root: 'root.txt',
      own: local,
      ofUrl: url,
    });
    expect([a, root, own, ofUrl].map(idsOf)).toEqual([
      ['sims/case_0/step_0'],
      ['sims/case_3/step_0'],
      ['sims/case_6/step_0'],
      ['sims/case_6/step_0'],
    ]);
  });

  test('pass over what a filter has left out', async () => {
    const filterFn = ({ ill }: Readonly<Record<string, unknown>>): boolean => ill !== true;
    const dataset = await open({ ...CASES, ...LISTS }, { filterFn });
    const { train } = await dataset.split({ train: 'train.txt' });
    expect(idsOf(train)).toEqual(['case_1/step_0', 'case_1/step_1']);
  });

  test('with ids that no sample has are errors that name them, or pass over them', async () => {
    const dataset = await open({ ...CASES, 'train.txt': 'case_0/step_0\ncase_77\ncase_78\n' });
    const failure = await failureOf(dataset.split({ train: 'train.txt' }));
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'split' });
    expect(String(failure)).toMatch(
      /train\.txt names 2 of 3 samples that are not there: "case_77", "case_78"; .*"case_0\/step_0"/,
    );
    const { train } = await dataset.split({ train: 'train.txt' }, { missing: 'skip' });
    expect(idsOf(train)).toEqual(['case_0/step_0']);
  });

  test.each([
    [{ train: 'nowhere.txt' }, 'NOT_FOUND', /"nowhere\.txt" is neither in .* nor on this machine/],
    [{ train: '/no/where.txt' }, 'NOT_FOUND', /"\/no\/where\.txt" is not on this machine/],
    [{ train: 'file://host/train.txt' }, 'CONFIG', /is no file of this machine/],
    [{ train: { file: 'train.txt', keys: 'full' } }, 'CONFIG', /no option "keys"/],
    [{ train: 'manifest.json' }, 'CONFIG', /several lists, "full_train", "full_test"/],
    [{ train: { file: 'manifest.json', key: 'full' } }, 'CONFIG', /no key "full": it has "full_train"/],
    [{ train: { file: 'train.txt', key: 'full' } }, 'CONFIG', /no keys/],
    [{ train: { file: 'test.json', key: 'full' } }, 'CONFIG', /no key "full": it is no object/],
    [{ train: 'train.txt', test: 0.5 }, 'CONFIG', /fractions or lists/],
    [{ train: 'empty.txt' }, 'CONFIG', /names no sample/],
    [{ train: 'numbers.json' }, 'FORMAT', /list of ids or paths/],
  ])('%j is refused', async (splits, code, message) => {
    const dataset = await open({ ...CASES, ...LISTS, 'empty.txt': '\n', 'numbers.json': '[[1]]' });
    const failure = await failureOf(dataset.split(splits as never));
    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(message);
  });

  test('do not go with by', async () => {
    const dataset = await open({ ...CASES, ...LISTS });
    const failure = await failureOf(dataset.split({ train: 'train.txt' }, { by: 'case' }));
    expect(failure).toMatchObject({ code: 'CONFIG', option: 'by' });
  });

  test('are asked for once, however many splits they hold', async () => {
    const source = new MemorySource();
    for (const [path, text] of Object.entries({ ...CASES, ...LISTS }))
      source.put(path, new TextEncoder().encode(String(text)));
    await using dataset = await VascuDataset.open({ source, cacheDir: await makeFolder() });
    await dataset.split({
      train: { file: 'manifest.json', key: 'full_train' },
      test: { file: 'manifest.json', key: 'full_test' },
    });
    expect(source.requests.filter(({ path }) => path === 'manifest.json')).toHaveLength(1);
  });
});
