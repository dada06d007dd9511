import { describe, expect, onTestFinished, test } from 'vitest';
import type { Sample } from '../../src/core/dataset.ts';
import { isVascuError } from '../../src/core/errors.ts';
import type { VascuDatasetOptions } from '../../src/dataset/dataset-parts.ts';
import type { SamplesOption } from '../../src/dataset/sample-templates.ts';
import { VascuDataset } from '../../src/dataset/vascu-dataset.ts';
import { FaultServer } from '../servers/fault-server.ts';
import { MemorySource } from '../streamers/memory-source.ts';
import { failureOf, makeFolder } from '../temporary-folder.ts';
import { smallPvtu, smallVtu } from './small-mesh.ts';

const MESH = smallVtu();
const CASES = {
  LICENSE: 'as you like',
  'in/a/m=0.10/v.vtu': MESH,
  'in/a/m=0.10/v.json': '{"age": 7}',
  'in/a/m=0.10/w.vtp': MESH,
  'in/a/m=2/v.vtu': MESH,
  'in/a/m=2/w.vtp': MESH,
  'in/b/m=2/v.vtu': MESH,
  'in/b/m=2/w.vtp': MESH,
};
const PARTS = { volume: '{case}/m={flow:number}/v.vtu', wall: '{case}/m={flow}/w.vtp' };

async function open(options: Partial<VascuDatasetOptions>, files = {}): Promise<VascuDataset> {
  return VascuDataset.open({ sourceUrl: await makeFolder({ ...CASES, ...files }), ...options });
}

async function messageOf(options: Partial<VascuDatasetOptions>, files = {}): Promise<string> {
  const error = await failureOf(open(options, files));
  if (!isVascuError(error)) throw error;
  return `${error.code} ${error.message}`;
}

describe('include and exclude', () => {
  test('choose what may be a sample, by the path from sourceDir on', async () => {
    await using dataset = await open({ sourceDir: 'in', include: ['a/**/*.vtu', '*.vtp'], exclude: 'b/**' });
    expect(dataset.samples.map(({ path }) => path)).toEqual([
      'in/a/m=0.10/v.vtu',
      'in/a/m=0.10/w.vtp',
      'in/a/m=2/v.vtu',
      'in/a/m=2/w.vtp',
    ]);
  });

  test('take neither sidecars, nor tables, nor pieces away', async () => {
    const files = {
      'metadata.csv': 'file_name,sex\nin/a/m=0.10/v.vtu,f\n',
      'p/whole.pvtu': smallPvtu(['../q/piece.vtu']),
      'q/piece.vtu': MESH,
      'q/other.vtu': MESH,
    };
    await using dataset = await open(
      { include: ['in/a/m=0.10/v.vtu', '*.pvtu'], exclude: ['q/**', '*.json'] },
      files,
    );
    expect(dataset.samples.map(({ metadata, files }) => [metadata, files.map(({ path }) => path)])).toEqual([
      [{ age: 7, sex: 'f' }, ['in/a/m=0.10/v.vtu']],
      [{}, ['p/whole.pvtu', 'q/piece.vtu']],
    ]);
  });

  test('leave a collection that they exclude unopened: its pieces are samples', async () => {
    const files = { 'p/whole.pvtu': smallPvtu(['piece.vtu']), 'p/piece.vtu': MESH };
    await using dataset = await open({ include: 'p/*', exclude: '*.pvtu' }, files);
    expect(dataset.samples.map(({ path }) => path)).toEqual(['p/piece.vtu']);
  });

  test('that leave nothing are an error that shows what there is', async () => {
    expect(await messageOf({ include: '*.vtk', exclude: 'x/**' })).toMatch(
      /^NOT_FOUND No mesh file in file:.* is left by include "\*\.vtk", exclude "x\/\*\*": there are "in\/a\/m=0\.10\/v\.vtu", .*, .*\. /,
    );
  });

  test.each([
    ['include', 7, /, not 7\./],
    ['include', ['a', ''], /, not one with ""\./],
    ['include', [], /, not an empty list\./],
    ['exclude', '[z-a]', /\[z-a\]/],
  ])('%s must be patterns, not %j', async (option, value, message) => {
    const error = await failureOf(open({ [option]: value }));
    expect(error).toMatchObject({ code: 'CONFIG', option, message: expect.stringMatching(message) });
  });
});

