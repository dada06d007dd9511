import { expect, onTestFinished, test } from 'vitest';
import type { LeftOutArray, MeshArray, Tensor } from '../../src/core/mesh.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { writeVtkXml } from '../../src/formats/vtk-xml/writer.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { readMeshHeaderFrom } from '../../src/mesh/mesh-header.ts';
import { readMesh, readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { declared, gridFile, gridPiece, parallelFile, textArray } from '../formats/small-xml.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';

const p = textArray('Float64', 'p', [1, 2, 3, 4]);
const q = textArray('Float64', 'q', [5, 6, 7, 8]);
const names = textArray('String', 'NAME', ['a', 'b', 'c', 'd']);
const withNames = gridFile([
  gridPiece({ pointData: p + names, cellData: textArray('String', 'REGION', ['x']) }),
]);
const STRINGS: Files = { 'a.vtu': withNames, 'b.vtu': withNames, 'c.vtu': withNames };
const PIECES: Files = {
  'one.pvtu': parallelFile(['x.vtu', 'y.vtu'], {
    pointData: declared('Float64', 'q') + declared('Float64', 'p'),
  }),
  'x.vtu': gridFile([gridPiece({ pointData: p + q })]),
  'y.vtu': gridFile([gridPiece({ pointData: p })]),
};
const swapped: Files = {
  ...PIECES,
  'one.pvtu': String(PIECES['one.pvtu']).replace(/(<Piece.*x.*>)(<Piece.*y.*\/>)/, '$2$1'),
};
const LACKING: LeftOutArray = { name: 'q', on: 'node', reason: 'piece', what: 'y.vtu' };

/** Warnings from now on to the end of the test. */
function collectWarnings(): string[] {
  const warnings: string[] = [];
  const listen = ({ name, message }: Error): void => {
    if (name === 'VascuSimWarning') warnings.push(message);
  };
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  return warnings;
}

/** Lets warnings come, which are told of at the next turn. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

async function open(files: Files, options: Partial<VascuDatasetOptions> = {}): Promise<VascuDataset> {
  const dataset = await VascuDataset.open({ sourceUrl: await makeFolder(files), ...options });
  onTestFinished(() => dataset.close());
  return dataset;
}

test.each([0, 2])(
  'strings are in no graph, and that is said once a dataset: %i workers',
  async (numWorkers) => {
    const dataset = await open(STRINGS);
    const warnings = collectWarnings();
    await using loader = new DataLoader(dataset, { batchSize: 1, numWorkers });
    for (const epoch of [0, 1]) {
      loader.setEpoch(epoch);
      for await (const batch of loader)
        expect([Object.keys(batch.node), Object.keys(batch.cell)]).toEqual([['p'], []]);
    }
    await turn();
    expect(warnings).toEqual([
      expect.stringMatching(/^[abc]\.vtu: left out "NAME", "REGION" \(strings; a graph holds numbers\)\.$/),
    ]);
    expect(dataset.leftOutArrays).toEqual([
      { name: 'NAME', on: 'node', reason: 'strings' },
      { name: 'REGION', on: 'cell', reason: 'strings' },
    ]);
  },
);

test('arrays that were not asked for are not told of', async () => {
  const dataset = await open(STRINGS, { includeAttributes: ['p'] });
  await dataset.get(0);
  expect(dataset.leftOutArrays).toEqual([]);
});

test.each([0, 1])(
  'includeAttributes that names strings is an error that says why: %i workers',
  async (numWorkers) => {
    const dataset = await open(STRINGS, { includeAttributes: ['p', 'NAME'] });
    await using loader = new DataLoader(dataset, { batchSize: 1, numWorkers });
    expect(await failureOf(loader[Symbol.asyncIterator]().next())).toMatchObject({
      code: 'CONFIG',
      option: 'includeAttributes',
      message: expect.stringMatching(
        /"NAME" of a\.vtu holds strings, and a graph holds numbers only/,
      ) as string,
    });
  },
);

test.each([
  ['q first', PIECES],
  ['p first', swapped],
])('an array that a piece lacks is left out of the graph: %s', async (_, files) => {
  const warnings = collectWarnings();
  const dataset = await open(files);
  expect(Object.keys((await dataset.get(0)).node)).toEqual(['p']);
  await turn();
  expect(warnings).toEqual(['one.pvtu: left out "q" (not in the piece y.vtu).']);
  expect(dataset.leftOutArrays).toEqual([LACKING]);
  const asking = await open(files, { includeAttributes: ['q'] });
  expect(await failureOf(asking.get(0))).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringMatching(/one\.pvtu.*"q".*y\.vtu/) as string,
  });
});

test('includeAttributes that names an undeclared array says which piece has it', async () => {
  const dataset = await open(
    { ...PIECES, 'one.pvtu': parallelFile(['x.vtu', 'y.vtu'], { pointData: declared('Float64', 'p') }) },
    { includeAttributes: ['q'] },
  );
  await expect(dataset.get(0)).rejects.toThrow(/"q".*in the piece x\.vtu, but not declared/);
});

test('readMesh warns once a file, or tells whom it is asked to', async () => {
  const warnings = collectWarnings();
  const path = `${await makeFolder(PIECES)}/one.pvtu`;
  await readMesh(path);
  await readMesh(path);
  const told: LeftOutArray[] = [];
  await readMesh(path, { onLeftOut: (array) => void told.push(array) });
  await turn();
  expect(warnings).toEqual([expect.stringContaining('one.pvtu: left out "q" (not in the piece y.vtu).')]);
  expect(told).toEqual([LACKING]);
});

test('readMesh says nothing of strings, which it gives', async () => {
  const warnings = collectWarnings();
  const mesh = await readMesh(`${await makeFolder(STRINGS)}/a.vtu`);
  await turn();
  expect([mesh.pointData.get('NAME'), mesh.cellData.get('REGION')]).toEqual([['a', 'b', 'c', 'd'], ['x']]);
  expect(warnings).toEqual([]);
});

test('a header that is read with those of its pieces lists what there is, and what is left out', async () => {
  await using streamer = new LocalStreamer({
    sourceUrl: await makeFolder({ ...PIECES, 'n.vtu': withNames }),
  });
  const { arrays, leftOut, pointArrays } = await readMeshHeaderFrom(streamer, 'one.pvtu', { measure: true });
  expect(arrays).toMatchObject([{ name: 'p', type: 'Float64', measure: { count: 8, min: 1, max: 4 } }]);
  expect([leftOut, pointArrays]).toEqual([[LACKING], ['p']]);
  const header = await readMeshHeaderFrom(streamer, 'n.vtu', { measure: true });
  expect(header.arrays.map(({ name, type }) => [name, type])).toEqual([
    ['p', 'Float64'],
    ['NAME', 'String'],
    ['REGION', 'String'],
  ]);
});

test('of a file on another machine the strings that are named are fetched, not all of it', async () => {
  const base = resultMesh(20_000, TWELVE_FIELDS);
  const strings = Array.from({ length: 20_000 }, (_, index) => `point ${index}`);
  const parts: Uint8Array[] = [];
  for await (const part of writeVtkXml({
    ...base,
    pointData: new Map<string, MeshArray>([...base.pointData, ['NAME', strings]]),
  }))
    parts.push(part);
  const content = Buffer.concat(parts);
  const source = new MemorySource();
  source.put('case.vtu', content);
  await using streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
  const mesh = await readMeshFrom(streamer, 'case.vtu', { attributes: ['NAME'], mode: 'partial' });
  expect([...mesh.pointData]).toEqual([['NAME', strings]]);
  expect(source.bytes).toBeLessThan(0.6 * content.byteLength);
});

test('of pieces on another machine one that lacks the array is named', async () => {
  const source = new MemorySource();
  for (const [path, content] of Object.entries(PIECES)) source.put(path, Buffer.from(content));
  await using streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
  const told: LeftOutArray[] = [];
  const options = { mode: 'partial', onLeftOut: (array: LeftOutArray) => void told.push(array) } as const;
  expect([...(await readMeshFrom(streamer, 'one.pvtu', options)).pointData.keys()]).toEqual(['p']);
  const { data } = (
    await readMeshFrom(streamer, 'one.pvtu', { ...options, attributes: ['p'] })
  ).pointData.get('p') as Tensor;
  expect([told, data.length]).toEqual([[LACKING], 8]);
  expect(
    await failureOf(readMeshFrom(streamer, 'one.pvtu', { ...options, attributes: ['q'] })),
  ).toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('y.vtu') as string,
  });
});
