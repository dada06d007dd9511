import { describe, expect, onTestFinished, test } from 'vitest';
import type { MeshArray, Tensor } from '../../src/core/mesh.ts';
import { StreamingVascuDataset } from '../../src/dataset/streaming-vascu-dataset.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { DataLoader } from '../../src/loader/data-loader.ts';
import { declared, parallelFile } from '../formats/small-xml.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { resultFile, resultMesh, TWELVE_FIELDS } from '../streamers/result-file.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';

const FEW_BYTES = 128 * 1024;
const mesh = resultMesh(20_000, TWELVE_FIELDS);
const label: MeshArray = Array.from({ length: 20_000 }, (_, at) => `p${at % 3}`);
const pointData = new Map<string, MeshArray>([...(mesh.pointData as Map<string, Tensor>), ['label', label]]);
const LARGE = await resultFile({ ...mesh, pointData });
const POINT_ARRAYS =
  '"density", "pressure", "viscosity", "wss", "osi", "residence", "temperature", "velocity", "vorticity"';
const MISSING = `The sample a.vtu has no array "flow", which includeAttributes asks for. Its point arrays are: ${POINT_ARRAYS}; its cell arrays: "partition", "quality", "region".`;

async function sourceOf(files: Readonly<Record<string, Uint8Array | string>>): Promise<MemorySource> {
  const source = new MemorySource();
  for (const [path, content] of Object.entries(files))
    source.put(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  return source;
}

async function open(
  source: MemorySource,
  includeAttributes: readonly string[],
  kind: typeof VascuDataset | typeof StreamingVascuDataset = VascuDataset,
): Promise<VascuDataset> {
  const cacheDir = await makeFolder();
  const dataset = await kind.open({ source, cacheDir, includeAttributes, mode: 'partial' });
  onTestFinished(() => dataset.close());
  return dataset;
}

describe('an array that no file has', () => {
  test.each([VascuDataset, StreamingVascuDataset])(
    'is refused by %o before its mesh is fetched, with all arrays that there are',
    async (kind) => {
      const source = await sourceOf({ 'a.vtu': LARGE });
      const dataset = await open(source, ['pressure', 'flow'], kind);
      expect(String(await failureOf(dataset.get(0)))).toBe(`NotFoundError: ${MISSING}`);
      expect(source.bytes).toBeLessThanOrEqual(FEW_BYTES);
    },
  );

  test('is said of in the same words when the file is on this machine', async () => {
    const sourceUrl = await makeFolder({ 'a.vtu': LARGE });
    await using dataset = await VascuDataset.open({ sourceUrl, includeAttributes: ['flow'] });
    expect(String(await failureOf(dataset.get(0)))).toBe(`NotFoundError: ${MISSING}`);
  });

  test('is refused with workers, too', async () => {
    const source = await sourceOf({ 'a.vtu': LARGE, 'b.vtu': LARGE });
    const dataset = await open(source, ['flow'], StreamingVascuDataset);
    await using loader = new DataLoader(dataset, { numWorkers: 1 });
    const error = await failureOf(loader[Symbol.asyncIterator]().next());
    expect(String(error)).toContain(MISSING);
    expect(source.bytes).toBeLessThanOrEqual(2 * FEW_BYTES);
  });

  test('is refused where strings are asked for', async () => {
    const source = await sourceOf({ 'a.vtu': LARGE });
    const dataset = await open(source, ['label']);
    expect(await failureOf(dataset.get(0))).toMatchObject({
      code: 'CONFIG',
      option: 'includeAttributes',
      message: expect.stringContaining('The array "label" of a.vtu holds strings') as string,
    });
    expect(source.bytes).toBeLessThanOrEqual(FEW_BYTES);
  });

  test('does not keep another file from being its mesh', async () => {
    const fewer = await resultFile({ ...mesh, pointData: new Map([...pointData].slice(1)) });
    const source = await sourceOf({ 'a.vtu': fewer, 'b.vtu': LARGE });
    const cacheDir = await makeFolder();
    const options = { includeAttributes: ['density'], mode: 'partial', sharedMesh: true } as const;
    await using dataset = await VascuDataset.open({ source, cacheDir, ...options });
    await dataset.get(1);
    expect(dataset.stats().partial.sharedBytes).toBeGreaterThan(0);
  });
});

describe('an array that a file does not declare for its pieces', () => {
  const pvtu = (...names: readonly string[]): string =>
    parallelFile(['one.vtu', 'two.vtu'], {
      pointData: names.map((name) => declared('Float32', name)).join(''),
    });

  test('is refused before the pieces are fetched', async () => {
    const files = { 'all.pvtu': pvtu('pressure'), 'one.vtu': LARGE, 'two.vtu': LARGE };
    const source = await sourceOf(files);
    const dataset = await open(source, ['flow']);
    expect(String(await failureOf(dataset.get(0)))).toBe(
      'NotFoundError: The sample all.pvtu has no array "flow", which includeAttributes asks for. Its point arrays are: "pressure"; its cell arrays: none.',
    );
    expect(source.bytes).toBeLessThanOrEqual(2 * FEW_BYTES);
  });

  test.each([VascuDataset, StreamingVascuDataset])(
    'is said by %o to be in the pieces, where it is',
    async (kind) => {
      const files = { 'all.pvtu': pvtu('pressure'), 'one.vtu': LARGE, 'two.vtu': LARGE };
      const remote = await open(await sourceOf(files), ['wss'], kind);
      await using local = await VascuDataset.open({
        sourceUrl: await makeFolder(files),
        includeAttributes: ['wss'],
      });
      const error = String(await failureOf(remote.get(0)));
      expect(error).toMatch(/Left out: "wss" \(in the piece one.vtu, but not declared\)/);
      expect(error).toBe(String(await failureOf(local.get(0))));
    },
  );
});