describe('a template', () => {
  test('gives samples ids, captures and metadata, under the sidecar', async () => {
    await using dataset = await open(
      { sourceDir: 'in', samples: '{case}/m={flow:number}/v.vtu' },
      { 'in/b/m=2/v.json': '{"flow": "much"}' },
    );
    expect(
      dataset.samples.map(({ id, metadata, captures, parts }) => ({ id, metadata, captures, parts })),
    ).toEqual([
      {
        id: 'a/0.10',
        metadata: { case: 'a', flow: 0.1, age: 7 },
        captures: { case: 'a', flow: 0.1 },
        parts: undefined,
      },
      { id: 'a/2', metadata: { case: 'a', flow: 2 }, captures: { case: 'a', flow: 2 }, parts: undefined },
      {
        id: 'b/2',
        metadata: { case: 'b', flow: 'much' },
        captures: { case: 'b', flow: 2 },
        parts: undefined,
      },
    ]);
    expect(dataset.idOf(2)).toBe('b/2');
    expect(await dataset.get(0)).toMatchObject({ id: 'a/0.10', metadata: { flow: 0.1, age: 7 } });
  });

  test('without captures gives the ids of paths', async () => {
    await using dataset = await open({ samples: 'in/a/*/?.*' });
    expect(dataset.samples.map(({ id }) => id)).toEqual([
      'in/a/m=0.10/v',
      'in/a/m=0.10/w',
      'in/a/m=2/v',
      'in/a/m=2/w',
    ]);
  });

  test('looks into no collection but those that it takes', async () => {
    const files = { 'p/bad.pvtu': 'no XML', 'p/a.pvtu': smallPvtu(['b.vtu']), 'p/b.vtu': MESH };
    await using dataset = await open({ samples: 'p/{name}.*vtu', exclude: '*bad*' }, files);
    expect(dataset.samples.map(({ id, files }) => [id, files.length])).toEqual([['a', 2]]);
  });

  test('that matches nothing shows the nearest paths', async () => {
    expect(await messageOf({ samples: 'in/{case}/m={flow:number}/vol.vtu' })).toMatch(
      /^NOT_FOUND The template "in\/\{case\}\/m=\{flow:number\}\/vol\.vtu" matches none of the 6 mesh files in .*; nearest to it are "in\/a\/m=0\.10\/v\.vtu", "in\/a\/m=2\/v\.vtu", "in\/b\/m=2\/v\.vtu"/,
    );
  });

  test('that has the name of a part before it, and no other beside it, says so', async () => {
    expect(await messageOf({ samples: 'volume=in/{case}/m={flow:number}/v.vtu' })).toMatch(
      /^NOT_FOUND .* without "volume=" it matches "in\/a\/m=0\.10\/v\.vtu": /,
    );
    expect(await messageOf({ samples: 'm={case}/v.vtu' })).toMatch(/matches none of the 6 mesh files/);
  });

  test('that matches only what is left out says by what', async () => {
    const samples = 'in/{case}/m={flow:number}/v.vtu';
    expect(await messageOf({ samples, exclude: 'v.vtu' })).toMatch(
      /^NOT_FOUND .* matches "in\/a\/m=0\.10\/v\.vtu" in .*: it is left out by exclude\.$/,
    );
    expect(await messageOf({ samples, include: '*.vtp' })).toMatch(/: it is not matched by include\.$/);
    const files = { 'p/whole.pvtu': smallPvtu(['piece.vtu']), 'p/piece.vtu': MESH };
    expect(await messageOf({ samples: { a: 'p/{n}.pvtu', b: 'p/piece.vtu' } }, files)).toMatch(
      /part "b" matches "p\/piece\.vtu" in .*: it is a piece of another file\.$/,
    );
  });

  test('that matches other files only says so', async () => {
    expect(await messageOf({ samples: '{name}' })).toMatch(
      /^NOT_FOUND .* matches "LICENSE", but no mesh file \(\.vtu, /,
    );
  });

  test('that gives two samples one id names both files, unless a filter leaves one out', async () => {
    const options = { samples: 'in/{case}/*/v.vtu' };
    expect(await messageOf(options)).toMatch(
      /^CONFIG .*1 of 3 samples have one that another has: "in\/a\/m=0\.10\/v\.vtu" and "in\/a\/m=2\/v\.vtu" are both "a"/,
    );
    await using dataset = await open({ ...options, filterFn: (_, { path }) => !path.includes('0.1') });
    expect(dataset.samples.map(({ id, path }) => [id, path])).toEqual([
      ['a', 'in/a/m=2/v.vtu'],
      ['b', 'in/b/m=2/v.vtu'],
    ]);
  });
});

test('a .pvtu that no template matches is not looked into', async () => {
  const source = new MemorySource();
  const whole = new TextEncoder().encode(smallPvtu(['piece.vtu']));
  for (const path of ['in/a.pvtu', 'out/b.pvtu']) source.put(path, whole);
  const samples = 'in/{case}.pvtu';
  await using dataset = await VascuDataset.open({ source, samples, cacheDir: await makeFolder() });
  expect(dataset.samples.map(({ path }) => path)).toEqual(['in/a.pvtu']);
  expect(source.requests.map(({ path }) => path)).toEqual(['in/a.pvtu']);
});

test('opening asks a web server for its list and the sidecars, each once, and again for no body that is unchanged', async () => {
  const files = { ...CASES, 'in/b/m=2/v.json': '{}', 'in/x.csv': 'a,b' };
  const server = await FaultServer.start(files, { index: 'sha256' });
  onTestFinished(() => server.close());
  const cacheDir = await makeFolder();
  const opening = async (): Promise<string[]> => {
    const before = server.requests.length;
    const options = { sourceDir: 'in', samples: PARTS, include: '*.v*', cacheDir };
    await (await VascuDataset.open({ sourceUrl: `${server.url}/`, ...options })).close();
    return server.requests.slice(before).map(({ path }) => path);
  };
  expect((await opening()).toSorted()).toEqual(['files.jsonl', 'in/a/m=0.10/v.json', 'in/b/m=2/v.json']);
  expect(await opening()).toEqual(['files.jsonl']);
});

describe('parts', () => {
  test('share files and size, and the sidecar of the first one is their metadata', async () => {
    await using dataset = await open({ sourceDir: 'in', samples: PARTS });
    const bytes = MESH.length;
    expect(dataset.samples).toHaveLength(3);
    expect(dataset.samples[0]).toMatchObject({
      id: 'a/0.10',
      path: 'in/a/m=0.10/v.vtu',
      size: 2 * bytes,
      metadata: { case: 'a', flow: 0.1, age: 7 },
      parts: { volume: 'in/a/m=0.10/v.vtu', wall: 'in/a/m=0.10/w.vtp' },
      captures: { case: 'a', flow: 0.1 },
    });
    expect(dataset.filesOf(0).map(({ path }) => path)).toEqual(['in/a/m=0.10/v.vtu', 'in/a/m=0.10/w.vtp']);
    expect(dataset.samples[0]?.files).toEqual(dataset.filesOf(0));
  });

  test('are seen by a filter, which can leave incomplete samples out', async () => {
    const seen: Sample[] = [];
    const files = { 'in/c/m=1/v.vtu': MESH, 'in/d/m=1/w.vtp': MESH };
    await using dataset = await open(
      {
        sourceDir: 'in',
        samples: PARTS,
        filterFn: (metadata, sample) => {
          seen.push(sample);
          expect(metadata).toBe(sample.metadata);
          return Object.keys(sample.parts ?? {}).length === 2 && metadata['flow'] === 2;
        },
      },
      files,
    );
    expect(dataset.samples.map(({ id }) => id)).toEqual(['a/2', 'b/2']);
    expect(
      seen.map(({ id, path, size, parts }) => [id, path, size / MESH.length, Object.keys(parts ?? {})]),
    ).toEqual([
      ['a/0.10', 'in/a/m=0.10/v.vtu', 2, ['volume', 'wall']],
      ['a/2', 'in/a/m=2/v.vtu', 2, ['volume', 'wall']],
      ['b/2', 'in/b/m=2/v.vtu', 2, ['volume', 'wall']],
      ['c/1', 'in/c/m=1/v.vtu', 1, ['volume']],
      ['d/1', 'in/d/m=1/w.vtp', 1, ['wall']],
    ]);
    expect(JSON.parse(JSON.stringify(seen[1]))).toEqual(JSON.parse(JSON.stringify(dataset.samples[0])));
  });

  test('of one file count it once', async () => {
    const volume = '{case}/m={flow:number}/v.vtu';
    const samples = { volume, cells: { pattern: volume, graphOf: 'cells' } } as const;
    await using dataset = await open({
      sourceDir: 'in',
      samples,
      filterFn: (_, { files }) => files.length === 1,
    });
    const [first] = dataset.samples;
    expect(dataset.samples.map(({ files, size }) => [files.length, size])).toEqual(
      Array.from({ length: 3 }, () => [1, Buffer.byteLength(MESH)]),
    );
    expect(Object.keys(first?.parts ?? {})).toEqual(['volume', 'cells']);
    const { numNodes, parts } = await dataset.get(0);
    expect([numNodes, parts?.['cells']?.numNodes]).not.toContain(undefined);
  });

  test('that are lacking are an error with their number and three names', async () => {
    const files = Object.fromEntries(['c', 'd', 'e', 'f'].map((name) => [`in/${name}/m=1/v.vtu`, MESH]));
    expect(await messageOf({ sourceDir: 'in', samples: PARTS }, files)).toMatch(
      /^NOT_FOUND .*4 of 7 samples: "c\/1" has no wall .*; "d\/1" has no wall .*; "e\/1" has no wall [^;]*; …/,
    );
    expect(await messageOf({ sourceDir: 'in', samples: PARTS }, { 'in/g/m=1/w.vtp': MESH })).toMatch(
      /"g\/1" has no volume .*It is the graph itself: leave such samples out by exclude/,
    );
  });

  test('of which there are two are an error that names both files', async () => {
    const samples = { ...PARTS, wall: '{case}/m={flow}/w*.vtp' };
    expect(await messageOf({ sourceDir: 'in', samples }, { 'in/b/m=2/w2.vtp': MESH })).toMatch(
      /^CONFIG .*1 of 3 samples have two: "b\/2" has "in\/b\/m=2\/w\.vtp" and "in\/b\/m=2\/w2\.vtp" as its wall/,
    );
  });

  test('none of which is there are an error, unless they are optional', async () => {
    const pattern = '{case}/m={flow}/cap.vtp';
    expect(await messageOf({ sourceDir: 'in', samples: { ...PARTS, cap: pattern } })).toMatch(
      /^NOT_FOUND The template ".*cap\.vtp" of the part "cap" matches none/,
    );
    await using dataset = await open({
      sourceDir: 'in',
      samples: { ...PARTS, cap: { pattern, optional: true } },
    });
    expect(dataset.length).toBe(3);
  });

  test.each<[SamplesOption, RegExp]>([
    [
      { volume: '{case}/v.vtu', wall: '{case}/{n}.vtp' },
      /"wall" captures "n", which the first part "volume"/,
    ],
    [{ volume: { pattern: '{case}/v.vtu', optional: true } }, /first one is the graph itself/],
    [{ volume: { pattern: '{a}', needed: true } as unknown as string }, /has no "needed"/],
    [{ volume: { pattern: '{a}', graphOf: 'edges' as 'cells' } }, /'points' or 'cells', not "edges"/],
    [{ 'a.b': '{a}' }, /cannot be called "a\.b"/],
    [{}, /has no part/],
    ['', /is empty/],
    [7 as unknown as string, /must be a template/],
    ['{case', /without its other half/],
  ])('%j is no samples', async (samples, message) => {
    const error = await failureOf(open({ samples }));
    expect(error).toMatchObject({
      code: 'CONFIG',
      option: 'samples',
      message: expect.stringMatching(message),
    });
  });
});
