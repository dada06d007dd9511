import { expect, test } from 'vitest';
import { FormatError, isVascuError } from '../../src/core/errors.ts';
import type { CollectionEntry } from '../../src/formats/collection-entry.ts';
import { readPvd } from '../../src/formats/pvd.ts';
import { readSeriesJson } from '../../src/formats/series-json.ts';
import { failureOf } from '../temporary-folder.ts';
import { random } from './sound-mesh.ts';

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const pvd = (entries: string, type = 'Collection'): string =>
  `<?xml version="1.0"?>\n<!-- by a solver -->\n<VTKFile type="${type}" version="0.1"><Collection>\n${entries}\n</Collection></VTKFile>\n`;
const plain = (entries: readonly CollectionEntry[]) =>
  entries.map(({ file, time, group, name, part }) => ({ file, time, group, name, part }));
const none = { group: '', name: '', part: '' };

test('a .pvd is read in its order, with entities, other elements and entries without a file passed over', async () => {
  const text = pvd(`<DataSet timestep="0.30" group="wall" part="1" name="w" file="a&amp;b/&#x63;.vtu"/>
    <Other file="no.vtu"/><DataSet timestep="7"/>
    <DataSet file='..\\d.vtu' timestep=' 1e-05 '></DataSet>`);
  expect(plain(await readPvd(bytesOf(text), 'r.pvd'))).toEqual([
    { file: 'a&b/c.vtu', time: 0.3, group: 'wall', name: 'w', part: '1' },
    { file: '..\\d.vtu', time: 1e-5, ...none },
  ]);
});

test('a .pvd may have no times at all', async () => {
  const entries = await readPvd(
    bytesOf(pvd('<DataSet file="a.vtu"/><DataSet part="1" file="b.vtu"/>')),
    'r.pvd',
  );
  expect(entries.map(({ time }) => time)).toEqual([undefined, undefined]);
});

test.each([
  ['is empty', ''],
  ['no XML', 'timestep=0 file=a.vtu'],
  ['does not begin with <VTKFile>', '<Collection></Collection>'],
  ['its type is "UnstructuredGrid"', pvd('', 'UnstructuredGrid')],
  ['DOCTYPE', `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>${pvd('').slice(21)}`],
  ['timestep="abc"', pvd('<DataSet timestep="abc" file="a.vtu"/>')],
  ['timestep="nan"', pvd('<DataSet timestep="nan" file="a.vtu"/>')],
  ['timestep="1e999"', pvd('<DataSet timestep="1e999" file="a.vtu"/>')],
  ['timestep=""', pvd('<DataSet timestep="" file="a.vtu"/>')],
  ['without timestep beside', pvd('<DataSet timestep="1" file="a.vtu"/><DataSet file="b.vtu"/>')],
  ['the file is cut', pvd('<DataSet timestep="1" file="a.vtu"/>').replace('</Collection></VTKFile>', '')],
  ['the file is cut', pvd('<DataSet timestep="1" file="a.vtu"/>').slice(0, -40)],
  ['has </VTKFile> where </Collection> belongs', pvd('').replace('</Collection>', '')],
  ['entity "&nope;"', pvd('<DataSet timestep="1" file="&nope;"/>')],
  ['nested deeper', pvd('<a>'.repeat(100))],
  ['no <Collection>', '<VTKFile type="Collection"></VTKFile>'],
])('a .pvd is refused where it %s', async (problem, text) => {
  const error = await failureOf(readPvd(bytesOf(text), 'r.pvd'));
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toMatch(/^r\.pvd, byte \d+: /);
  expect((error as FormatError).message).toContain(problem);
});

test('a .series is read with comments, trailing commas, bare names and other keys', async () => {
  const text = `{ // ParaView
  "file-series-version" : "1.0", /* "files": [ */
  "files": [ { "name" : "a//b.vtu", "time" : 5.5, "iter": 3 }, /* , ] */ "c,].vtu",
    { "time": -1, "name": "d\\u00e9.vtu" }, // last
  ],
}`;
  expect(plain(await readSeriesJson(bytesOf(text), 'r.vtu.series'))).toEqual([
    { file: 'a//b.vtu', time: 5.5, ...none },
    { file: 'c,].vtu', time: 1, ...none },
    { file: 'dé.vtu', time: -1, ...none },
  ]);
});

