import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SampleGroups } from '../../src/dataset/sample-groups.ts';
import { parseSamples, type SamplesOption } from '../../src/dataset/sample-templates.ts';

/** Samples of paths, as plain objects. */
async function group(samples: SamplesOption, paths: readonly string[]) {
  const templates = parseSamples(samples);
  if (templates === undefined) throw new Error('no templates');
  const files = { rows: Uint32Array.from(paths.keys()), pathAt: (row: number) => paths[row] as string };
  const groups = await SampleGroups.group(templates, files, new AbortController().signal);
  return Array.from(groups.rows, (row, sample) => ({
    id: groups.idAt(sample),
    path: paths[row],
    captures: groups.capturesAt(sample),
    parts: Object.fromEntries(groups.rowsOfParts(sample).map(({ part, row }) => [part.name, paths[row]])),
    faults: [...groups.faultsOf(sample)].map(({ part, rows }) => [
      part.name,
      ...rows.map((row) => paths[row]),
    ]),
    isTwin: groups.twinOf(sample) !== undefined,
  }));
}

const PARTS = { volume: '{case}/m={flow:number}/v.vtu', wall: '{case}/m={flow}/w.vtp' };

describe('files are grouped', () => {
  test('by the texts of their captures', async () => {
    const paths = ['a/m=1.0/v.vtu', 'a/m=1.0/w.vtp', 'a/m=1/v.vtu', 'a/m=1/w.vtp', 'a/x.vtu'];
    expect(await group(PARTS, paths)).toMatchObject([
      {
        id: 'a/1.0',
        captures: { case: 'a', flow: 1 },
        parts: { volume: paths[0], wall: paths[1] },
        faults: [],
        isTwin: false,
      },
      { id: 'a/1', path: 'a/m=1/v.vtu', parts: { volume: paths[2], wall: paths[3] }, faults: [] },
    ]);
  });

  test('with parts whose captures are in another order', async () => {
    const paths = ['v/a_b.vtu', 'v/b_a.vtu', 'w/b_a.vtp', 'w/a_b.vtp'];
    const groups = await group({ volume: 'v/{x}_{y}.vtu', wall: 'w/{y}_{x}.vtp' }, paths);
    expect(groups.map(({ parts }) => parts['wall'])).toEqual(['w/b_a.vtp', 'w/a_b.vtp']);
  });

  test('with parts that those share which agree in some captures', async () => {
    const paths = ['a/1.vtu', 'a/2.vtu', 'a/mesh.vtu', 'all.vtp', 'b/1.vtu', 'b/mesh.vtu', 'c/mesh.vtu'];
    const samples = { step: '{case}/{step:number}.vtu', mesh: '{case}/mesh.vtu', all: 'all.vtp' };
    const groups = await group(samples, paths);
    expect(groups.map(({ id, parts }) => [id, parts['mesh'], parts['all']])).toEqual([
      ['a/1', 'a/mesh.vtu', 'all.vtp'],
      ['a/2', 'a/mesh.vtu', 'all.vtp'],
      ['b/1', 'b/mesh.vtu', 'all.vtp'],
    ]);
    expect(groups.flatMap(({ faults }) => faults)).toEqual([]);
  });

  test('with what is lacking, or there twice, said of each', async () => {
    const paths = ['a/m=1/v.vtu', 'a/m=2/w.vtp', 'b/m=1/v.vtu', 'b/m=1/w.vtp'];
    const groups = await group({ ...PARTS, any: 'b/{case}*.vtp' }, [
      ...paths,
      'b/ax.vtp',
      'b/ay.vtp',
      'b/bz.vtp',
    ]);
    expect(groups.map(({ id, path, faults }) => [id, path, faults])).toEqual([
      ['a/1', 'a/m=1/v.vtu', [['wall'], ['any', 'b/ax.vtp', 'b/ay.vtp']]],
      ['a/2', 'a/m=2/w.vtp', [['volume'], ['any', 'b/ax.vtp', 'b/ay.vtp']]],
      ['b/1', 'b/m=1/v.vtu', []],
    ]);
  });

  test('with parts that may be absent', async () => {
    const samples = { volume: '{case}/v.vtu', wall: { pattern: '{case}/w.vtp', optional: true } };
    expect(await group(samples, ['a/v.vtu', 'b/v.vtu', 'b/w.vtp'])).toMatchObject([
      { parts: { volume: 'a/v.vtu' }, faults: [] },
      { parts: { volume: 'b/v.vtu', wall: 'b/w.vtp' }, faults: [] },
    ]);
  });

  test('with ids that several have, of which each has the same parts', async () => {
    const groups = await group({ volume: '{case}/v*.vtu', wall: '{case}/w.vtp' }, [
      'a/v1.vtu',
      'a/v2.vtu',
      'a/w.vtp',
    ]);
    expect(groups.map(({ id, parts, isTwin }) => [id, parts['wall'], isTwin])).toEqual([
      ['a', 'a/w.vtp', true],
      ['a', 'a/w.vtp', true],
    ]);
  });

  test('without captures by their paths', async () => {
    expect(await group('x/*.vtu', ['x/a.b.vtu', 'x/c.vtu', 'y/d.vtu'])).toMatchObject([
      { id: 'x/a.b', captures: {}, isTwin: false },
      { id: 'x/c' },
    ]);
  });

  test('as they are grouped one by one, in any order of the listing', async () => {
    const samples = {
      v: '{a}/{b}/v.vtu',
      w: { pattern: '{a}/{b}/w.vtp', optional: true },
      s: { pattern: '{a}/s.vtp', optional: true },
    };
    const name = fc.constantFrom('a', 'b', 'c', 'a-', 'a0', '😀');
    const file = fc.tuple(name, name, fc.constantFrom('v.vtu', 'w.vtp', 's.vtp'));
    const listing = fc.uniqueArray(file.map(([a, b, c]) => (c === 's.vtp' ? `${a}/${c}` : `${a}/${b}/${c}`)));
    await fc.assert(
      fc.asyncProperty(listing, async (paths) => {
        const volumes = paths.filter((path) => path.endsWith('/v.vtu'));
        const has = (path: string): string | undefined => (paths.includes(path) ? path : undefined);
        const expected = volumes.map((path) => {
          const [a, b] = path.split('/') as [string, string, string];
          const parts = { v: path, w: has(`${a}/${b}/w.vtp`), s: has(`${a}/s.vtp`) };
          return { id: `${a}/${b}`, path, parts: JSON.parse(JSON.stringify(parts)) as object };
        });
        const whole = (await group(samples, paths)).filter(({ parts }) => 'v' in parts);
        expect(whole.map(({ id, path, parts }) => ({ id, path, parts }))).toEqual(expected);
      }),
    );
  });
});
