import { describe, expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../src/columns/column-file.ts';
import { FileColumns } from '../../src/columns/file-columns.ts';
import { keepColumns } from '../../src/columns/keep-columns.ts';
import type { Keeper } from '../../src/core/keeper.ts';
import type { FileEntry } from '../../src/core/source.ts';
import { TimeSlice } from '../../src/core/time-slice.ts';

const sha256 = (digit: number): string => digit.toString(16).repeat(64).slice(0, 64);

const ENTRIES: readonly FileEntry[] = [
  {
    path: 'a/1.vtu',
    size: 5,
    version: `sha256:${sha256(7)}`,
    checksum: { algorithm: 'sha256', value: sha256(7) },
  },
  { path: 'a/ü.vtu', size: 0, version: 'of its own', modified: new Date(5) },
  {
    path: 'long '.repeat(10_000),
    size: 2 ** 40,
    version: 'x',
    checksum: { algorithm: 'md5', value: 'none' },
  },
  { path: 'z.zip/b.vtu', size: 3, version: 'listed:3-9', modified: new Date(9), packedSize: 2 },
  ...Array.from({ length: 40_000 }, (_, index) => ({ path: `n/${index}.vtu`, size: index, version: 'v' })),
];

async function saved(): Promise<Uint8Array<ArrayBuffer>> {
  const files = new FileColumns();
  for (const entry of ENTRIES) files.push(entry);
  const to = new ColumnWriter();
  to.fact('before');
  files.save(to);
  return to.bytes(new TimeSlice());
}

describe('a file of columns', () => {
  test('gives all files as they were', async () => {
    const from = await ColumnReader.open(await saved(), new TimeSlice());
    const files = new FileColumns();
    expect(from?.fact()).toBe('before');
    if (from !== undefined) files.load(from);
    expect(files.length).toBe(ENTRIES.length);
    for (const [row, entry] of ENTRIES.entries()) {
      const { path, size, version, modified, checksum, packedSize } = files.at(row);
      expect({ path, size, version, modified, checksum, packedSize }).toEqual({
        modified: undefined,
        checksum: undefined,
        packedSize: undefined,
        ...entry,
      });
    }
    expect([files.isComplete, files.isAllAscii]).toEqual([true, false]);
    files.push({ path: 'more.vtu', size: 1, version: '1' });
    expect(files.at(ENTRIES.length)).toMatchObject({ path: 'more.vtu', size: 1, version: '1' });
  });

  test('of which a bit of the head is another one is not read', async () => {
    const to = new ColumnWriter();
    to.fact([1, 'x']);
    to.array(Float64Array.of(1, 2));
    const bytes = await to.bytes(new TimeSlice());
    const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    for (let bit = 0; bit < 8 * end; bit++) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >>> 3] = (damaged[bit >>> 3] as number) ^ (1 << (bit & 7));
      expect(await ColumnReader.open(damaged, new TimeSlice()), `bit ${bit}`).toBeUndefined();
    }
  });

  test('can lie anywhere in memory', async () => {
    const bytes = await saved();
    const moved = new Uint8Array(bytes.byteLength + 3).subarray(3);
    moved.set(bytes);
    const from = await ColumnReader.open(moved, new TimeSlice());
    const files = new FileColumns();
    from?.fact();
    if (from !== undefined) files.load(from);
    expect(files.pathAt(1)).toBe('a/ü.vtu');
  });

  test.each([0, 3, 40, -1, -100_000])('is none with another byte at %i', async (at) => {
    const bytes = await saved();
    const place = at < 0 ? bytes.byteLength + at : at;
    bytes[place] = (bytes[place] as number) ^ 0x55;
    expect(await ColumnReader.open(bytes, new TimeSlice())).toBeUndefined();
  });

  test.each([0, 2, 100, 1000])('is none of %i bytes', async (length) => {
    expect(await ColumnReader.open((await saved()).subarray(0, length), new TimeSlice())).toBeUndefined();
  });
});

describe('rows in another order', () => {
  test('are the same files', () => {
    const files = new FileColumns();
    for (const path of ['c.vtu', 'a.vtp', 'b']) files.push({ path, size: path.length, version: path });
    const sorted = files.inOrder(Uint32Array.of(1, 2, 0));
    expect([...sorted.paths()]).toEqual(['a.vtp', 'b', 'c.vtu']);
    expect(sorted.at(1)).toMatchObject({ path: 'b', size: 1, version: 'b' });
    expect(['a.vtp', 'b', 'c.vtu', 'bb', ''].map((path) => sorted.findSorted(path))).toEqual([
      0,
      1,
      2,
      undefined,
      undefined,
    ]);
    expect([0, 1, 2].map((row) => sorted.endingAt(row))).toEqual(['.vtp', 'b', '.vtu']);
  });
});

test.each([
  ['a/b.vtu', '.vtu'],
  ['a.b/c', 'a.b/c'],
  ['a/.vtu', 'a/.vtu'],
  ['.vtu', '.vtu'],
  ['x.', '.'],
  ['a.vtu.gz', '.gz'],
  ['a.extension', 'a.extension'],
  ['ü.vtu', 'ü.vtu'],
  ['', ''],
])('the ending of %j is %j', (path, ending) => {
  const files = new FileColumns();
  files.push({ path: 'before.vtp', size: 0, version: '' });
  files.push({ path, size: 0, version: '' });
  expect(files.endingAt(1)).toBe(ending);
});

test('the same files make the same bytes, whatever memory had before', async () => {
  const [one, other] = [await saved(), await saved()];
  expect(Buffer.compare(one, other)).toBe(0);
});

test('what is there already is not written again', async () => {
  const done: string[] = [];
  let there: Uint8Array<ArrayBuffer> | undefined;
  const keeper: Keeper = {
    recall: () => Promise.resolve(there),
    keep: (path, version, bytes) => {
      there = bytes;
      return Promise.resolve(void done.push(`keep ${path} ${version}`));
    },
    forget: () => Promise.resolve(void done.push('forget')),
  };
  for (let time = 0; time < 2; time++) await keepColumns(keeper, 'a', '1', await saved());
  expect(done).toEqual(['forget', 'keep a 1']);
  // Damage behind the head.
  there = there?.with(-9, 1 ^ (there.at(-9) ?? 0));
  await keepColumns(keeper, 'a', '1', await saved());
  expect(done.slice(2)).toEqual(['forget', 'keep a 1']);
});
