import { describe, expect, test } from 'vitest';
import { type TarListing, TarMembers } from '../../src/archives/tar-members.ts';
import { buildTar, paxRecords, type TarMember } from './build-tar.ts';

function list(tar: Uint8Array<ArrayBuffer>): TarListing {
  const members = new TarMembers('a.tar');
  for (let wish = members.wish; wish !== undefined; wish = members.wish) {
    const { offset, length } = wish;
    if (offset + length > tar.length) members.end();
    else members.take(tar.subarray(offset, offset + length));
  }
  return members.listing();
}

function contents(tar: Uint8Array<ArrayBuffer>): Record<string, string> {
  const text = ({ offset, size }: { offset: number; size: number }): string =>
    Buffer.from(tar.subarray(offset, offset + size)).toString();
  return Object.fromEntries(list(tar).entries.map((entry) => [entry.path, text(entry)]));
}

const long = `${'deep/'.repeat(60)}case.vtu`;

describe('members of a tar archive', () => {
  test.each<[string, readonly TarMember[], Record<string, string>]>([
    [
      'of ustar',
      [
        { name: 'a.vtu', data: 'one' },
        { name: 'b.vtu', data: 'two' },
      ],
      { 'a.vtu': 'one', 'b.vtu': 'two' },
    ],
    ['with a prefix', [{ name: 'a.vtu', prefix: 'x/y', data: '1' }], { 'x/y/a.vtu': '1' }],
    ['of an old tar', [{ name: 'a.vtu', type: '\0', magic: '', prefix: 'no', data: '1' }], { 'a.vtu': '1' }],
    [
      'of GNU, whose prefix is none',
      [{ name: 'a', magic: 'ustar  \0', prefix: '123', data: '1' }],
      { a: '1' },
    ],
    [
      'with a long name of GNU',
      [
        { name: '././@LongLink', type: 'L', data: `${long}\0` },
        { name: 'cut', data: '1' },
      ],
      { [long]: '1' },
    ],
    [
      'with pax records',
      [
        { name: 'p', type: 'x', data: paxRecords({ path: 'größe.vtu' }) },
        { name: 'g', data: '1' },
        { name: 'h', data: '2' },
      ],
      { 'größe.vtu': '1', h: '2' },
    ],
    [
      'with pax records for all',
      [
        { name: 'p', type: 'g', data: paxRecords({ mtime: '5', comment: 'x' }) },
        { name: 'g', data: '1' },
      ],
      { g: '1' },
    ],
    [
      'whose size is in pax records',
      [
        { name: 'p', type: 'x', data: paxRecords({ size: '3' }) },
        { name: 'g', size: 0, data: 'one' },
        { name: 'h', data: '2' },
      ],
      { g: 'one', h: '2' },
    ],
    [
      'whose size is in base 256',
      [
        { name: 'g', base256: true, data: 'one' },
        { name: 'h', data: '2' },
      ],
      { g: 'one', h: '2' },
    ],
    ['whose checksum is of signed bytes', [{ name: 'größe', signed: true, data: '1' }], { größe: '1' }],
    [
      'that begin with ./',
      [
        { name: './', type: '5' },
        { name: './a.vtu', data: '1' },
      ],
      { 'a.vtu': '1' },
    ],
    [
      'twice, the last of which wins',
      [
        { name: 'a', data: 'old' },
        { name: 'b', data: '2' },
        { name: 'a', data: 'new!' },
      ],
      { b: '2', a: 'new!' },
    ],
    [
      'that are hard links',
      [
        { name: 'a', data: '1' },
        { name: 'b', type: '1', linkName: 'a' },
      ],
      { a: '1', b: '1' },
    ],
    [
      'behind a link that says a size',
      [
        { name: 'a', type: '2', linkName: 'b', size: 9 },
        { name: 'b', data: '1' },
      ],
      { b: '1' },
    ],
  ])('%s are found', (_, members, expected) => {
    expect(contents(buildTar(members))).toEqual(expected);
  });

  test('are all there where the archive simply ends', () => {
    const tar = buildTar([{ name: 'a', data: '1' }]);
    expect(list(tar.slice(0, 1024)).entries).toMatchObject([{ path: 'a', offset: 512, size: 1 }]);
  });

  test('that are links, hidden or lead out are passed over', () => {
    const tar = buildTar([
      { name: 'a', type: '2', linkName: '/etc/passwd' },
      { name: '../evil', data: '1' },
      { name: '/abs', data: '1' },
      { name: '._a.vtu', data: '1' },
    ]);
    expect(list(tar)).toEqual({
      entries: [],
      leftOut: [
        { path: 'a', reason: 'link' },
        { path: '../evil', reason: 'outside' },
        { path: '/abs', reason: 'outside' },
        { path: '._a.vtu', reason: 'hidden' },
      ],
    });
  });

  test('that are sparse are refused, and those behind them found', () => {
    const map = (block: Buffer): void => void (block[482] = 1);
    const tar = Buffer.concat([
      buildTar([{ name: 'old', type: 'S', patch: map }]).subarray(0, 512),
      Buffer.alloc(512),
      buildTar([
        { name: 'p', type: 'x', data: paxRecords({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'new' }) },
        { name: 'GNUSparseFile.0/new', data: 'x' },
        { name: 'b', data: '1' },
      ]),
    ]);
    const { entries } = list(new Uint8Array(tar));
    expect(entries.map(({ path, fault }) => [path, fault])).toEqual([
      ['old', expect.objectContaining({ code: 'UNSUPPORTED', feature: 'sparse' })],
      ['new', expect.objectContaining({ code: 'UNSUPPORTED', feature: 'sparse' })],
      ['b', undefined],
    ]);
  });

  test('that link to what is not there have a fault of their own', () => {
    const { entries } = list(buildTar([{ name: 'a', type: '1', linkName: 'gone' }]));
    expect(entries).toMatchObject([{ path: 'a', fault: { code: 'FORMAT', offset: 0 } }]);
  });
});

describe('what is no tar archive', () => {
  test.each<[string, Uint8Array<ArrayBuffer>, number, RegExp]>([
    ['a page', new Uint8Array(Buffer.from('<html>'.padEnd(600))), 0, /page of HTML/],
    ['a damaged header', spoil(buildTar([{ name: 'a', data: '1' }, { name: 'b' }]), 1024), 1024, /damaged/],
    ['a long name that is cut', buildTar([{ name: 'L', type: 'L', size: 5000 }]).slice(0, 1024), 512, /cut/],
    ['a name of gigabytes', buildTar([{ name: 'L', type: 'L', size: 2 ** 32 }]), 0, /4294967296 bytes/],
    [
      'pax records of another length',
      buildTar([{ name: 'p', type: 'x', data: '99 path=x\n' }, { name: 'a' }]),
      512,
      /wrong length/,
    ],
  ])('%s is an error that says where', (_, tar, offset, message) => {
    expect(() => list(tar)).toThrow(expect.objectContaining({ code: 'FORMAT', path: 'a.tar', offset }));
    expect(() => list(tar)).toThrow(message);
  });
});

function spoil(bytes: Uint8Array<ArrayBuffer>, at: number): Uint8Array<ArrayBuffer> {
  const spoiled = bytes.slice();
  spoiled[at] = (spoiled[at] as number) ^ 1;
  return spoiled;
}
