import { describe, expect, test } from 'vitest';
import type { Metadata } from '../../src/core/graph.ts';
import { readMetadata } from '../../src/dataset/read-metadata.ts';
import { Listing } from '../../src/dataset/sample-listing.ts';
import { LocalStreamer } from '../../src/streamers/local-streamer.ts';
import { type Files, failureOf, makeFolder } from '../temporary-folder.ts';

const SAMPLES = ['a/1.vtu', 'a/2.vtp', 'b.vtu'];

async function read(files: Files, folder = ''): Promise<Metadata[]> {
  const meshes = Object.fromEntries(SAMPLES.map((path) => [path, '']));
  await using streamer = new LocalStreamer({ sourceUrl: await makeFolder({ ...meshes, ...files }) });
  const { signal } = new AbortController();
  const listing = await Listing.read(streamer, folder, signal);
  const paths = Array.from({ length: listing.length }, (_, row) => listing.files.pathAt(row));
  const rows = Uint32Array.from(paths.keys()).filter((row) => SAMPLES.includes(paths[row] ?? ''));
  const facts = { idAt: String, capturesAt: () => undefined, captureNames: [] };
  const wish = { filter: undefined, sidecars: true, tables: [], folder, facts };
  const metadata = await readMetadata(streamer, { listing, rows }, wish, signal);
  return Array.from(rows, (_, sample) => metadata.at(sample));
}

describe('readMetadata', () => {
  test('reads the sidecars; a sample without one has {}', async () => {
    expect(await read({ 'a/1.json': '{"age": 1}', 'a/2.json': '{"age": 2}' })).toEqual([
      { age: 1 },
      { age: 2 },
      {},
    ]);
  });

  test('metadata.jsonl wins over sidecars key by key, and these serve the samples it does not name', async () => {
    const files = {
      'metadata.jsonl':
        '{"file_name": "a/1.vtu", "age": 10}\r\n\n{"file_name": "./b.vtu", "flow": NaN}\n{"file_name": "gone.vtu"}',
      'a/1.json': '{"age": 1, "sex": "f"}',
      'a/2.json': '{"age": 2}',
    };
    expect(await read(files)).toEqual([{ age: 10, sex: 'f' }, { age: 2 }, { flow: Number.NaN }]);
  });

  test('metadata.csv gives typed values and leaves empty fields out', async () => {
    const files = {
      'metadata.csv':
        '\ufeffage,file_name,healthy,id,note\r\n50,a/1.vtu,True,007,"left, ""ICA"""\r\n,b.vtu,,,\r\n',
    };
    expect(await read(files)).toEqual([{ age: 50, healthy: true, id: '007', note: 'left, "ICA"' }, {}, {}]);
  });

  test('metadata.jsonl wins over metadata.csv', async () => {
    const files = {
      'metadata.jsonl': '{"file_name": "b.vtu", "from": "jsonl"}',
      'metadata.csv': 'file_name,from\nb.vtu,csv\n',
    };
    expect(await read(files)).toEqual([{}, {}, { from: 'jsonl' }]);
  });

  test('names count from the folder of the file that holds them', async () => {
    const jsonl = '{"file_name": "1.vtu", "age": 1}';
    expect((await read({ 'a/metadata.jsonl': jsonl, 'metadata.jsonl': '' }, 'a/'))[0]).toEqual({ age: 1 });
  });

  test('a key "__proto__" is data like any other', async () => {
    const [first] = await read({ 'a/1.json': '{"__proto__": {"polluted": 1}, "age": 1}' });
    expect(Object.keys(first ?? {})).toEqual(['__proto__', 'age']);
  });

  test.each([
    ['a/1.json', '{"age": 1', 'byte 9', 'line 1'],
    ['a/1.json', '[1]', 'an array', 'object'],
    ['metadata.jsonl', '{"file_name": "b.vtu"}\n{"file_name" "b.vtu"}', 'byte 36', 'line 2'],
    ['metadata.jsonl', '{"file_name": "b.vtu"}\n\n3', 'a number', 'line 3'],
    ['metadata.jsonl', '{"file_name": "b.vtu"}\n{"name": "b.vtu"}', '"file_name"', 'line 2'],
    ['metadata.jsonl', '{"file_name": "b.vtu"}\n{"file_name": "./b.vtu"}', 'second time', 'line 2'],
    ['metadata.jsonl', '{"file_name": "1.vtu"}', '"1.vtu"', '"a/1.vtu"'],
    ['metadata.csv', 'name,age\nb.vtu,1', '"file_name"', '"name", "age"'],
    ['metadata.csv', 'file_name,age\nb.vtu,1,2', '3 fields', 'line 2'],
    ['metadata.csv', 'file_name,age,age\nb.vtu,1,2', '"age"', 'twice'],
    ['metadata.csv', 'file_name,age\nb.vtu,1\nb.vtu,2', 'second time', 'line 3'],
    ['metadata.csv', 'file_name,age\nb.vtu,"1', 'double quote', 'line 2'],
  ])('%s that holds %j is a FormatError: %s, %s', async (path, content, ...parts) => {
    const error = await failureOf(read({ [path]: content }));
    expect(error).toMatchObject({ code: 'FORMAT', path });
    for (const part of parts) expect(String(error)).toContain(part);
  });
});