test.each([
  ['not JSON', ''],
  ['not JSON', '{"files": [{"name": "a.vtu", "time": 0}'],
  ['not JSON', '<VTKFile/>'],
  ['not JSON', '{"files": ["a.vtu",,"b.vtu"]}'],
  ['"files"', '[]'],
  ['"files"', '{"files": {"a": 1}}'],
  ['files[1] without a name', '{"files": ["a.vtu", {"time": 1}]}'],
  ['files[0] without a name', '{"files": [3]}'],
  ['files[0] ("a.vtu") with no time', '{"files": [{"name": "a.vtu"}]}'],
  ['time "1"', '{"files": [{"name": "a.vtu", "time": "1"}]}'],
  ['time NaN', '{"files": [{"name": "a.vtu", "time": NaN}]}'],
])('a .series is refused: %s', async (problem, text) => {
  const error = await failureOf(readSeriesJson(bytesOf(text), 'r.vtu.series'));
  expect(error).toBeInstanceOf(FormatError);
  expect((error as FormatError).message).toMatch(/^r\.vtu\.series(?:, byte \d+)?: /);
  expect((error as FormatError).message).toContain(problem);
});

test('comments and commas without end cost no time', async () => {
  for (const text of [
    '/*'.repeat(300_000),
    '"\\"'.repeat(300_000),
    `[${',/**/'.repeat(100_000)}`,
    ',\n '.repeat(200_000),
  ]) {
    expect(await failureOf(readSeriesJson(bytesOf(text), 'r.vtu.series'))).toBeInstanceOf(FormatError);
  }
});

test('lists of too many entries are refused before all of them are read', async () => {
  const entry = '<DataSet timestep="1" file="a.vtu"/>';
  const error = await failureOf(readPvd(bytesOf(pvd(entry.repeat(1_000_000))), 'r.pvd'));
  expect(String(error)).toContain('more than 262144 entries');
  const names = `{"files": [${'"a.vtu",'.repeat(1_000_000)}]}`;
  expect(String(await failureOf(readSeriesJson(bytesOf(names), 'r.vtu.series')))).toContain(
    'more than 262144',
  );
}, 60_000);

/** Mutated files of each kind. */
const RUNS = 10_000;
const seed = Number(process.env['VASCUSIM_FUZZ_SEED'] ?? 20_261_130);

const PVD = pvd(
  Array.from(
    { length: 4 },
    (_, at) => `<DataSet timestep="0.${at}" group="" part="0" file="s/a_${at}.vtu"/>`,
  ).join('\n'),
);
const SERIES = `{"file-series-version":"1.0","files":[{"name":"a.vtu","time":0},/*c*/"b.vtu",{"name":"c.vtu","time":2.5}]}`;

/** The text with one to three random changes. */
function mutate(text: string, next: () => number): string {
  const pick = (limit: number): number => Math.floor(next() * limit);
  const signs = '<>/"\'&;=!?-[]{},:.0eE#\0\\\n ';
  let changed = text;
  for (let change = pick(3); change >= 0; change--) {
    const at = pick(changed.length + 1);
    const length = pick(next() < 0.8 ? 12 : changed.length);
    const piece = changed.slice(pick(changed.length), pick(changed.length));
    const insert =
      [signs[pick(signs.length)] ?? '', '', changed.slice(at, at + length).repeat(2), piece][pick(4)] ?? '';
    changed = changed.slice(0, at) + insert + changed.slice(at + length);
  }
  return changed;
}

test.each([
  ['.pvd', PVD, readPvd],
  ['.series', SERIES, readSeriesJson],
] as const)('%s: mutated lists are refused, or give entries', async (kind, original, read) => {
  const next = random(seed);
  let [refused, taken] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const text = mutate(original, next);
    try {
      for (const { file, time } of await read(bytesOf(text), `r${kind}`)) {
        expect(file).not.toBe('');
        expect(time === undefined || Number.isFinite(time), text).toBe(true);
      }
      taken++;
    } catch (error) {
      if (!isVascuError(error, 'FORMAT')) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(RUNS / 10);
  expect(taken).toBeGreaterThan(RUNS / 50);
});
