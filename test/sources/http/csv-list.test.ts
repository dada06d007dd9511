import { expect, test } from 'vitest';
import { readCsvList } from '../../../src/sources/http/csv-list.ts';
import { failureOf } from '../../temporary-folder.ts';

const NAME = 'sizes.csv';

async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < bytes.byteLength; at += chunkBytes)
    yield new Uint8Array(bytes.slice(at, at + chunkBytes));
}

async function filesOf(table: string | Uint8Array, chunkBytes = 1000) {
  const bytes = typeof table === 'string' ? Buffer.from(table) : table;
  const files = await readCsvList(chunksOf(bytes, chunkBytes), NAME);
  return [...files.values()].map(({ path, size }) => [path, size]);
}

test('a file that is named twice is there once', async () => {
  expect(await filesOf('path,size\nb,1\na,2\nb,1\n')).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
});

test('a file that is named twice with other sizes is an error that says the line', async () => {
  expect(await failureOf(filesOf('path,size\nb,1\n\na,2\nb,3\n'))).toMatchObject({
    code: 'FORMAT',
    message: `${NAME}: line 5 names "b" again, and differently`,
  });
});

test.each([1, 3, 1000])('a table may be in UTF-16, also in pieces of %i bytes', async (chunkBytes) => {
  const table = Buffer.from('\uFEFFpath;size\r\nNäme.vtu;7\r\n', 'utf16le');
  for (const bytes of [Buffer.from(table), Buffer.from(table).swap16()])
    expect(await filesOf(bytes, chunkBytes)).toEqual([['Näme.vtu', 7]]);
  expect(await filesOf('\uFEFFpath,size\nNäme.vtu,7\n', chunkBytes)).toEqual([['Näme.vtu', 7]]);
});

test('a pointer of Git LFS in the place of the table is named', async () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n';
  expect(await failureOf(filesOf(pointer))).toMatchObject({
    code: 'FORMAT',
    message: expect.stringContaining('is a Git LFS pointer'),
  });
});
