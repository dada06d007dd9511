import { describe, expect, test } from 'vitest';
import { readDirectory, type ZipListing } from '../../src/archives/zip-directory.ts';
import { directoryPlaces, TAIL_BYTES } from '../../src/archives/zip-end.ts';
import type { ZipEntry } from '../../src/archives/zip-entries.ts';
import { findFaults } from '../../src/archives/zip-faults.ts';
import type { VascuError } from '../../src/core/errors.ts';
import { type BuiltArchive, type BuiltMember, buildZip, extraField, unicodePath } from './build-zip.ts';

const MIB = 1024 ** 2;

function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function placeOf(zip: Uint8Array<ArrayBuffer>): ReturnType<typeof directoryPlaces>[number] {
  const start = Math.max(0, zip.length - TAIL_BYTES);
  const [place] = directoryPlaces({ bytes: zip.slice(start), start }, 'a.zip');
  if (place === undefined) throw new Error('no directory was found');
  return place;
}

function list(zip: Uint8Array<ArrayBuffer>): {
  readonly entries: readonly ZipEntry[];
  readonly leftOut: ZipListing['leftOut'];
} {
  const place = placeOf(zip);
  const { entries, leftOut } = finish(readDirectory(zip.slice(place.start, place.end), place, 'a.zip'));
  return { entries: Array.from({ length: entries.length }, (_, index) => entries.at(index)), leftOut };
}

function faultsOf(members: readonly BuiltMember[], archive?: BuiltArchive): Record<string, VascuError> {
  const zip = buildZip(members, archive);
  const place = placeOf(zip);
  const { entries } = finish(readDirectory(zip.slice(place.start, place.end), place, 'a.zip'));
  const limits = {
    path: 'a.zip',
    directoryStart: place.start,
    maxBytes: (packed: number) => 4 * packed + MIB,
  };
  const { faults } = finish(findFaults(entries, limits));
  return Object.fromEntries([...faults].map(([index, fault]) => [`${index} ${entries.path(index)}`, fault]));
}

const one: BuiltMember = { name: 'a/1.vtu', data: 'one' };
const names = (zip: Uint8Array<ArrayBuffer>): string[] => list(zip).entries.map(({ path }) => path);

describe('end record', () => {
  test.each<[string, BuiltArchive]>([
    ['with nothing around it', {}],
    ['with a comment', { comment: 'results of 2026' }],
    ['with the longest comment', { comment: 'x'.repeat(65_535) }],
    ['with a signature in its comment', { comment: 'PK\x05\x06' }],
    ['with a false end record in its comment', { comment: falseEnd(0) }],
    ['with a false end record that ends where the file does', { comment: falseEnd(1000) }],
    ['behind another program', { prefix: Buffer.alloc(5000, 'MZ') }],
    ['with rubbish behind it', { rubbish: Buffer.from('\r\n\r\n') }],
    ['of Zip64', { zip64: true }],
    [
      'of Zip64, behind another program and before a comment',
      { zip64: true, prefix: Buffer.alloc(77), comment: 'c' },
    ],
    ['of a writer that counts modulo 65,536', { count: 65_536 + 65_535 }],
  ])('is found %s', (_, archive) => {
    const { entries } = list(buildZip([one], archive));
    expect(entries).toMatchObject([{ path: 'a/1.vtu', size: 3, offset: archive.prefix?.length ?? 0 }]);
  });

  test('of an archive without members is found', () => {
    expect(list(buildZip([]))).toEqual({ entries: [], leftOut: [] });
  });

  test('of a split archive is refused by name', () => {
    const zip = buildZip([one], { disk: 2 });
    expect(() => directoryPlaces({ bytes: zip, start: 0 }, 'a.zip')).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', feature: 'multi-disk' }),
    );
  });

  test('that points behind itself is none', () => {
    const zip = buildZip([one]).slice(10);
    expect(directoryPlaces({ bytes: zip, start: 0 }, 'a.zip')).toEqual([]);
  });
});

/** An end record of nothing. */
function falseEnd(after: number): Uint8Array {
  const record = Buffer.alloc(22 + after);
  record.write('PK\x05\x06', 'latin1');
  record.writeUInt16LE(1, 8);
  record.writeUInt16LE(1, 10);
  record.writeUInt32LE(46, 12);
  record.writeUInt16LE(after, 20);
  return record;
}

describe('names', () => {
  const cp437 = Buffer.from([0x81, 0x62, 0x65, 0x72, 0x2e, 0x76]);
  test.each<[string, BuiltMember, string]>([
    ['flagged as UTF-8', { name: 'größe.vtu', flags: 1 << 11 }, 'größe.vtu'],
    ['in UTF-8 without the flag, as macOS writes them', { name: '日本.vtu' }, '日本.vtu'],
    ['in code page 437', { name: cp437 }, 'über.v'],
    ['flagged as UTF-8 that are none', { name: cp437, flags: 1 << 11 }, 'über.v'],
    ['in a Unicode field', { name: 'x.vtu', extra: unicodePath(Buffer.from('x.vtu'), 'é.vtu') }, 'é.vtu'],
    [
      'in a Unicode field of another name',
      { name: 'x.vtu', extra: unicodePath(Buffer.from('y'), 'é') },
      'x.vtu',
    ],
    ['joined by \\ by a writer on DOS', { name: 'a\\b.vtu', madeBy: 0 }, 'a/b.vtu'],
    ['with a \\ by a writer on Unix', { name: 'a\\b.vtu', madeBy: 3 }, 'a\\b.vtu'],
    ['that begin with ./', { name: './a//b.vtu' }, 'a/b.vtu'],
  ])('%s are read', (_, member, name) => {
    expect(names(buildZip([member]))).toEqual([name]);
  });

  test.each([
    '../x.vtu',
    'a/../../x.vtu',
    '/etc/passwd',
    'C:/x.vtu',
    'c:x.vtu',
    '..\\x.vtu',
    '\\\\host\\x',
    'a\0b.vtu',
    '',
    'x'.repeat(4097),
  ])('%j leads out and is not listed', (name) => {
    const { entries, leftOut } = list(buildZip([{ name }, one]));
    expect(entries.map(({ path }) => path)).toEqual(['a/1.vtu']);
    expect(leftOut).toEqual([{ path: name, reason: 'outside' }]);
  });

  test('of folders, systems and links are passed over', () => {
    const zip = buildZip([
      { name: 'a/', method: 0 },
      { name: '__MACOSX/a/._1.vtu', data: 'x' },
      { name: 'a/.DS_Store', data: 'x' },
      { name: 'a/latest.vtu', data: '1.vtu', mode: 0o120777 },
      one,
    ]);
    expect(names(zip)).toEqual(['a/1.vtu']);
    expect(list(zip).leftOut).toEqual([
      { path: '__MACOSX/a/._1.vtu', reason: 'system-folder' },
      { path: 'a/.DS_Store', reason: 'hidden' },
      { path: 'a/latest.vtu', reason: 'link' },
    ]);
  });
});

