import { describe, expect, test } from 'vitest';
import { VascuDataset, type VascuDatasetOptions } from '../../../src/data.ts';
import { FaultServer } from '../../servers/fault-server.ts';
import { type Files, failureOf, makeFolder } from '../../temporary-folder.ts';
import { smallVtu } from '../small-mesh.ts';

const MESH = smallVtu();
const FILES: Files = {
  '1/wall.vtu': MESH,
  '1/volume.vtu': MESH,
  '2/wall.vtu': MESH,
  '2/volume.vtu': MESH,
  '1/volume.json': '{"no": 1}',
  '2/volume.json': '{"no": 2}',
  '1/wall.json': '{"stiff": 1}',
  '1/own.csv': 'a,b,c\n1,2,3\n',
  '2/own.csv': 'a,b,c\n4,5,6\n',
  'cases.csv': 'case,age\n1,47\n2,61\n',
  'others.json': '{"1": {"sex": "f"}}',
  'unasked.csv': 'case,age\n1,47\n',
};
const OPTIONS: VascuDatasetOptions = {
  samples: { volume: '{case}/volume.vtu', wall: '{case}/wall.vtu' },
  metadata: [
    { file: 'cases.csv', key: 'case' },
    { file: 'others.json', key: 'case' },
    { file: 'cases.csv', key: 'no', column: 'case' },
    '{case}/own.csv',
  ],
};

/** Bodies that a server sent since it was last asked. */
function bodiesOf(server: FaultServer): string[] {
  const { requests } = server;
  const bodies = requests
    .filter(({ method, headers }) => method === 'GET' && headers['if-none-match'] === undefined)
    .map(({ path }) => path);
  requests.length = 0;
  return bodies.toSorted();
}

test.each(['size', 'sha256'] as const)(
  'a server is asked for its list, each table and each sidecar once, and for none that has not changed again (%s)',
  async (index) => {
    await using server = await FaultServer.start(FILES, { index });
    const cacheDir = await makeFolder();
    const open = async (): Promise<unknown> => {
      await using dataset = await VascuDataset.open({ ...OPTIONS, sourceUrl: server.url, cacheDir });
      return dataset.samples.map(({ metadata }) => metadata);
    };
    const expected = [
      { case: 1, no: 1, wall: { stiff: 1 }, age: 47, sex: 'f', a: 1, b: 2, c: 3 },
      { case: 2, no: 2, age: 61, a: 4, b: 5, c: 6 },
    ];
    expect(await open()).toEqual(expected);
    const wanted = Object.keys(FILES).filter((path) => !path.endsWith('.vtu') && path !== 'unasked.csv');
    expect(bodiesOf(server)).toEqual(['files.jsonl', ...wanted].toSorted());
    expect(await open()).toEqual(expected);
    const again = bodiesOf(server).filter((path) => path !== 'files.jsonl');
    expect(again).toEqual([]);
    server.put('cases.csv', 'case,age\n1,148\n2,61\n');
    expect(await open()).toEqual([{ ...expected[0], age: 148 }, expected[1]]);
    expect(bodiesOf(server).filter((path) => path !== 'files.jsonl')).toEqual(['cases.csv']);
  },
);

test('a server is asked for no sidecar where these are not wanted', async () => {
  await using server = await FaultServer.start(FILES, { index: 'sha256' });
  const more = {
    sourceUrl: server.url,
    cacheDir: await makeFolder(),
    sidecars: false,
    metadata: 'others.json',
  };
  await using dataset = await VascuDataset.open({ ...OPTIONS, ...more });
  expect(dataset.samples[0]?.metadata).toEqual({ case: '1', sex: 'f' });
  expect(bodiesOf(server)).toEqual(['files.jsonl', 'others.json']);
});

test('a sample without a file of its own costs a server nothing', async () => {
  const { '2/own.csv': _, ...files } = FILES;
  await using server = await FaultServer.start(files, { index: 'sha256' });
  const more = { sourceUrl: server.url, cacheDir: await makeFolder(), sidecars: false };
  await using dataset = await VascuDataset.open({ ...OPTIONS, ...more, metadata: '{case}/own.csv' });
  expect(dataset.samples[1]?.metadata).toEqual({ case: '2' });
  expect(server.requests.map(({ path }) => path)).toEqual(['files.jsonl', '1/own.csv']);
});

test('a table of this machine costs a server nothing', async () => {
  await using server = await FaultServer.start(FILES, { index: 'sha256' });
  const own = await makeFolder({ 't.csv': 'case,age\n1,47\n' });
  const more = { sourceUrl: server.url, cacheDir: await makeFolder(), sidecars: false };
  const metadata = { file: `${own}/t.csv`, key: 'case' };
  await using dataset = await VascuDataset.open({ ...OPTIONS, ...more, metadata });
  expect(dataset.samples[0]?.metadata).toEqual({ case: 1, age: 47 });
  expect(server.requests.map(({ path }) => path)).toEqual(['files.jsonl']);
});

describe('a failure ends what is under way', () => {
  test.each([
    ['cases.csv', 404, 'NOT_FOUND'],
    ['1/own.csv', 403, 'AUTH'],
  ])('%s answered with %i', async (path, status, code) => {
    await using server = await FaultServer.start(FILES, { index: 'sha256' });
    server.always(path, { kind: 'status', status });
    const options = { ...OPTIONS, sourceUrl: server.url, cacheDir: await makeFolder(), tries: 1 };
    expect(await failureOf(VascuDataset.open(options))).toMatchObject({ code });
  });

  test('an abort while a table comes', async () => {
    await using server = await FaultServer.start(FILES, { index: 'sha256' });
    const controller = new AbortController();
    server.always('cases.csv', { kind: 'stall', afterBytes: 3 });
    const { signal } = controller;
    const options = { ...OPTIONS, sourceUrl: server.url, cacheDir: await makeFolder(), signal };
    const opening = failureOf(VascuDataset.open(options));
    await expect.poll(() => server.requestsOf('cases.csv').length).toBe(1);
    controller.abort(new Error('enough'));
    expect(await opening).toBe(signal.reason);
  });
});
