import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { decodeSample } from '../../src/decode/decode.ts';
import type { DecodedSample, DecodeInput } from '../../src/decode/decode-input.ts';
import { run } from '../../src/decode/decode-work.ts';
import { readMeshFrom } from '../../src/mesh/read-mesh.ts';
import { DataStreamer } from '../../src/streamers/data-streamer.ts';
import { declared, parallelFile } from '../formats/small-xml.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const scans = vi.hoisted(() => ({ paths: [] as string[] }));
vi.mock(import('../../src/formats/vtk-xml/header.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    readHeader: (...given: Parameters<typeof original.readHeader>) => {
      scans.paths.push(given[1]);
      return original.readHeader(...given);
    },
  };
});
beforeEach(() => {
  scans.paths = [];
});

const LARGE = await resultFile(resultMesh(5000, TWELVE_FIELDS));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const PIECES: Readonly<Record<string, Uint8Array>> = {
  'all.pvtu': text(parallelFile(['one.vtu', 'two.vtu'], { pointData: declared('Float32', 'pressure') })),
  'one.vtu': LARGE,
  'two.vtu': await resultFile(resultMesh(6000, TWELVE_FIELDS)),
};

async function open(
  files: Readonly<Record<string, Uint8Array>>,
  includeAttributes = ['pressure'],
  mode: 'auto' | 'partial' = 'partial',
): Promise<VascuDataset> {
  const source = new MemorySource();
  for (const [path, content] of Object.entries(files)) source.put(path, content);
  const cacheDir = await makeFolder();
  const dataset = await VascuDataset.open({ source, cacheDir, includeAttributes, mode });
  onTestFinished(() => dataset.close());
  return dataset;
}

test.each(['partial', 'auto'] as const)('the header of a file is read once a get, mode %s', async (mode) => {
  const dataset = await open({ 'a.vtu': LARGE }, undefined, mode);
  await dataset.get(0);
  expect(scans.paths).toEqual(['a.vtu']);
});

test('what was read of a header crosses to the thread that decodes', async () => {
  const dataset = await open({ 'a.vtu': LARGE });
  const here = await dataset.get(0);
  scans.paths = [];
  const work = await dataset.work(0);
  const input = structuredClone(work.input) as DecodeInput;
  const { value } = await run(input, new AbortController().signal);
  work.release?.();
  expect((value as DecodedSample).graph.node['pressure']).toEqual(here.node['pressure']);
  expect(scans.paths).toEqual(['a.vtu']);
});

test('the headers of pieces are read once each', async () => {
  const dataset = await open(PIECES);
  await dataset.get(0);
  expect(scans.paths.toSorted()).toEqual(['all.pvtu', 'one.vtu', 'two.vtu']);
});

test('the header of a file without the array is read once', async () => {
  const dataset = await open({ 'a.vtu': LARGE }, ['flow']);
  expect(await failureOf(dataset.get(0))).toMatchObject({ code: 'NOT_FOUND' });
  expect(scans.paths).toEqual(['a.vtu']);
});

test('the header of a file of this machine without the array is read once', async () => {
  const folder = await makeFolder({ 'a.vtu': LARGE });
  const part = { name: undefined, path: 'a.vtu', file: `${folder}/a.vtu`, pieces: new Map() };
  const run = { id: 'a', index: 0, epoch: 0, seed: 0, isKept: false };
  const input = { id: 'a', path: 'a.vtu', kept: undefined, parts: [part], keep: false, run };
  const more = { sizes: new Map(), normalize: false, metadata: {}, transforms: [] };
  const failure = await failureOf(decodeSample({ ...input, ...more, attributes: ['flow'] }));
  expect(failure).toMatchObject({ code: 'NOT_FOUND' });
  expect(scans.paths).toEqual(['a.vtu']);
});

test('a mesh of a streamer is read with one look at its header', async () => {
  const source = new MemorySource();
  source.put('a.vtu', LARGE);
  await using streamer = new DataStreamer(source, { cacheDir: await makeFolder() });
  await readMeshFrom(streamer, 'a.vtu', { attributes: ['pressure'], mode: 'partial' });
  expect(scans.paths).toEqual(['a.vtu']);
});