describe('numbers', () => {
  test('of Zip64 stand in its field', () => {
    const [entry] = list(buildZip([{ ...one, zip64: true, size: 2 ** 33 }])).entries;
    expect(entry).toMatchObject({ size: 2 ** 33, packedSize: 5, offset: 0 });
  });

  test('that a Zip64 field lacks are an error at the entry', () => {
    const zip = buildZip([{ ...one, extra: extraField(1, Buffer.alloc(4)) }]);
    const place = placeOf(zip);
    new DataView(zip.buffer).setUint32(place.start + 24, 0xffffffff, true);
    expect(() => finish(readDirectory(zip.slice(place.start, place.end), place, 'a.zip'))).toThrow(
      expect.objectContaining({ code: 'FORMAT', offset: place.start }),
    );
  });

  test('more than 65,535 members are all there', () => {
    const members = Array.from({ length: 66_000 }, (_, index) => ({
      name: `${index}.vtu`,
      method: 0,
      data: '',
    }));
    expect(list(buildZip(members)).entries).toHaveLength(66_000);
  });

  test('a directory that is damaged is an error that says where', () => {
    const zip = buildZip([one, { name: 'b.vtu', data: 'b' }]);
    const { start, end, shift } = placeOf(zip);
    const bytes = zip.slice(start, end);
    bytes[46 + 7] = 0;
    expect(() => finish(readDirectory(bytes, { start, end, shift }, 'a.zip'))).toThrow(
      expect.objectContaining({ code: 'FORMAT', path: 'a.zip', offset: start + 46 + 7 }),
    );
  });
});

describe('faults', () => {
  test('of honest members there are none, in any order of the directory', () => {
    const members = ['x', 'a', 'm'].map((name) => ({ name, data: name.repeat(100) }));
    expect(faultsOf(members)).toEqual({});
  });

  test.each<[string, BuiltMember, object]>([
    ['encrypted', { ...one, flags: 1 }, { code: 'UNSUPPORTED', feature: 'encryption' }],
    ['AES', { ...one, method: 99, data: '' }, { code: 'UNSUPPORTED', feature: 'encryption' }],
    ['deflate64', { ...one, method: 9 }, { code: 'UNSUPPORTED', feature: 'deflate64' }],
    ['bzip2', { ...one, method: 12 }, { code: 'UNSUPPORTED', feature: 'bzip2' }],
    ['lzma', { ...one, method: 14 }, { code: 'UNSUPPORTED', feature: 'lzma' }],
    ['zstd', { ...one, method: 93 }, { code: 'UNSUPPORTED', feature: 'zstd' }],
    ['an unknown method', { ...one, method: 77 }, { code: 'UNSUPPORTED', feature: 'method 77' }],
    [
      'stored with two sizes',
      { ...one, method: 0, size: 4 },
      { code: 'INTEGRITY', expected: '4', actual: '3' },
    ],
    ['deflated to more than deflate can', { ...one, size: 9000 }, { code: 'INTEGRITY' }],
    [
      'a bomb',
      { name: 'a/1.vtu', data: Buffer.alloc(2 * MIB) },
      { code: 'FORMAT', path: 'a.zip', offset: 0 },
    ],
    ['one that reaches into the directory', { ...one, offset: 20 }, { code: 'FORMAT', offset: 20 }],
  ])('%s is refused by name', (_, member, fault) => {
    expect(faultsOf([member])).toEqual({ '0 a/1.vtu': expect.objectContaining(fault) });
  });

  test('a name that stands twice is refused with both places', () => {
    const faults = faultsOf([one, { name: 'b', data: 'b' }, one]);
    expect(Object.keys(faults).sort()).toEqual(['0 a/1.vtu', '2 a/1.vtu']);
    expect(faults['0 a/1.vtu']).toMatchObject({ code: 'FORMAT', offset: 0 });
    expect(faults['0 a/1.vtu']?.message).toContain('local headers at 0 and 76');
  });

  test('members that overlap are refused, the others stay', () => {
    const shared = { name: 'b', data: 'shared', offset: 42 };
    const faults = faultsOf([
      one,
      { name: 'c', data: 'shared' },
      { ...shared, offset: 42 },
      { name: 'd', data: 'd' },
    ]);
    expect(faults['2 b']).toMatchObject({ code: 'FORMAT', offset: 42 });
    expect(faults['2 b']?.message).toContain('overlaps c');
    expect(faults['0 a/1.vtu']).toBeUndefined();
    expect(faults['3 d']).toBeUndefined();
  });
});
